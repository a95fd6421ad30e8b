"""Finding pairs, and the batches that a dataset gives."""

import copy
import pickle
import re
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from keras_pix2pix.data import Labels, PairDataset, Picture
from keras_pix2pix.data.files.conversion import from_model_range, to_model_range

NEAREST, BICUBIC = (Picture(3, interpolation=how) for how in ("nearest", "bicubic"))


def chosen(dataset):
    """Whether conditions and targets are resized to the nearest pixel."""
    (condition,), target = dataset.formats
    return condition.nearest, target.nearest


def noise(*shape, dtype="uint8"):
    rng = np.random.default_rng(0)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)
    return path


def numbered(count, size=(2, 2)):
    """Images whose every pixel is the number of the image."""
    return np.tile(np.arange(count, dtype="uint8")[:, None, None, None], (1, *size, 1))


def numbers(dataset, side=0):
    """The numbers of the images in the order in which they come."""
    return [int(image[0, 0, 0]) for batch in dataset for image in from_model_range(batch[side])]


def same(one, other):
    return all(np.array_equal(a, b) for x, y in zip(one, other) for a, b in zip(x, y))


@pytest.fixture
def folders(tmp_path):
    """Three pairs of 4 x 6 pixels: grey masks and photos in color."""
    for stem, image in zip("abc", noise(3, 4, 6, 4)):
        save(tmp_path / f"masks/{stem}.png", image[..., 0])
        save(tmp_path / f"photos/{stem}.png", image[..., 1:])
    return tmp_path / "masks", tmp_path / "photos"


# Where the pairs come from


def test_arrays_come_in_their_order_and_in_the_model_s_range():
    conditions, targets = noise(5, 4, 6, 1), noise(5, 4, 6, 3)
    dataset = PairDataset(conditions, targets)
    assert len(dataset) == 5
    for index, (condition, target) in enumerate(dataset):
        assert condition.dtype == target.dtype == np.float32
        np.testing.assert_array_equal(condition, to_model_range(conditions[index : index + 1]))
        np.testing.assert_array_equal(target, to_model_range(targets[index : index + 1]))


def test_16_bits_floats_and_bool_are_taken():
    deep = noise(2, 4, 6, 1, dtype="uint16")
    floats = np.linspace(-1, 1, 48).reshape(2, 4, 6, 1)
    condition, target = PairDataset(deep, floats, batch_size=2)[0]
    np.testing.assert_array_equal(condition, to_model_range(deep))
    np.testing.assert_array_equal(target, floats.astype("float32"))
    condition, _ = PairDataset(deep > 30000, floats, batch_size=2)[0]
    np.testing.assert_array_equal(condition, np.where(deep > 30000, 1, -1))


def test_batches_are_copies():
    images = np.zeros((1, 2, 2, 1), "float32")
    PairDataset(images, images)[0][0][:] = 1
    assert not images.any()


def test_channels_hold_for_arrays_too():
    grey, color = noise(2, 4, 6, 1), noise(2, 4, 6, 3)
    condition, _ = PairDataset(grey, color, formats=(Picture(3), Picture(3)))[0]
    np.testing.assert_array_equal(condition, to_model_range(grey[:1].repeat(3, axis=-1)))
    with pytest.raises(ValueError, match="condition 0 has 3 channels, and 1 channels are wanted"):
        PairDataset(color, color, formats=(Picture(1), Picture(3)))


def test_paths_and_callables_are_read_when_they_are_needed(folders):
    paths = sorted(folders[1].iterdir())
    calls = []

    def image():
        calls.append(1)
        return noise(4, 6, 1)

    formats = Picture(1, interpolation="nearest"), BICUBIC
    dataset = PairDataset([image] * 3, paths, formats=formats)
    # The first pair tells the type and the channels.
    assert len(calls) == 1
    condition, target = dataset[2]
    assert len(calls) == 2
    np.testing.assert_array_equal(condition[0], to_model_range(noise(4, 6, 1)))
    np.testing.assert_array_equal(target[0], to_model_range(np.asarray(Image.open(paths[2]))))


# Sizes and augmentation


