"""What the page to draw on is told about a model."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.data import EdgeDrawing, InstanceBoundaries, Labels, PairDataset, Picture
from keras_pix2pix.exporting.drawing_page import page_settings, rgb_formats

COLORS = ((255, 255, 255), (255, 0, 0), (0, 0, 255))


@pytest.fixture
def labeled(tiny):
    """A function that makes a model whose condition has a format."""

    def make(format):
        model = tiny()
        model.formats = (format,), Picture(3)
        return model

    return make


def colors(settings):
    return [brush["color"] for brush in settings["brushes"]]


def shown(example):
    """The pixels of an example, which is a PNG in its address."""
    kind, _, data = example.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_labels_are_drawn_in_the_colors_of_their_palette(labeled):
    settings = page_settings(labeled(Labels(palette=COLORS)))
    assert colors(settings) == [list(color) for color in COLORS]
    assert (settings["channels"], settings["kind"]) == (3, "colors")
    assert (settings["height"], settings["width"], settings["fixed_size"]) == (256, 256, False)
    # Files have colors, too.
    assert [brush["stored"] for brush in settings["brushes"]] == [None] * 3


def test_class_indices_are_drawn_in_colors_that_are_told_apart(labeled):
    model = labeled(Labels(3, ignore=255))
    model.formats = model.formats[0], Labels(palette=(0, 128, 255))
    (condition,), target = rgb_formats(model)
    assert len(set(condition.palette)) == 3
    assert target.palette == ((0,) * 3, (128,) * 3, (255,) * 3)
    # What has no class is black, for files it is 255.
    assert condition.ignore == (0, 0, 0)
    brushes = page_settings(model)["brushes"]
    assert [brush["stored"] for brush in brushes] == [0, 1, 2, 255]
    assert brushes[3] == {"color": [0, 0, 0], "name": "no class", "stored": 255}


def test_black_that_is_a_class_does_not_stand_for_no_class(labeled):
    model = labeled(Labels(palette=((0, 0, 0), (255, 0, 0)), ignore=(9, 9, 9)))
    assert colors(page_settings(model)) == [[0, 0, 0], [255, 0, 0]]
    assert rgb_formats(model)[0][0].ignore is None


def test_the_heading_and_the_names_of_the_classes(labeled):
    model = labeled(Labels(palette=COLORS))
    settings = page_settings(model, title="Rooms", labels=["floor", "wall", "door"])
    assert settings["title"] == "Rooms"
    assert [brush["name"] for brush in settings["brushes"]] == ["floor", "wall", "door"]
    assert settings["about"] == f"UNetGenerator · {model.generator.count_params():,} weights"
    assert page_settings(model)["title"] == "Draw with the model"


@pytest.mark.parametrize("labels", [["floor", "wall"], "abc", []])
def test_names_that_are_not_one_for_each_class_are_refused(labeled, labels):
    with pytest.raises(ValueError, match="a list of 3 names, one for each class"):
        page_settings(labeled(Labels(palette=COLORS)), labels=labels)


def test_names_for_a_picture_are_refused(tiny):
    with pytest.raises(ValueError, match=r"conditions of this model are pictures. Received: sky"):
        page_settings(tiny(), labels=["sky"])


def test_brushes_are_the_colors_of_the_examples_the_commonest_first(tiny, tmp_path):
    examples = np.zeros((2, 8, 12, 3), "uint8")
    examples[0, :3] = COLORS[1]
    Image.fromarray(examples[1]).save(tmp_path / "1.png")
    settings = page_settings(tiny(), [examples[0], tmp_path / "1.png"])
    assert colors(settings) == [[0, 0, 0], [255, 0, 0]]
    assert settings["kind"] == "colors"
    assert (settings["height"], settings["width"]) == (8, 12)
    for example, expected in zip(settings["examples"], examples, strict=True):
        np.testing.assert_array_equal(shown(example), expected)


def test_pictures_of_many_colors_are_drawn_in_any_and_greys_in_grey(tiny):
    examples = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 3), "uint8")
    assert page_settings(tiny(), examples)["kind"] == "any"
    grey = np.repeat(examples[..., :1], 3, axis=-1)
    settings = page_settings(tiny(), grey)
    assert settings["kind"] == "grey"
    assert sorted(colors(settings)) == [[0] * 3, [128] * 3, [255] * 3]


@pytest.mark.parametrize(("interpolation", "first"), [("nearest", 0), ("bicubic", 255)])
def test_without_examples_masks_begin_black_and_pictures_white(labeled, interpolation, first):
    settings = page_settings(labeled(Picture(3, interpolation=interpolation)))
    assert colors(settings)[0] == [first] * 3
    assert settings["examples"] == []


def test_lines_are_drawn_as_in_the_training():
    picture = np.zeros((64, 64, 3), "uint8")
    picture[20:40, 10:50] = 255, 200, 0
    drawings = PairDataset(EdgeDrawing(line_width=3), [picture], image_size=(32, 48))
    model = kp.Pix2Pix(kp.UNetGenerator((None, None, 1), depth=2, filters=2))
    model.condition, model.formats = drawings.condition, drawings.formats
    model.seen = drawings.checked.seen
    for examples in (None, drawings):
        settings = page_settings(model, examples)
        assert settings["line_width"] == 3
        assert (settings["height"], settings["width"]) == (32, 48)
        assert (colors(settings), settings["kind"]) == ([[255] * 3, [0] * 3], "colors")
    assert page_settings(kp.Pix2Pix())["line_width"] is None
    with pytest.raises(ValueError, match="labels are the names of the classes"):
        page_settings(model, labels=["paper", "line"])


def test_examples_come_from_all_parts_of_a_dataset(tiny, pairs):
    conditions, targets = (np.concatenate([images] * 3) for images in pairs)
    dataset = PairDataset(conditions, targets, batch_size=3)
    examples = page_settings(tiny(), dataset)["examples"]
    assert len(examples) == 12
    for example, number in ((0, 0), (5, 10), (11, 23)):
        np.testing.assert_array_equal(
            shown(examples[example]), Picture(3).as_rgb(conditions[number])
        )


@pytest.mark.parametrize(
    "conditions",
    [(Labels(3), InstanceBoundaries()), (Picture(4),), (InstanceBoundaries(),)],
    ids=["two", "four", "edges"],
)
def test_conditions_that_do_not_fit_a_canvas_are_refused(tiny, conditions):
    model = tiny()
    model.formats = conditions, Picture(3)
    for function in (rgb_formats, page_settings):
        with pytest.raises(ValueError, match="labels, or a picture of 1 or 3 channels"):
            function(model)


def test_examples_of_another_size_than_a_fixed_one_are_refused(tiny):
    model = tiny(image_shape=(16, 16, 3))
    with pytest.raises(ValueError, match=r"takes images of 16 x 16 pixels.*8 x 12"):
        page_settings(model, [np.zeros((8, 12, 3), "uint8")])
    assert page_settings(model)["fixed_size"]
