"""Holes: where they are, how they are marked, and that the picture around them stays."""

import numpy as np
import pytest

from keras_pix2pix.data import BlankRectangle, Holes, PairDataset, Picture

PHOTO = Picture(3, interpolation="bicubic", dtype="uint8")


def test_the_hole_in_the_middle_has_a_quarter_of_the_picture(photo, computed):
    made = computed(Holes("center"), photo)
    hole = made[..., 3] == 0
    assert made.shape == (64, 96, 4)
    assert hole[16:48, 24:72].all() and hole.sum() == 32 * 48
    np.testing.assert_array_equal(made[~hole][:, :3], photo[~hole])
    assert (made[hole] == 0).all() and (made[~hole][:, 3] == 255).all()


def test_boxes_have_sides_in_their_range_and_stay_inside():
    condition = Holes("boxes", size=0.4, count=1)
    areas, starts = [], []
    for seed in range(60):
        mask = condition.mask((40, 80), np.random.default_rng(seed))
        rows, columns = mask.any(axis=1), mask.any(axis=0)
        assert 8 <= rows.sum() <= 16 and 16 <= columns.sum() <= 32
        areas.append(mask.sum())
        assert areas[-1] == rows.sum() * columns.sum()
        starts.append((rows.argmax(), columns.argmax()))
    assert len(set(starts)) > 40 and min(r for r, _ in starts) == 0


def test_there_are_several_boxes():
    condition = Holes("boxes", size=4, count=3)
    counts = {condition.mask((64, 64), np.random.default_rng(s)).sum() > 16 for s in range(20)}
    assert counts == {True, False}


def test_strokes_are_broad_lines(rng):
    masks = [Holes("strokes", size=0.5).mask((64, 64), np.random.default_rng(s)) for s in range(20)]
    shares = [mask.mean() for mask in masks]
    assert min(shares) > 0.01 and max(shares) < 0.8
    # A pen of a quarter of 32 pixels: every inked pixel has a neighbor inked within its radius.
    assert all(mask.any(axis=1).sum() >= 4 for mask in masks)


def test_an_int_is_in_pixels(photo, computed):
    hole = computed(Holes("center", size=10), photo)[..., 3] == 0
    assert hole.sum() == 100


def test_pictures_that_are_not_larger_than_the_hole_are_named(photo, photos):
    with pytest.raises(ValueError, match=r"its hole of 64 x 64 pixels.*or a smaller size"):
        PairDataset.from_pictures(photos, Holes("center", size=64), image_size=48)
    dataset = PairDataset(Holes("boxes", size=70), [photo, photo[:, ::-1].copy()])
    with pytest.raises(ValueError, match=r"picture 0: a picture must be larger than its hole"):
        dataset.check()
    with pytest.raises(ValueError, match="larger than its hole of 50 x 50"):
        PairDataset.from_pictures(photos, BlankRectangle(50), image_size=48)


@pytest.mark.parametrize("size", [0, 0.0, 1.0, -3, 1.5, "8", True])
def test_wrong_sizes_are_refused(size):
    for kind in (Holes, BlankRectangle):
        with pytest.raises(ValueError, match="size must be a number of pixels, or a share"):
            kind(size=size)
    with pytest.raises(ValueError, match="shape must be one of 'center', 'boxes', 'strokes'"):
        Holes("disks")


def test_weights_are_1_in_the_hole_only(photo):
    dataset = PairDataset(Holes("center"), [photo], formats=(PHOTO, PHOTO))
    condition, target, weights = dataset[0]
    assert (condition.shape, target.shape, weights.shape) == (
        (1, 64, 96, 4),
        (1, 64, 96, 3),
        (1, 64, 96, 1),
    )
    np.testing.assert_array_equal(weights == 1, condition[..., 3:] == -1)
    assert weights.sum() == 32 * 48
    np.testing.assert_array_equal(
        (condition[..., :3] == target).all(-1)[weights[..., 0] == 0], True
    )


def test_what_is_not_opaque_is_a_hole(photo):
    formats = Holes().formats(PHOTO, photo)
    erased = np.concatenate([photo, np.full((64, 96, 1), 255, "uint8")], axis=-1)
    erased[:4, :, 3], erased[4:8, :, 3] = 0, 200
    encoded = formats[0].encode(formats[0].prepared(erased, "erased.png"))
    assert (encoded[:8] == -1).all()
    np.testing.assert_array_equal(encoded[8:, :, :3], PHOTO.encode(photo[8:]))
    assert (encoded[8:, :, 3] == 1).all()
    with pytest.raises(ValueError, match=r"photo.png must have 4 channels, of which the last"):
        formats[0].prepared(photo, "photo.png")
    gray = erased[..., [0, 3]]
    np.testing.assert_array_equal(formats[0].prepared(gray, "gray.png")[8:, :, :1], gray[8:, :, :1])


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_outside_of_the_hole_the_picture_is_the_input(dtype, rng):
    image = rng.integers(0, np.iinfo(dtype).max + 1, (16, 16, 3)).astype(dtype)
    picture = Picture(3, dtype=dtype)
    holes, filled = Holes().formats(picture, image)
    made = Holes("center").compute(image, rng, picture)
    condition = holes.encode(holes.prepared(made, "made"))
    generated = rng.uniform(-1, 1, (16, 16, 3)).astype("float32")
    result = filled.decode(filled.completed(generated, condition))
    known = made[..., 3] > 0
    np.testing.assert_array_equal(result[known], image[known])
    np.testing.assert_array_equal(result[~known], picture.decode(generated)[~known])


def test_holes_are_seen_in_a_preview(photo):
    dataset = PairDataset(Holes("center"), [photo], formats=(PHOTO, PHOTO))
    page = np.asarray(dataset.preview(1))
    assert page[40 + 32, 4 + 48].tolist() == [255, 0, 255]


def test_the_blank_rectangle_is_that_of_the_reference(rng):
    # tools/process.py of pix2pix-tensorflow: floor(256 * 0.3) = 76 pixels from 128 - 38 = 90.
    image = rng.integers(0, 255, (256, 256, 3), dtype="uint8")
    made = BlankRectangle().compute(image, rng, PHOTO)
    expected = image.copy()
    expected[90:166, 90:166] = 255
    np.testing.assert_array_equal(made, expected)