def smooth(count, height, width):
    """Pictures that bicubic resizing does not sharpen."""
    coarse = noise(count, height // 4, width // 4, 3)
    size = width, height
    return np.stack([Image.fromarray(image).resize(size, 3) for image in coarse])


@pytest.mark.parametrize("image_size", [16, (16, 16), (24, 40)])
def test_images_of_any_size_get_the_size_wanted(tmp_path, image_size):
    for stem, shape in (("a", (10, 13)), ("b", (60, 20))):
        save(tmp_path / f"one/{stem}.png", noise(*shape))
        save(tmp_path / f"two/{stem}.png", noise(*shape, 3))
    sides = tmp_path / "one", tmp_path / "two"
    size = (16, 16) if image_size == 16 else image_size
    for augment in (False, True):
        dataset = PairDataset.from_folders(
            *sides, image_size=image_size, augment=augment, batch_size=2
        )
        assert [images.shape for images in dataset[0]] == [(2, *size, 3)] * 2


def test_resizing_alone_is_pillow_s():
    photos = smooth(1, 40, 60)
    expected = Image.fromarray(photos[0]).resize((24, 20), Image.Resampling.BICUBIC)
    _, target = PairDataset(photos, photos, image_size=(20, 24))[0]
    np.testing.assert_array_equal(target[0], to_model_range(np.asarray(expected)))


@pytest.mark.parametrize("how", ["nearest", "bicubic"])
@pytest.mark.parametrize("image_size", [16, (24, 40)])
def test_both_images_get_the_same_window_and_mirror(how, image_size):
    photos = smooth(3, 32, 48)
    dataset = PairDataset(
        photos,
        photos,
        image_size=image_size,
        augment=True,
        formats=(Picture(interpolation=how), Picture(interpolation=how)),
    )
    for epoch in range(20):
        dataset.set_epoch(epoch)
        for condition, target in dataset:
            np.testing.assert_array_equal(condition, target)


@pytest.mark.parametrize("shape, image_size", [((36, 36), (32, 32)), ((30, 60), (24, 36))])
def test_augmentation_is_resize_by_286_of_256_then_crop_and_mirror(shape, image_size):
    photo = smooth(1, *shape)
    load_size = [round(size * 286 / 256) for size in image_size]
    loaded = np.asarray(Image.fromarray(photo[0]).resize(load_size[::-1], 3))
    crops = np.stack(
        [
            loaded[top : top + image_size[0], left : left + image_size[1]][:, ::step]
            for top in range(load_size[0] - image_size[0] + 1)
            for left in range(load_size[1] - image_size[1] + 1)
            for step in (1, -1)
        ]
    ).astype(int)
    dataset = PairDataset(photo, photo, image_size=image_size, augment=True)
    seen = []
    for epoch in range(400):
        dataset.set_epoch(epoch)
        distance = np.abs(from_model_range(dataset[0][1]) - crops).max(axis=(1, 2, 3))
        assert distance.min() <= 1
        seen.append(distance.argmin())
    assert len(set(seen)) == len(crops)
    assert 0.42 < np.mean(np.array(seen) % 2) < 0.58


def test_every_pair_of_an_epoch_has_a_draw_of_its_own():
    photos = smooth(1, 32, 32).repeat(8, axis=0)
    (condition, _) = PairDataset(photos, photos, image_size=32, augment=True, batch_size=8)[0]
    assert len(np.unique(condition, axis=0)) > 4


sides = st.integers(1, 40)


@settings(deadline=None)
@given(sides, sides, sides, sides, st.integers(0, 2**32), st.sampled_from([1, 3]))
def test_masks_keep_their_values(height, width, new_height, new_width, seed, channels):
    rng = np.random.default_rng(seed)
    palette = rng.integers(0, 256, (4, channels), dtype="uint8")
    mask = palette[rng.integers(0, 4, (1, height, width))]
    dataset = PairDataset(
        mask,
        mask,
        image_size=(new_height, new_width),
        augment=True,
        seed=seed,
        formats=(Picture(interpolation="auto"), Picture(interpolation="nearest")),
    )
    colors = set(map(tuple, palette))
    for images in dataset[0]:
        assert images.shape == (1, new_height, new_width, channels)
        assert set(map(tuple, from_model_range(images).reshape(-1, channels))) <= colors


def test_auto_takes_nearest_for_masks_and_bicubic_for_photos():
    masks = np.random.default_rng(0).choice(np.array([0, 128, 255], "uint8"), (20, 16, 16, 3))
    photos = smooth(20, 16, 16)
    assert chosen(PairDataset(masks, photos)) == (True, False)
    assert chosen(PairDataset(photos, masks)) == (False, True)
    assert chosen(PairDataset(masks, photos, formats=(BICUBIC, NEAREST))) == (False, True)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("colors, nearest", [(32, True), (33, False)])
def test_a_label_map_has_up_to_32_colors(dtype, channels, colors, nearest):
    # Few values in each channel, but together they make up the colors.
    codes = np.arange(64).reshape(1, 8, 8) % colors
    planes = [codes] if channels == 1 else [codes // 16, codes // 4 % 4, codes % 4]
    image = (np.stack(planes, axis=-1) / 64).astype("float32")
    if dtype != "float32":
        image = (image * 64).astype(dtype)
    assert chosen(PairDataset(image, image)) == (nearest, nearest)


def test_auto_looks_at_images_spread_over_the_set():
    images = np.zeros((40, 16, 16, 1), "uint8")
    images[-1] = np.arange(256).reshape(16, 16, 1)
    assert chosen(PairDataset(images, images)) == (False, False)


# Order, epochs and batches


def test_the_last_batch_may_be_smaller():
    dataset = PairDataset(numbered(7), numbered(7), batch_size=3)
    assert len(dataset) == 3
    assert [len(condition) for condition, _ in dataset] == [3, 3, 1]
    assert numbers(dataset) == list(range(7))


def test_batches_beyond_the_end_are_refused_so_that_iteration_ends():
    dataset = PairDataset(numbered(4), numbered(4), batch_size=2)
    for index in (2, 100, -1):
        with pytest.raises(IndexError, match=f"batch {index} of 2"):
            dataset[index]
    assert len(list(dataset)) == 2


@pytest.fixture
def shuffled():
    """A function that makes the same augmented dataset again."""
    photos = smooth(10, 24, 24)

    def make(epoch=0, seed=0, workers=1):
        options = {"image_size": 20, "batch_size": 3, "augment": True}
        dataset = PairDataset(photos, photos[..., ::-1], seed=seed, workers=workers, **options)
        dataset.set_epoch(epoch)
        return dataset

    return make


def test_batches_follow_from_seed_epoch_and_index(shuffled):
    batches = list(shuffled())
    assert same(batches, shuffled())
    assert not same(batches, shuffled(epoch=1))
    assert not same(batches, shuffled(seed=1))
    assert not same(shuffled(epoch=1), shuffled(seed=1))
    np.random.seed(7)
    keras.utils.set_random_seed(7)
    backwards = shuffled(epoch=5)
    backwards.set_epoch(0)
    assert same(batches[::-1], [backwards[index] for index in reversed(range(4))])


def test_shuffling_follows_augment_unless_told():
    images = numbered(20)
    assert numbers(PairDataset(images, images)) == list(range(20))
    assert numbers(PairDataset(images, images, augment=True, image_size=2)) != list(range(20))
    plain = PairDataset(images, images, augment=True, image_size=2, shuffle=False)
    assert numbers(plain) == list(range(20))
    assert numbers(PairDataset(images, images, shuffle=True)) != list(range(20))


def test_seed_shard_and_steps_choose_the_pairs():
    images = numbered(9)
    options = {"batch_size": 2, "shuffle": True, "seed": 4, "shard": (1, 2)}
    dataset = PairDataset(images, images, **options)
    orders = [
        np.random.default_rng((4, epoch)).permutation(9)[:8][1::2].tolist() for epoch in (0, 1)
    ]
    for epoch, order in enumerate(orders):
        dataset.set_epoch(epoch)
        assert len(dataset) == 2 and numbers(dataset) == numbers(dataset, side=1) == order
    in_steps = dataset.in_steps(3)
    in_steps.set_epoch(0)
    assert len(in_steps) == 3 and numbers(in_steps) == (orders[0] + orders[1])[:6]
    # The dataset that it was made from is as before.
    assert len(dataset) == 2


@pytest.mark.parametrize("shard", [(0, 5), (4, 4), (-1, 4), (1, 1), (0, 0)])
def test_a_shard_without_pairs_is_refused(shard):
    with pytest.raises(ValueError, match=r"shard must be \(index, count\).* of 4 pairs"):
        PairDataset(numbered(4), numbered(4), shard=shard)


@pytest.mark.parametrize("shard", [(0, 4), (3, 4), (0, 1)])
def test_a_shard_with_pairs_is_taken(shard):
    images = numbered(4)
    assert len(PairDataset(images, images, shard=shard)) == 4 // shard[1]


def test_order_and_augmentation_both_change_with_the_epoch():
    images = numbered(20)
    dataset = PairDataset(images, images, shuffle=True)
    orders = []
    for epoch in range(5):
        dataset.set_epoch(epoch)
        orders.append(tuple(numbers(dataset)))
    assert len(set(orders)) == 5
    photo = smooth(1, 32, 32)
    dataset = PairDataset(photo, photo, image_size=32, augment=True, shuffle=False)
    windows = []
    for epoch in range(10):
        dataset.set_epoch(epoch)
        windows.append(dataset[0][0].tobytes())
    assert len(set(windows)) > 7


def test_threads_get_the_same_batches_in_any_order(shuffled):
    dataset = shuffled()
    wanted = [3, 0, 2, 1] * 5
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(dataset.__getitem__, wanted))
    batches = list(shuffled())
    assert same(found, [batches[index] for index in wanted])


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_keras_gets_the_same_batches_with_any_number_of_workers(shuffled, workers):
    inputs = keras.Input((20, 20, 3))
    identity = keras.Model(inputs, keras.layers.Identity()(inputs))
    dataset = shuffled(workers=workers)
    for epoch in (0, 1, 0):
        dataset.set_epoch(epoch)
        conditions = identity.predict(dataset, verbose=0)
        expected = np.concatenate([condition for condition, _ in shuffled(epoch)])
        np.testing.assert_array_equal(conditions, expected)


def test_repr_tells_the_size_and_what_auto_chose(folders):
    dataset = PairDataset.from_folders(*folders, image_size=8, batch_size=2)
    text = repr(dataset)
    assert "3 pairs" in text and "(8, 8)" in text and "batch_size=2" in text
    assert "nearest" in text or "bicubic" in text


# What is refused


def refused(dataset, *words, index=0):
    """Reading this pair, or making the dataset, is an error that holds these words."""
    with pytest.raises(ValueError) as error:
        dataset() if callable(dataset) else dataset[index]
    assert all(str(word) in str(error.value) for word in words), error.value


@pytest.mark.parametrize("kind", ["truncated", "empty", "text"])
@pytest.mark.parametrize("side", [0, 1])
def test_a_broken_file_is_named(folders, kind, side):
    path = folders[side] / "b.png"
    content = {"truncated": path.read_bytes()[:-30], "empty": b"", "text": b"hello, world"}
    path.write_bytes(content[kind])
    dataset = PairDataset.from_folders(*folders, formats=(NEAREST, BICUBIC))
    refused(dataset, path, "cannot be read as an image", index=1)
    assert dataset[0] and dataset[2]
    with pytest.raises(ValueError, match=re.escape(str(path))):
        list(PairDataset.from_folders(*folders))


def test_transparency_and_cmyk_are_named(folders):
    transparent = noise(4, 6, 4)
    save(folders[1] / "a.png", transparent)
    (folders[1] / "b.png").unlink()
    Image.new("CMYK", (6, 4)).save(folders[1] / "b.jpg")
    words = folders[1] / "a.png", "not opaque", "3 channels are wanted"
    refused(lambda: PairDataset.from_folders(*folders), *words)
    transparent[..., 3] = 255
    save(folders[1] / "a.png", transparent)
    dataset = PairDataset.from_folders(*folders, formats=(NEAREST, BICUBIC))
    refused(dataset, folders[1] / "b.jpg", "CMYK", index=1)
    np.testing.assert_array_equal(dataset[0][1][0], to_model_range(transparent[..., :3]))


def test_floats_of_a_file_outside_the_range_are_named(folders):
    (folders[1] / "b.png").unlink()
    path = save(folders[1] / "b.tif", np.full((4, 6), 255, "float32"))
    for image_size in (None, 8):
        dataset = PairDataset.from_folders(
            *folders, image_size=image_size, formats=(NEAREST, BICUBIC)
        )
        refused(dataset, path, "[-1, 1]", "255", index=1)


def test_a_pair_of_different_sizes_is_named(folders):
    save(folders[1] / "b.png", noise(6, 4, 3))
    for image_size in (None, 8):
        dataset = PairDataset.from_folders(*folders, image_size=image_size)
        refused(dataset, *(folder / "b.png" for folder in folders), "(4, 6)", "(6, 4)", index=1)
    dataset = PairDataset(noise(2, 4, 6, 1), noise(2, 6, 4, 1))
    refused(dataset, "condition 1 and target 1 must have the same height", index=1)


def test_images_of_different_sizes_in_a_batch_need_image_size(folders):
    for folder, shape in zip(folders, ((5, 5), (5, 5, 3))):
        save(folder / "b.png", noise(*shape))
    words = "image_size", "batch_size=1", "(4, 6, 3)", "(5, 5, 3)", folders[0] / "b.png"
    refused(PairDataset.from_folders(*folders, batch_size=2), *words)
    assert len(list(PairDataset.from_folders(*folders))) == 3
    assert len(list(PairDataset.from_folders(*folders, batch_size=2, image_size=4))) == 2


def test_different_counts_and_none_at_all_are_refused():
    with pytest.raises(ValueError, match="3 conditions and 2 targets"):
        PairDataset(numbered(3), numbered(2))
    with pytest.raises(ValueError, match="at least one pair"):
        PairDataset([], [])


@pytest.mark.parametrize("shape", [(4,), (4, 8), (4, 8, 8), (4, 8, 8, 3, 1)])
def test_arrays_of_another_rank_are_refused(shape):
    good, bad = noise(4, 8, 8, 3), noise(*shape)
    for name, sides in (("conditions", (bad, good)), ("targets", (good, bad))):
        with pytest.raises(ValueError, match=rf"{name} must have shape \(count, height.*Received"):
            PairDataset(*sides)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "complex64"])
