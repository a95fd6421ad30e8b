"""What a graph computes of pictures, beside scikit-image, and what it refuses."""

import json

import keras
import numpy as np
import pytest
import skimage.color
from checks import numpy
from keras import ops

import keras_pix2pix as kp
from keras_pix2pix.data import EdgeDrawing, Gray, Holes, Lightness, PairDataset, Picture
from keras_pix2pix.exporting import computed
from keras_pix2pix.exporting.description import description
from keras_pix2pix.exporting.drawing_page import drawable_format
from keras_pix2pix.exporting.graph import StoredImageGenerator

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (2, 9, 6, 3), "uint8")
STEPS = np.linspace(0, 1, 12, dtype="float32")
COLORS = np.stack(np.meshgrid(STEPS, STEPS, STEPS), axis=-1).reshape(1, 36, 48, 3)
PHOTO = Picture(3, interpolation="bicubic", dtype="uint8")


def model_for(condition):
    data = PairDataset(condition, list(IMAGES), formats=(PHOTO, PHOTO))
    shapes = [(None, None, side.shape[-1]) for side in data[0][:2]]
    unet = kp.UNetGenerator(shapes[0], shapes[1][-1], depth=2, filters=2)
    model = kp.Pix2Pix(unet, kp.PatchDiscriminator(*shapes, receptive_field=1, filters=2))
    model.formats, model.condition = data.formats, data.condition
    return model


def test_lightness_is_that_of_scikit_image():
    expected = skimage.color.rgb2lab(COLORS)[..., :1] / 50 - 1
    np.testing.assert_allclose(
        numpy(computed.lightness(ops.convert_to_tensor(COLORS))), expected, atol=2e-6
    )


def test_colors_are_those_of_scikit_image():
    lab = skimage.color.rgb2lab(COLORS)
    pixels = np.concatenate([lab[..., :1] / 50 - 1, lab[..., 1:] / 110], axis=-1)
    found = numpy(computed.rgb_from_lab(ops.convert_to_tensor(pixels.astype("float32"))))
    np.testing.assert_allclose(found, skimage.color.lab2rgb(lab), atol=2e-4)


def test_gray_is_that_of_scikit_image():
    found = numpy(computed.gray(ops.convert_to_tensor(COLORS)))[..., 0]
    np.testing.assert_allclose(found, skimage.color.rgb2gray(COLORS), atol=1e-6)


@pytest.mark.parametrize("from_picture", [False, True])
def test_photos_in_and_photos_in_color_out(from_picture):
    model = model_for(Lightness())
    network = StoredImageGenerator(model, model.formats, from_picture)
    (spec,) = network.signature
    assert spec.shape[-1] == 3 and spec.dtype == "uint8"
    pictures = numpy(network(ops.convert_to_tensor(IMAGES))["picture"])
    assert pictures.dtype == np.uint8
    expected = model.translate(IMAGES, batch_size=2)
    assert np.abs(pictures.astype(int) - expected).max() <= 1
    told = json.loads(description(network))
    for image in (*told["inputs"], *told["outputs"]):
        assert image["data"] == {"type": "uint8", "range": [0, 255]}
        assert len(image["axes"][-1]["channel_names"]) == 3


def test_gray_is_computed_in_the_graph():
    model = model_for(Gray())
    pictures = numpy(
        StoredImageGenerator(model, model.formats, True)(ops.convert_to_tensor(IMAGES))["picture"]
    )
    expected = model.translate(IMAGES, batch_size=2, from_picture=True)
    # `translate` rounds gray to 8 bits, as a file holds it.
    assert np.abs(pictures.astype(int) - expected).max() <= 2


def test_a_graph_fills_holes_and_keeps_the_rest():
    model = model_for(Holes("center"))
    alpha = np.full((2, 9, 6, 1), 255, "uint8")
    alpha[:, 3:6, 2:4] = 90
    erased = np.concatenate([IMAGES, alpha], axis=-1)
    network = StoredImageGenerator(model, model.formats)
    pictures = numpy(network(ops.convert_to_tensor(erased))["picture"])
    expected = model.translate(erased, batch_size=2)
    assert np.abs(pictures.astype(int) - expected).max() <= 1
    known = alpha[..., 0] == 255
    np.testing.assert_array_equal(pictures[known], IMAGES[known])


def test_what_a_graph_cannot_compute_is_refused(tmp_path):
    model = model_for(EdgeDrawing())
    StoredImageGenerator(model, model.formats)
    with pytest.raises(ValueError, match=r"cannot hold what scikit-image .*EdgeDrawing"):
        StoredImageGenerator(model, model.formats, from_picture=True)
    with pytest.raises(ValueError, match="The web page takes what is drawn"):
        kp.export(model, tmp_path / "page", format="web", from_picture=True)
    assert drawable_format(model).channels == 1
    for condition in (Lightness(), Holes()):
        with pytest.raises(ValueError, match=r"What can be drawn .* Received: (Lab|PictureWith)"):
            drawable_format(model_for(condition))


@pytest.mark.parametrize("condition", [Lightness(), Holes("center")], ids=str)
def test_a_file_computes_what_translate_does(condition, tmp_path, run_file):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("TensorFlow exports")
    model = model_for(condition)
    image = IMAGES[:1]
    if isinstance(condition, Holes):
        image = condition.compute(IMAGES[0], RNG, PHOTO)[None]
    for name in ("model.onnx", "model.tflite"):
        path = kp.export(model, tmp_path / name)
        found = run_file(path, {"condition": image}).astype(int)
        assert np.abs(found - model.translate(image)).max() <= 1
