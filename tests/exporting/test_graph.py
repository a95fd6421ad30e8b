"""The graph of an export beside what the formats and `translate` compute with numpy."""

import numpy as np
import pytest
from checks import noise, numpy
from keras import ops

import keras_pix2pix as kp
from keras_pix2pix.data import InstanceBoundaries, Labels, Picture
from keras_pix2pix.exporting.graph import (
    StoredImageGenerator,
    decode,
    encode,
    stored_channels,
    stored_dtype,
)

COLORS = ((0, 0, 0), (255, 0, 0), (0, 0, 255), (10, 20, 30))
RNG = np.random.default_rng(0)
STORED = [
    (Picture(3), RNG.integers(0, 256, (2, 5, 4, 3), "uint8")),
    (Picture(1, value_range=(0, 4095), dtype="uint16"), RNG.integers(0, 4096, (2, 5, 4, 1))),
    (Picture(1, dtype="uint16"), RNG.integers(0, 65536, (2, 5, 4, 1)).astype("uint16")),
    (Picture(2, dtype="float64"), noise(2, 5, 4, 2)),
    (Picture(1, value_range=(-5.0, 9.0), dtype="float32"), noise(2, 5, 4, 1) * 7 + 2),
    (
        Picture(1, value_range=(-5, 9), dtype="int16", nodata=-9999),
        RNG.choice([-9999, -5, 3, 9], (2, 5, 4, 1)).astype("int16"),
    ),
    (
        Picture(1, value_range=(-5, 9), dtype="float32", nodata=np.nan),
        RNG.choice([np.nan, -5.0, 3.5], (2, 5, 4, 1)),
    ),
    (Labels(4, ignore=255), RNG.choice([0, 1, 2, 3, 255], (2, 5, 4, 1)).astype("uint8")),
    (Labels(300), RNG.integers(0, 300, (2, 5, 4, 1)).astype("uint16")),
    (Labels(palette=(0, 128, 255)), RNG.choice([0, 128, 255], (2, 5, 4, 1)).astype("uint8")),
    (Labels(palette=COLORS), np.array(COLORS, "uint8")[RNG.integers(0, 4, (2, 5, 4))]),
    (InstanceBoundaries(), RNG.integers(0, 3, (2, 5, 4, 1)).astype("int32")),
    (InstanceBoundaries(), RNG.integers(0, 3, (2, 1, 1, 1)).astype("int32")),
]
WITH_TARGETS = [(f, image) for f, image in STORED if not isinstance(f, InstanceBoundaries)]


@pytest.mark.parametrize("format, image", STORED, ids=lambda x: repr(x)[:40])
def test_the_graph_encodes_as_the_format_does(format, image):
    expected = format.encode(format.prepared(image, "image"), "image")
    assert image.shape[-1] == stored_channels(format)
    graph = encode(ops.convert_to_tensor(image.astype(stored_dtype(format))), format)
    np.testing.assert_allclose(numpy(graph), expected, atol=1e-6)


@pytest.mark.parametrize("format, image", WITH_TARGETS, ids=lambda x: repr(x)[:40])
def test_the_graph_decodes_as_the_format_does(format, image):
    pixels = noise(2, 5, 4, format.channels) * 1.1
    expected = format.decode(pixels)
    graph = numpy(decode(ops.convert_to_tensor(pixels), format))
    assert graph.dtype == stored_dtype(format)
    assert graph.shape == expected.shape
    rounding = 1e-5 if graph.dtype.kind == "f" else 0 if isinstance(format, Labels) else 1
    np.testing.assert_allclose(graph.astype("float64"), expected, atol=rounding)


def test_labels_keep_pixels_of_no_class():
    image = np.array([[[[7], [1]]]], "uint8")
    graph = encode(ops.convert_to_tensor(image), Labels(2, ignore=7))
    np.testing.assert_array_equal(numpy(graph), [[[[-1, -1], [-1, 1]]]])


def five_channels(tiny, height=None):
    judge = kp.PatchDiscriminator((None, None, 5), receptive_field=16, filters=4)
    return tiny(judge, image_shape=(height, None, 5))


@pytest.mark.parametrize("size", [(3, 13, 10), (2, 1, 1)])
def test_the_network_between_stored_values_is_translate(tiny, size):
    model = five_channels(tiny)
    model.formats = (Labels(4), InstanceBoundaries()), Picture(3, dtype="uint8")
    network = StoredImageGenerator(model, model.formats)
    images = [RNG.integers(0, 4, (*size, 1)).astype(d) for d in ("uint8", "int32")]
    pictures = numpy(network(*map(ops.convert_to_tensor, images))["picture"])
    assert pictures.dtype == np.uint8
    expected = model.translate(tuple(images), batch_size=size[0])
    assert np.abs(pictures.astype(int) - expected).max() <= 1


def test_it_tells_what_it_takes(tiny):
    model = five_channels(tiny, height=16)
    specs = StoredImageGenerator(model, ((Labels(4), InstanceBoundaries()), Picture(3))).signature
    assert [(s.name, s.shape, s.dtype) for s in specs] == [
        ("condition_1", (None, 16, None, 1), "uint8"),
        ("condition_2", (None, 16, None, 1), "int32"),
    ]
    (spec,) = StoredImageGenerator(model, None).signature
    assert (spec.name, spec.shape, spec.dtype) == ("condition", (None, 16, None, 5), "float32")


def test_the_discriminator_is_left_out(tiny):
    model = tiny()
    assert len(StoredImageGenerator(model, None).weights) == len(model.generator.weights)


def test_a_range_of_each_file_is_not_exported():
    percentiles = Picture(1, value_range=("1%", "99%"), dtype="float32")
    with pytest.raises(ValueError, match="processing=False"):
        encode(ops.zeros((1, 2, 2, 1)), percentiles)