def test_arrays_of_another_dtype_are_refused(dtype):
    bad = np.zeros((2, 4, 4, 1), dtype)
    with pytest.raises(ValueError, match=f"target 0 must be unsigned integers.*dtype {dtype}"):
        PairDataset(noise(2, 4, 4, 1), bad)


@pytest.mark.parametrize("value", [2.0, -1.01, 255.0, np.nan, np.inf])
@pytest.mark.parametrize("image_size", [None, 6])
def test_floats_outside_the_range_are_refused(value, image_size):
    images = np.zeros((3, 4, 4, 1), "float32")
    images[2, 3, 3] = value
    bicubic = Picture(interpolation="bicubic")
    dataset = PairDataset(images, images, image_size=image_size, formats=(bicubic, bicubic))
    assert dataset[1]
    refused(dataset, "condition 2 must lie in [-1, 1]", index=2)
    with pytest.raises(ValueError, match=r"condition 0 must lie in \[-1, 1\]"):
        PairDataset(images[::-1], images)


def test_unknown_interpolation_is_refused():
    with pytest.raises(ValueError, match="must be one of 'auto', 'nearest', 'bicubic'"):
        PairDataset(
            numbered(2),
            numbered(2),
            formats=(Picture(interpolation="auto"), Picture(interpolation="bilinear")),
        )


