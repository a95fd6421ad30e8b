"""What a training saw of its images, and which other images it doubts."""

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import PairDataset
from keras_pix2pix.data.loading.seen import SeenImages

WHOLE = SeenImages((256, 256), None, None)


def arrays(*sizes):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (*size, 3), dtype="uint8") for size in sizes]


@pytest.mark.filterwarnings("ignore:.*repeat another pair")
@pytest.mark.filterwarnings("ignore:.*equals the condition")
@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"image_size": 16}, (16, 16)),
        ({"image_size": (8, 16), "augment": True}, (8, 16)),
        # What is most usual, not the largest.
        ({}, (20, 30)),
        # Windows keep the scale of images, whatever their size.
        ({"image_size": 16, "resize": None}, None),
    ],
)
def test_the_usual_size(options, size):
    images = arrays((20, 30), (20, 30), (90, 90))
    pairs = PairDataset(images, [255 - image for image in images], **options)
    assert pairs.checked.seen == SeenImages(size, None, None)


@pytest.mark.parametrize(
    ("half", "shape", "half_size"),
    [("left", (10, 40), (10, 20)), ("right", (10, 40), (10, 20)), ("top", (40, 10), (20, 10))],
)
def test_halves(half, shape, half_size, tmp_path):
    for number, image in enumerate(arrays(shape, shape)):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    pairs = PairDataset.from_side_by_side(tmp_path, half, image_size=16)
    seen = pairs.checked.seen
    assert seen == SeenImages((16, 16), half, half_size)
    name, text = seen.doubt(*shape, tiled=False)
    assert name == "half" and f"translate its {half} half" in text
    # Half an image, and one of other proportions.
    assert seen.doubt(*half_size, tiled=False) is None
    assert seen.doubt(20, 20, tiled=False) is None


@pytest.mark.parametrize(
    ("size", "tiled", "words"),
    [
        ((256, 256), False, None),
        ((500, 500), False, None),
        ((130, 130), False, None),
        # As large, and of other proportions.
        ((128, 512), False, None),
        ((1024, 1024), False, "4.0 times larger. Scale it to about 256 x 256 first. If it is a"),
        ((600, 600), False, "2.3 times larger"),
        ((1024, 1024), True, None),
        ((64, 64), False, "4.0 times smaller. Scale it to about 256 x 256 first."),
        ((64, 64), True, "4.0 times smaller"),
    ],
)
def test_scale(size, tiled, words):
    doubt = WHOLE.doubt(*size, tiled)
    if words is None:
        assert doubt is None
    else:
        assert doubt[0] == "scale" and words in doubt[1] and f"{size[0]} x {size[1]}" in doubt[1]


def test_windows_say_nothing_of_the_scale():
    assert SeenImages(None, None, None).doubt(5000, 5000, tiled=False) is None
