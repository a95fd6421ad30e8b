"""Pairs that are kept decoded: read once, and never given out before they are complete."""

import collections
import errno
import os
import shutil
import tempfile
import types
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import Augment, Labels, PairDataset, Picture
from keras_pix2pix.data.files.geometry import crop_and_resize
from keras_pix2pix.data.loading import cache
from keras_pix2pix.data.pairing import sources


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Paths of four pairs of 30 x 40 pixels, masks and photos; and how often each was read."""
    rng = np.random.default_rng(0)
    paths = []
    for number in range(4):
        mask = rng.integers(0, 3, (30, 40), dtype="uint8")
        photo = np.asarray(
            Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype="uint8")).resize((40, 30), 3)
        )
        for name, image in (("mask", mask), ("photo", photo)):
            Image.fromarray(image).save(tmp_path / f"{name}{number}.png")
        paths.append((tmp_path / f"mask{number}.png", tmp_path / f"photo{number}.png"))
    reads = collections.Counter()

    def counted(path, indices):
        reads[path] += 1
        return read_image(path, indices)

    read_image = sources.read_image
    monkeypatch.setattr(sources, "read_image", counted)
    return tuple(zip(*paths)), reads


def make(files, **options):
    masks, photos = map(list, files[0])
    formats = Labels(3), Picture(3, interpolation="bicubic")
    return PairDataset(masks, photos, formats=formats, image_size=(16, 24), **options)


def same(one, other):
    return all(np.array_equal(a, b) for x, y in zip(one, other) for a, b in zip(x, y))


@pytest.mark.parametrize("how", ["fit", "crop", "pad", None])
@pytest.mark.parametrize("share", [cache.MEMORY_SHARE, 0.0])
def test_without_augmentation_a_cache_changes_nothing(files, monkeypatch, capsys, how, share):
    monkeypatch.setattr(cache, "MEMORY_SHARE", share)
    plain, cached = make(files, resize=how), make(files, resize=how, cache=True)
    for _ in range(2):
        assert same(plain, cached)
    where = "memory" if share else "a file in "
    size = "19.2 kB" if how is None else "6.144 kB"
    assert f"Caching 4 pairs: {size} of {where}" in capsys.readouterr().out


@pytest.mark.parametrize("augment", [True, Augment(rotation=20, cutout=0.2, color=0.1)])
def test_files_are_read_once_and_every_epoch_has_its_own_windows(files, augment):
    dataset = make(files, augment=augment, cache=True, batch_size=4, seed=3)
    epochs = []
    before = files[1].copy()
    for epoch in range(3):
        dataset.set_epoch(epoch)
        epochs.append(dataset[0])
    assert not same([epochs[0]], [epochs[1]])
    dataset.set_epoch(0)
    assert same([dataset[0]], [epochs[0]])
    for path in (*files[0][0], *files[0][1]):
        assert files[1][path] - before[path] <= 2


def test_a_cached_window_is_cut_from_the_enlarged_picture_as_the_reference_does(files):
    dataset = make(files, augment=True, cache=True, shuffle=False)
    load_size = dataset.augment.load_size((16, 24))
    photo = np.asarray(Image.open(files[0][1][0]))
    loaded = crop_and_resize(photo, load_size, (0, 0, 40, 30), nearest=False)
    windows = [
        loaded[top : top + 16, left : left + 24][:, ::step].tobytes()
        for top in range(load_size[0] - 15)
        for left in range(load_size[1] - 23)
        for step in (1, -1)
    ]
    for epoch in range(10):
        dataset.set_epoch(epoch)
        found = np.round(dataset[0][1][0] * 127.5 + 127.5).astype("uint8")
        assert found.tobytes() in windows


def test_stored_types_are_kept():
    deep = np.random.default_rng(0).integers(0, 65536, (2, 8, 8, 1)).astype("uint16")
    dataset = PairDataset(deep, deep, cache=True)
    assert same(dataset, PairDataset(deep, deep))
    block = dataset._reader._cache._arrays[0]
    assert (block.dtype, block.shape) == ("uint16", (2, 8, 8, 1))


def test_threads_share_one_cache(files, capsys):
    dataset = make(files, cache=True)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(dataset.__getitem__, [0, 1, 2, 3] * 5))
    plain = list(make(files))
    assert same(found, plain * 5)
    assert capsys.readouterr().out.count("Caching") == 1


def test_a_subset_has_a_cache_of_its_own(files, capsys):
    dataset = make(files, cache=True)
    list(dataset)
    part = dataset.subset([2, 0])
    assert same(part, [make(files)[2], make(files)[0]])
    assert "Caching 2 pairs" in capsys.readouterr().out


def test_a_folder_may_be_named_which_is_made_and_stays_empty(files, tmp_path, capsys):
    folder = tmp_path / "some/disk"
    assert same(make(files, cache=folder), make(files))
    assert f"a file in {folder}" in capsys.readouterr().out
    assert not list(folder.iterdir())


def test_a_cache_that_does_not_fit_is_refused_before_it_is_taken(files, monkeypatch):
    monkeypatch.setattr(cache, "MEMORY_SHARE", 0.0)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(9, 8, 1))
    with pytest.raises(OSError, match=r"cache of .* does not fit into .*cache=False"):
        make(files, cache=True)[0]


@pytest.mark.parametrize("other", [np.zeros((8, 8, 1), "uint16"), np.zeros((9, 8, 1), "uint8")])
def test_pairs_that_differ_are_refused_by_number(other):
    images = [np.zeros((8, 8, 1), "uint8"), other]
    dataset = PairDataset(images, images, cache=True)
    assert dataset[0]
    with pytest.raises(ValueError, match=r"one shape and dtype.*in pair 1, after \(8, 8, 1\)"):
        dataset[1]


# The cache alone


PAIR = [np.full((2, 3, 1), 7, "uint8"), np.full((2, 3, 3), 1000, "uint16")]


def test_a_pair_is_loaded_once_and_at_its_position():
    cached = cache.Cache(3, PAIR)
    asked = []

    def load(position):
        asked.append(position)
        return [image + np.array(position, image.dtype) for image in PAIR]

    for position in (2, 0, 2, 0, 2):
        for image, expected in zip(cached.get(position, load), PAIR, strict=True):
            assert image.dtype == expected.dtype
            np.testing.assert_array_equal(image, expected + position)
    assert asked == [2, 0]


def test_a_pair_that_could_not_be_loaded_is_loaded_again():
    cached = cache.Cache(1, PAIR)

    def broken(position):
        yield PAIR[0]
        raise OSError("the disk is gone")

    for _ in range(2):
        with pytest.raises(OSError, match="the disk is gone"):
            cached.get(0, broken)
    np.testing.assert_array_equal(cached.get(0, lambda position: PAIR)[1], PAIR[1])
    with pytest.raises(ValueError, match="one shape and dtype"):
        cache.Cache(1, PAIR).get(0, lambda position: PAIR[::-1])


def test_a_pair_is_not_there_before_all_of_it_is_written():
    """Another thread that asks while a pair is written must not get half of it."""
    cached = cache.Cache(1, PAIR)
    asked = []

    def another(position):
        asked.append(position)
        return PAIR

    def slow(position):
        for image in PAIR:
            cached.get(0, another)
            # As if the other thread had not been there.
            cached._filled[:] = False
            yield image

    cached.get(0, slow)
    assert asked == [0, 0]


@pytest.fixture
def memory(monkeypatch):
    """200 bytes of memory and 150 of disk are free. It records the folders of files."""
    folders = []
    temporary = tempfile.TemporaryFile

    def recorded(**options):
        folders.append(options["dir"])
        return temporary(**options)

    available = types.SimpleNamespace(available=200)
    monkeypatch.setattr(cache.psutil, "virtual_memory", lambda: available)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(9, 8, 150))
    monkeypatch.setattr(tempfile, "TemporaryFile", recorded)
    return folders


def of_bytes(count):
    return [np.zeros((1, count, 1), "uint8")]


@pytest.mark.parametrize("size, in_memory", [(1, True), (100, True), (101, False), (150, False)])
def test_up_to_half_of_the_free_memory_is_taken_before_a_file(memory, size, in_memory, capsys):
    cached = cache.Cache(1, of_bytes(size))
    assert isinstance(cached._arrays[0], np.memmap) != in_memory
    assert memory == ([] if in_memory else [tempfile.gettempdir()])
    where = "memory (200 B free)" if in_memory else f"a file in {tempfile.gettempdir()}"
    assert capsys.readouterr().out == f"Caching 1 pairs: {size} B of {where}\n"


def test_a_named_folder_is_used_however_small_the_cache(memory, tmp_path):
    cached = cache.Cache(2, of_bytes(3), tmp_path / "new")
    assert memory == [tmp_path / "new"]
    assert isinstance(cached._arrays[0], np.memmap) and cached._arrays[0].shape == (2, 1, 3, 1)


def test_a_file_that_does_not_fit_is_refused(memory, tmp_path):
    with pytest.raises(OSError, match=r"cache of 151 B does not fit .* has 150 B free"):
        cache.Cache(1, of_bytes(151))
    assert not memory


@pytest.mark.parametrize(
    "size, text",
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1234, "1.234 kB"),
        (999_999, "1000 kB"),
        (1_000_000, "1 MB"),
        (12_345_678, "12.35 MB"),
        (1_000_000_000, "1 GB"),
        (5_400_000_000_000, "5400 GB"),
    ],
)
def test_sizes_are_told_in_a_fitting_unit(size, text):
    assert cache._format_bytes(size) == text


def test_two_caches_that_do_not_fit_together_are_refused_before_one_is_written(
    memory, tmp_path, monkeypatch
):
    """Each alone would fit. A map of space that is not there would end the process by a signal."""
    images = [np.zeros((5, 5, 3), "uint8")]
    disk = [100]

    def reserve(descriptor, start, size):
        disk[0] -= size
        if disk[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", reserve, raising=False)
    cache.Cache(1, images, tmp_path)
    with pytest.raises(OSError, match=rf"does not fit into {tmp_path}, .*No space left") as error:
        cache.Cache(1, images, tmp_path)
    assert error.value.errno == errno.ENOSPC


def test_where_no_space_can_be_reserved_it_is_written(memory, tmp_path, monkeypatch):
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    cached = cache.Cache(2, [np.zeros((5, 5, 3), "uint8")], tmp_path)
    assert cached._arrays[0].shape == (2, 5, 5, 3)
    image = np.full((5, 5, 3), 7, "uint8")
    np.testing.assert_array_equal(cached.get(1, lambda position: [image])[0], image)