def test_augment_needs_image_size():
    with pytest.raises(ValueError, match="augment needs image_size"):
        PairDataset(numbered(2), numbered(2), augment=True)


@pytest.mark.parametrize("batch_size", [0, -1])
def test_batch_size_below_one_is_refused(batch_size):
    with pytest.raises(ValueError, match=f"batch_size must be at least 1. Received: {batch_size}"):
        PairDataset(numbered(2), numbered(2), batch_size=batch_size)


# Choices, subsets, previews


@pytest.mark.parametrize("image_size", [0, -4, (8, 0), (8, 8, 3), (8,)])
def test_an_image_size_that_is_none_is_refused(image_size):
    with pytest.raises(ValueError, match=r"image_size must be an int or \(height, width\)"):
        PairDataset(numbered(2), numbered(2), image_size=image_size)


def test_less_than_no_workers_are_refused():
    with pytest.raises(ValueError, match=r"workers must be at least 0\. Received: -1"):
        PairDataset(numbered(2), numbered(2), workers=-1)


def test_unknown_choices_are_refused():
    images = numbered(4)
    for name, value in (("resize", "stretch"), ("on_error", "ignore")):
        with pytest.raises(ValueError, match=f"{name} must be one of .*Received: '{value}'"):
            PairDataset(images, images, **{name: value})
    with pytest.raises(ValueError, match=r"one name for each pair\. Received: 3 names and 4 pairs"):
        PairDataset(images, images, names="abc")


