"""The image files that a source names, and the folders that must stay apart."""

import os
import shutil

import pytest

from keras_pix2pix.inference.sources import find_sources, keep_apart


@pytest.fixture
def masks(tmp_path):
    """Images in a folder and a sub-folder, beside other files."""
    folder = tmp_path / "masks"
    (folder / "sub").mkdir(parents=True)
    for name in ("a2.png", "a10.PNG", "b.jpg", "sub/c.bmp", "notes.txt"):
        (folder / name).touch()
    return folder


def test_a_folder_is_searched_with_its_sub_folders(masks):
    found = find_sources(masks)
    assert found == {
        name: str(masks / path)
        for name, path in {
            "a2": "a2.png",
            "a10": "a10.PNG",
            "b": "b.jpg",
            os.path.join("sub", "c"): "sub/c.bmp",
        }.items()
    }


def test_patterns_find_images_in_natural_sort_key(masks):
    assert list(find_sources(str(masks / "*"))) == ["a2", "a10", "b"]
    assert list(find_sources(masks / "a*.png")) == ["a2"]
    deep = find_sources(str(masks / "**" / "*"))
    assert deep.keys() == find_sources(masks).keys()
    # Names begin where the pattern does.
    assert list(find_sources(str(masks / "s*" / "*.bmp"))) == [os.path.join("sub", "c")]
    assert list(find_sources(str(masks / "sub" / "*.bmp"))) == ["c"]


def test_lists_and_single_images(masks, monkeypatch):
    assert find_sources(masks / "sub" / "c.bmp") == {"c": str(masks / "sub" / "c.bmp")}
    images = [masks / "b.jpg", str(masks / "sub" / "c.bmp")]
    assert list(find_sources(images)) == ["b", os.path.join("sub", "c")]
    monkeypatch.chdir(masks)
    assert list(find_sources(["b.jpg", "a2.png"])) == ["b", "a2"]
    assert find_sources("b.jpg") == {"b": "b.jpg"}


def test_what_looks_like_a_pattern_may_be_a_folder(masks, tmp_path):
    source = shutil.copytree(masks, tmp_path / "photos [2024]")
    assert find_sources(source).keys() == find_sources(masks).keys()


@pytest.mark.parametrize("source", ["nowhere", "nowhere*.png", "*.txt", []])
def test_nothing_is_refused(masks, monkeypatch, source):
    monkeypatch.chdir(masks)
    with pytest.raises(ValueError, match=r"no folder, and no image"):
        find_sources(source)


def test_two_images_of_one_name_are_refused(masks):
    (masks / "b.png").touch()
    with pytest.raises(ValueError, match=r"b\.jpg and .*b\.png would have the same picture, 'b'"):
        find_sources([masks / "b.jpg", masks / "b.png"])


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("masks", "masks"),
        ("masks", "masks/sub"),
        ("masks", "masks/new"),
        ("masks", "link"),
        ("masks/*.png", "masks"),
        ("masks/**/*.png", "masks/new"),
        (["masks/a2.png"], "masks"),
        (["masks/sub/c.bmp", "masks/b.jpg"], "masks/sub"),
        ("masks/b.jpg", "masks"),
    ],
)
def test_where_images_are_read_nothing_is_written(masks, tmp_path, monkeypatch, source, output):
    (tmp_path / "link").symlink_to(masks)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"folder of its own.*Received: "):
        keep_apart(source, find_sources(source), output)


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("masks", "pictures"),
        ("masks", "masks2"),
        ("masks", "."),
        # Neither is searched when called again.
        ("masks/*.png", "masks/pictures"),
        (["masks/b.jpg"], "masks/sub"),
        ("masks/b.jpg", "masks/sub"),
    ],
)
def test_other_folders_are_fine(masks, tmp_path, monkeypatch, source, output):
    monkeypatch.chdir(tmp_path)
    keep_apart(source, find_sources(source), output)
