"""What model.json says about an exported model."""

import json

import pytest

import keras_pix2pix as kp
from keras_pix2pix.data import InstanceBoundaries, Labels, Picture
from keras_pix2pix.exporting.description import description
from keras_pix2pix.exporting.graph import StoredImageGenerator

FREE = {"min": 1, "step": 1}


def described(formats, shape=(None, None, 3), output_channels=3):
    unet = kp.UNetGenerator(shape, depth=2, filters=2, output_channels=output_channels)
    discriminator = kp.PatchDiscriminator(
        shape, (*shape[:2], output_channels), receptive_field=1, filters=2
    )
    network = StoredImageGenerator(kp.Pix2Pix(unet, discriminator), formats)
    return json.loads(description(network, file="m.onnx"))


def test_pictures_of_8_bits_of_any_size():
    said = described(((Picture(3, dtype="uint8"),), Picture(3, dtype="uint8")))
    assert said["file"] == "m.onnx"
    (condition,), (picture,) = said["inputs"], said["outputs"]
    channels = {"type": "channel", "channel_names": ["channel0", "channel1", "channel2"]}
    assert condition == {
        "id": "condition",
        "axes": [
            {"type": "batch"},
            {"type": "space", "id": "y", "size": FREE},
            {"type": "space", "id": "x", "size": FREE},
            channels,
        ],
        "data": {"type": "uint8", "range": [0, 255]},
    }
    assert picture["id"] == "picture"
    size = {"tensor_id": "condition", "axis_id": "y"}
    assert picture["axes"][1] == {"type": "space", "id": "y", "size": size}
    assert picture["data"] == {"type": "uint8", "range": [0, 255]}


def test_a_fixed_size_is_a_number():
    formats = (Picture(3, dtype="uint8"),), Picture(3, dtype="uint8")
    said = described(formats, shape=(8, 16, 3))
    assert [axis["size"] for axis in said["inputs"][0]["axes"][1:3]] == [8, 16]


def test_the_network_alone_takes_floats():
    said = described(None)
    assert said["inputs"][0]["data"] == {"type": "float32", "range": [-1, 1]}
    assert said["outputs"][0]["data"] == {"type": "float32", "range": [-1, 1]}


@pytest.mark.parametrize(
    ("format", "data"),
    [
        (Labels(2, ignore=255), {"values": [0, 1], "ignore": 255, "type": "uint8"}),
        (
            Labels(palette=[(0, 0, 0), (9, 9, 200)]),
            {"values": [[0, 0, 0], [9, 9, 200]], "ignore": None, "type": "uint8"},
        ),
    ],
)
def test_label_maps_name_their_values(format, data):
    said = described(((Picture(3, dtype="uint8"),), format), output_channels=2)
    assert said["outputs"][0]["data"] == data | {"meaning": "classes"}
    names = said["outputs"][0]["axes"][3]["channel_names"]
    assert len(names) == (1 if format.palette is None else 3)


def test_ranges_and_missing_data_of_heights():
    heights = Picture(1, value_range=(0, 4000), nodata=-9999, dtype="float32")
    gaps = Picture(1, value_range=(0, 1), nodata=float("nan"), dtype="float32")
    conditions = heights, gaps, InstanceBoundaries()
    said = described((conditions, Picture(3, dtype="uint16")))
    assert [part["id"] for part in said["inputs"]] == ["condition_1", "condition_2", "condition_3"]
    assert [part["data"] for part in said["inputs"]] == [
        {"type": "float32", "range": [0, 4000], "nodata": -9999},
        {"type": "float32", "range": [0, 1], "nodata": "nan"},
        {"type": "int32", "meaning": "instance numbers"},
    ]
    assert said["outputs"][0]["data"] == {"type": "int32", "range": [0, 65535]}