def test_a_subset_keeps_the_augmentation_of_each_pair(shuffled):
    dataset = shuffled()
    plain = dataset.subset(slice(None), shuffle=False)
    part = dataset.subset([7, 2, 5], shuffle=False)
    assert np.array_equal(part[0][0], np.concatenate([b[0] for b in plain])[[7, 2, 5]])
    assert part.subset([1]).numbers.tolist() == [2]
    mask = np.arange(10) > 7
    assert dataset.subset(mask).numbers.tolist() == [8, 9]
    assert dataset.subset([0], augment=False).augment is None


def test_a_preview_shows_pairs_as_the_network_sees_them():
    labels = np.random.default_rng(0).integers(0, 3, (6, 16, 16, 1), dtype="uint8")
    photos = smooth(6, 16, 16)
    formats = (Labels(3), Picture(1)), Picture(3)
    dataset = PairDataset((labels, photos[..., :1]), photos, formats=formats, image_size=(16, 24))
    page = np.asarray(dataset.preview(pairs=4))
    pictures = dataset[0][1][0]
    shown = np.round(pictures * 127.5 + 127.5).astype("uint8")
    # Two pairs of three images a row, with gaps of 4 pixels, below two lines of text.
    assert page.shape == (40 + 2 * 20 + 4, 4 + 6 * 28, 3)
    np.testing.assert_array_equal(page[40:56, 4 + 2 * 28 : 28 + 2 * 28], shown)
    assert len(np.unique(page[40:56, 4:28].reshape(-1, 3), axis=0)) == 3


