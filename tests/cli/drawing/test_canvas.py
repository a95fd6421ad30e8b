"""What can be drawn for a model, and which condition a drawing becomes."""

import numpy as np
import pytest

from keras_pix2pix.data import InstanceBoundaries, Labels, Picture
from keras_pix2pix_cli.drawing.canvas import Canvas


def drawn(canvas, *colors):
    """A canvas of vertical stripes."""
    drawing = canvas.blank()
    width = drawing.shape[1] // len(colors)
    for number, color in enumerate(colors):
        drawing[:, number * width : (number + 1) * width] = color
    return drawing


def test_the_brush_has_the_colors_of_the_conditions_and_the_commonest_is_the_canvas(
    negating, masks
):
    canvas = Canvas(negating(masks.formats[0][0]), masks)
    assert canvas.colors.tolist() == [[0, 0, 0], [255, 255, 255]]
    assert canvas.snapped
    assert canvas.shape == (512, 512) and canvas.scale == 32
    assert len(canvas.examples) == 2 and canvas.examples[0].shape == (512, 512, 3)
    assert (canvas.blank() == 0).all()


def test_examples_come_back_as_the_conditions_they_are(negating, masks):
    canvas = Canvas(negating(masks.formats[0][0]), masks)
    condition = canvas.condition(canvas.examples[0])
    np.testing.assert_array_equal(condition, np.rint(masks[0][0][0] * 127.5 + 127.5))
    assert condition.dtype == np.uint8


def test_what_is_drawn_is_snapped_to_the_colors_and_transparency_is_the_canvas(negating, masks):
    canvas = Canvas(negating(masks.formats[0][0]), masks)
    drawing = drawn(canvas, (200, 180, 190), (90, 60, 110))
    condition = canvas.condition(drawing)
    assert condition.shape == (16, 16, 3)
    assert (condition[:, :8] == 255).all() and (condition[:, 8:] == 0).all()
    transparent = np.dstack([np.full_like(drawing, 255), np.zeros(drawing.shape[:2], "uint8")])
    assert (canvas.condition(transparent) == 0).all()


def test_another_size_is_scaled_without_new_colors(negating, masks):
    canvas = Canvas(negating(masks.formats[0][0]), masks)
    upload = np.zeros((30, 50, 3), "uint8")
    upload[:, 25:] = 255
    condition = canvas.condition(upload)
    assert condition.shape == (16, 16, 3)
    assert set(np.unique(condition)) == {0, 255}
    assert (condition[:, 9:] == 255).all()


def test_pictures_of_many_colors_are_drawn_in_black_and_white_and_not_snapped(negating, drawable):
    rng = np.random.default_rng(0)
    conditions = np.full((2, 16, 16, 1), 255, "uint8")
    conditions[:, 5:8] = rng.integers(0, 255, (2, 3, 16, 1))
    data = drawable(conditions, Picture(1, interpolation="bicubic", dtype="uint8"))
    canvas = Canvas(negating(data.formats[0][0]), data)
    assert canvas.colors.tolist() == [[255, 255, 255], [0, 0, 0]]
    assert not canvas.snapped
    condition = canvas.condition(drawn(canvas, (128, 128, 128), (0, 0, 0)))
    assert condition.shape == (16, 16, 1)
    assert (condition[:, :8] == 128).all() and (condition[:, 8:] == 0).all()


@pytest.mark.parametrize("stored", ["index", "color"])
def test_labels_are_drawn_in_colors_and_read_as_they_are_stored(negating, drawable, stored):
    palette = [(0, 0, 0), (0, 255, 0), (255, 0, 0)]
    if stored == "index":
        labels, values = Labels(3, ignore=255), np.arange(3)[:, None]
    else:
        labels, values = Labels(palette=palette), np.array(palette)
    index = np.full((1, 16, 16), 2)
    index[:, :2] = 1
    data = drawable(values[index].astype("uint8"), labels)
    canvas = Canvas(negating(labels), data)
    assert canvas.snapped
    # Classes, the commonest first, and no class where there is one to name.
    assert len(canvas.colors) == (4 if stored == "index" else 3)
    assert len({tuple(color) for color in canvas.colors.tolist()}) == len(canvas.colors)
    if stored == "color":
        assert canvas.colors[:2].tolist() == [[255, 0, 0], [0, 255, 0]]
    condition = canvas.condition(drawn(canvas, canvas.colors[1], canvas.colors[0]))
    assert (condition[:, :8] == values[1]).all() and (condition[:, 8:] == values[2]).all()
    assert (canvas.condition(canvas.examples[0]) == values[index[0]]).all()
    # The model takes it.
    assert negating(labels).translate(condition).shape == (16, 16, 3)


def test_without_examples_masks_begin_black_and_pictures_white(negating):
    for interpolation, first in (("nearest", 0), ("bicubic", 255)):
        canvas = Canvas(negating(Picture(3, interpolation=interpolation)))
        assert (canvas.blank() == first).all()
        assert canvas.blank().shape == (512, 512, 3)
        assert canvas.examples == []


@pytest.mark.parametrize(
    "formats", [(Picture(5),), (Labels(3), InstanceBoundaries()), (InstanceBoundaries(),)]
)
def test_conditions_that_cannot_be_drawn_are_refused(negating, formats):
    channels = sum(format.channels for format in formats)
    model = negating(Picture(channels))
    model.formats = formats, Picture(3)
    with pytest.raises(ValueError, match="can be drawn"):
        Canvas(model)
