"""One pair: framed, cut and encoded; what a dataset makes of it is tested there."""

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import Augment, InstanceBoundaries, Labels, PairDataset, Picture
from keras_pix2pix.data.files.conversion import to_model_range

PHOTO = Picture(3, interpolation="bicubic")


def photo(height, width, seed=0):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (max(2, height // 4), max(2, width // 4), 3), dtype="uint8")
    return np.asarray(Image.fromarray(coarse).resize((width, height), 3))


def only(condition, target, formats=(PHOTO, PHOTO), **options):
    """The one pair of a dataset, as arrays."""
    pair = PairDataset([condition], [target], formats=formats, **options)[0]
    return [images[0] for images in pair]


def test_an_image_of_other_proportions_is_stretched_cut_or_bordered():
    image = photo(20, 40)
    size = (16, 16)

    def scaled(array):
        return to_model_range(np.asarray(Image.fromarray(array).resize((16, 16), 3)))

    np.testing.assert_array_equal(only(image, image, image_size=size)[1], scaled(image))
    cropped = only(image, image, image_size=size, resize="crop")[1]
    np.testing.assert_array_equal(cropped, scaled(image[:, 10:30]))
    padded = only(image, image, image_size=size, resize="pad")[1]
    bordered = np.zeros((40, 40, 3), "uint8")
    bordered[10:30] = image
    np.testing.assert_array_equal(padded, scaled(bordered))
    window = only(image, image, image_size=size, resize=None)[1]
    np.testing.assert_array_equal(window, to_model_range(image[2:18, 12:28]))


def test_a_border_is_of_no_class():
    labels = np.ones((4, 8, 1), "uint8")
    condition, _ = only(labels, photo(4, 8), (Labels(2), PHOTO), image_size=8, resize="pad")
    assert (condition[:2] == -1).all() and (condition[6:] == -1).all()
    assert (condition[2:6] == [-1, 1]).all()


def test_without_scaling_a_random_window_is_cut_and_a_small_image_refused():
    image = photo(20, 30)
    dataset = PairDataset(
        [image], [image], (16, 16), formats=(PHOTO, PHOTO), resize=None, augment=True
    )
    pixels = to_model_range(image)
    windows = {
        pixels[top : top + 16, left : left + 16][:, ::step].tobytes(): (top, left)
        for top in range(5)
        for left in range(15)
        for step in (1, -1)
    }
    places = set()
    for epoch in range(60):
        dataset.set_epoch(epoch)
        places.add(windows[dataset[0][1][0].tobytes()])
    assert len(places) > 30
    with pytest.raises(ValueError, match=r"condition 0 and target 0 must be at least \(21, 16\)"):
        only(image, image, image_size=(21, 16), resize=None)


@pytest.mark.parametrize("resize", ["fit", "crop", "pad"])
@pytest.mark.parametrize("size", [(24, 24), (16, 40), (40, 16)])
def test_label_maps_and_photos_stay_aligned_whatever_is_drawn(resize, size):
    """The target is the map, painted; so it must be after everything that is random."""
    index = np.random.default_rng(0).integers(0, 3, (6, 9)).repeat(8, 0).repeat(8, 1)[..., None]
    palette = np.array([[250, 10, 10], [10, 250, 10], [10, 10, 250]], "uint8")
    augment = Augment(rotation=20, scale=1.3, cutout=0.2)
    dataset = PairDataset(
        [index.astype("uint8")],
        [palette[index[..., 0]]],
        size,
        formats=(Labels(3), PHOTO),
        augment=augment,
        resize=resize,
    )
    for epoch in range(8):
        dataset.set_epoch(epoch)
        condition, target = (images[0] for images in dataset[0])
        assert condition.shape == target.shape == (*size, 3)
        known = (condition == 1).any(axis=-1)
        agree = condition.argmax(axis=-1) == target.argmax(axis=-1)
        assert agree[known].mean() > 0.75
        # What is of no class is black, but where the photo blends into it.
        assert (target[~known] < -0.2).mean() > 0.9 or not (~known).any()


def test_color_is_for_the_target_alone():
    image = photo(16, 16)
    options = {"image_size": 16, "augment": Augment(enlargement=1, mirror=False, color=0.5)}
    condition, target = only(image, image, **options)
    np.testing.assert_array_equal(condition, to_model_range(image))
    assert np.abs(target - condition).max() > 0.05
    mask = Picture(3, interpolation="nearest")
    np.testing.assert_array_equal(*only(image, image, (PHOTO, mask), **options))
    labels = (Labels(2), Labels(2))
    maps = only(image[..., :1] % 2, image[..., :1] % 2, labels, **options)
    np.testing.assert_array_equal(*maps)


def test_several_images_make_up_a_condition():
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 3, (2, 8, 8, 1), dtype="uint8")
    instances = rng.integers(0, 9, (2, 8, 8, 1)).astype("int32")
    sketches, photos = (
        np.stack([photo(8, 8, s)[..., :1] for s in (1, 2)]),
        np.stack([photo(8, 8)] * 2),
    )
    formats = (Labels(3), InstanceBoundaries(), Picture(1)), PHOTO
    dataset = PairDataset((classes, instances, sketches), photos, formats=formats, batch_size=2)
    condition, target = dataset[0]
    assert condition.shape == (2, 8, 8, 5) and target.shape == (2, 8, 8, 3)
    np.testing.assert_array_equal(condition[..., :3].argmax(axis=-1), classes[..., 0])
    np.testing.assert_array_equal(condition[..., 3:4], InstanceBoundaries().encode(instances))
    np.testing.assert_array_equal(condition[..., 4:], to_model_range(sketches))
    two = (Labels(3), InstanceBoundaries()), PHOTO
    with pytest.raises(
        ValueError, match=r"one format for each of the 3 condition images\. Received: 2"
    ):
        PairDataset((classes, instances, sketches), photos, formats=two)
    with pytest.raises(ValueError, match=r"1 condition\[1\]s and 2 targets"):
        PairDataset((classes, instances[:1]), photos, formats=two)
    with pytest.raises(ValueError, match=r"must be Picture or Labels\. Received: InstanceB"):
        PairDataset(photos, instances, formats=(PHOTO, InstanceBoundaries()))


@pytest.mark.parametrize("dtype, low, high", [("uint16", 200, 320), ("int16", -1024, 3071)])
@pytest.mark.parametrize(
    "options",
    [
        {"resize": "pad"},
        {"resize": "pad", "cache": True},
        {"augment": Augment(cutout=0.5)},
        {"augment": Augment(rotation=40, scale=1.5)},
    ],
    ids=str,
)
def test_what_is_added_to_a_picture_has_the_low_end_of_its_range(dtype, low, high, options):
    images = np.full((2, 8, 16, 1), high, dtype)
    pair = Picture(value_range=(low, high), interpolation="bicubic")
    dataset = PairDataset(images, images, image_size=8, formats=(pair, pair), **options)
    # A rotated picture is continued by its mirror image.
    lowest = 1 if "rotation=40" in str(options) else -1
    assert (np.min(dataset[0]), np.max(dataset[0])) == (lowest, 1)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_bicubic_resizing_does_not_leave_the_range(dtype):
    """Beside an edge, it goes beyond the values on both sides of it."""
    images = np.full((1, 16, 16, 1), 50, dtype)
    images[:, :, 8:] = 200
    pair = Picture(value_range=(50, 200), interpolation="bicubic")
    condition, _ = PairDataset(images, images, image_size=40, formats=(pair, pair))[0]
    assert condition.min() == -1 and condition.max() == 1


def test_a_photo_that_was_turned_is_told(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(photo(16, 24)).save(tmp_path / "photo.jpg", exif=exif)
    Image.fromarray(photo(16, 24)).save(tmp_path / "mask.png")
    with pytest.raises(ValueError, match=r"\(16, 24\) and \(24, 16\).*EXIF orientation"):
        PairDataset([tmp_path / "mask.png"], [tmp_path / "photo.jpg"], formats=(PHOTO, PHOTO))[0]


@pytest.mark.parametrize("options", [{}, {"cache": True}, {"resize": "pad", "image_size": 12}])
def test_percentiles_are_those_of_the_file_before_it_is_cut(options):
    """So a brighter scan is the same condition; the target keeps its unit."""
    image = photo(16, 24)[..., :1].astype("uint16")
    scans = [image, image * 3 + 500]
    mr, ct = Picture(1, ("1%", "99%"), "bicubic"), Picture(1, (0, 4095), "bicubic")
    options = {"image_size": 8, "augment": Augment(mirror=False, enlargement=1.0), **options}
    dataset = PairDataset(scans, scans, formats=(mr, ct), **options)
    (first, low), (second, high) = dataset[0], dataset[1]
    np.testing.assert_allclose(first, second, atol=1e-4)
    assert high.mean() > low.mean() + 0.2
    dataset.check()