def test_a_preview_shows_pairs_of_their_own_sizes():
    photos = [smooth(1, *size)[0] for size in ((16, 8), (12, 24))]
    page = np.asarray(PairDataset(photos, photos).preview())
    assert page.shape == (40 + 20 + 4, 4 + 4 * 28, 3)
    for number, photo in enumerate(photos):
        left = 4 + number * 2 * 28
        shown = page[40 : 40 + photo.shape[0], left : left + photo.shape[1]]
        np.testing.assert_array_equal(shown, photo)


def test_a_preview_shows_pairs_from_all_parts_of_the_set():
    """Neighbors are often frames of one video."""
    grey = np.arange(10, dtype="uint8")[:, None, None, None] * np.ones((1, 8, 8, 3), "uint8") * 20
    page = np.asarray(PairDataset(grey, grey).preview(pairs=4))
    shown = [page[44 + 12 * row, 8 + 24 * column, 0] for row in (0, 1) for column in (0, 1)]
    assert shown == [0, 60, 120, 180]
    assert PairDataset(grey[:2], grey[:2]).preview(pairs=4).size == (4 + 2 * 24, 40 + 12 + 4)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_dataset_that_was_read_can_be_copied_and_sent(shuffled, workers):
    dataset = shuffled(workers=workers)
    batches = list(dataset)
    for other in (pickle.loads(pickle.dumps(dataset)), copy.deepcopy(dataset)):
        assert same(batches, other)


def test_parts_of_a_dataset_read_ahead_for_themselves(shuffled):
    dataset = shuffled(workers=2)
    parts = dataset.subset([0, 1, 2, 3]), dataset.in_steps(3), dataset.subset([4, 5], shuffle=False)
    expected = [list(part) for part in parts]
    # In turns, so that what one reads ahead is there when another asks.
    for index in range(2):
        for part, batches in zip((dataset, *parts), (list(shuffled()), *expected)):
            if index < len(part):
                assert same([batches[index]], [part[index]])
