"""Images that are found in folders, and their names."""

from pathlib import Path

import pytest

from keras_pix2pix.data.pairing.folders import (
    find_images,
    names_of_paths,
    natural_sort_key,
    without_suffix,
)


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_natural_order_takes_any_name():
    names = ["b", "m²", "10", "a2b10", "٣", "a2b9", "", "2"]
    assert sorted(names, key=natural_sort_key) == ["", "2", "٣", "10", "a2b9", "a2b10", "b", "m²"]
    assert natural_sort_key("²") == ["²"]
    paths = [Path("b/10.png"), Path("b/9.png"), Path("a/11.png")]
    assert sorted(paths, key=natural_sort_key) == [paths[2], paths[1], paths[0]]


def test_images_are_found_by_their_path_without_ending(tmp_path):
    touch(
        tmp_path, "a10.png", "a9.JPEG", "sub/deep/b.npy", "notes.txt", ".hidden.png", ".git/c.png"
    )
    assert list(find_images(tmp_path)) == ["a9", "a10", "sub/deep/b"]
    assert find_images(tmp_path)["sub/deep/b"] == str(tmp_path / "sub/deep/b.npy")


def test_a_pattern_says_what_pairs(tmp_path):
    touch(tmp_path, "cat/in/1_mask.png", "cat/in/2.png", "dog/in/1_mask.png", "dog/out/1.jpg")
    found = find_images(tmp_path, r"(\w+)/in/(.+)_mask$")
    assert list(found) == ["cat/1", "dog/1"]
    assert list(find_images(tmp_path, r"\w+/out/.+")) == ["dog/out/1"]
    with pytest.raises(ValueError, match=r"has no images that 'fish' matches"):
        find_images(tmp_path, "fish")


def test_two_files_of_one_name_are_refused(tmp_path):
    touch(tmp_path, "a.png", "a.webp")
    with pytest.raises(ValueError, match=r"a\.png and .*a\.webp have the same name, 'a'"):
        find_images(tmp_path)
    touch(tmp_path, "b_1.png", "b_2.png")
    with pytest.raises(ValueError, match="have the same name, 'b'"):
        find_images(tmp_path, "(b)_")


@pytest.mark.parametrize(
    "suffix", ["png", "jpg", "jpeg", "jfif", "webp", "bmp", "gif", "tif", "tiff", "npy"]
)
def test_images_of_every_kind_are_found(tmp_path, suffix):
    touch(tmp_path, f"a.{suffix}", f"b.{suffix.upper()}", f"{suffix}", f"c.{suffix}x")
    assert list(find_images(tmp_path)) == ["a", "b"]
    assert without_suffix(f"a.{suffix}") == "a"


def test_what_is_no_folder_is_refused(tmp_path):
    touch(tmp_path, "a.png")
    for path in (tmp_path / "a.png", tmp_path / "nowhere"):
        with pytest.raises(ValueError, match=f"{path} is not a folder"):
            find_images(path)
    (tmp_path / "a.png").unlink()
    known = ".bmp, .gif, .jfif, .jpeg, .jpg, .npy, .png, .tif, .tiff, .webp"
    with pytest.raises(
        ValueError, match=rf"{tmp_path} has no images \({known}\)\. It has no files\.$"
    ):
        find_images(tmp_path)


def test_of_several_files_of_one_name_the_first_two_are_told(tmp_path):
    touch(tmp_path, *(f"a.{suffix}" for suffix in ("webp", "tif", "npy", "gif", "png", "bmp")))
    with pytest.raises(ValueError, match=r"/a\.bmp and .*/a\.gif have the same name"):
        find_images(tmp_path)


def test_a_folder_that_several_links_lead_to_is_found_under_the_first(tmp_path):
    touch(tmp_path, "real/a.png")
    (tmp_path / "set").mkdir()
    for name in "mzqwbkxvhaftclnurs":
        (tmp_path / "set" / name).symlink_to(tmp_path / "real")
    assert list(find_images(tmp_path / "set")) == ["a/a"]


def test_links_are_followed_and_loops_end(tmp_path):
    touch(tmp_path, "real/a.png", "set/b.png")
    (tmp_path / "set/link").symlink_to(tmp_path / "real")
    (tmp_path / "real/loop").symlink_to(tmp_path / "set")
    assert list(find_images(tmp_path / "set")) == ["b", "link/a"]


def test_a_link_to_itself_is_found_as_the_file_that_it_claims_to_be(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "a.png")
    assert list(find_images(tmp_path)) == ["a"]


def test_a_folder_with_an_image_s_name_is_a_folder(tmp_path):
    touch(tmp_path, "x.png/a.jpg")
    assert list(find_images(tmp_path)) == ["x.png/a"]


def test_endings_are_cut_only_where_they_are_those_of_images():
    assert [without_suffix(name) for name in ("a.png", "a.b.JPG", "v1.5", "x")] == [
        "a",
        "a.b",
        "v1.5",
        "x",
    ]


def test_a_pattern_that_is_no_regular_expression_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"'\(a' is not a regular expression: missing"):
        find_images(tmp_path, "(a")


@pytest.mark.parametrize(
    "paths, names",
    [
        (["m/a.png", "m/b.png"], ["a", "b"]),
        (["m/a.png", "n/b.png"], ["a", "b"]),
        (["x/case_0/ct.png", "x/case_1/ct.png"], ["case_0", "case_1"]),
        (["p1/a/ct.png", "p1/b/ct.png", "p2/a/ct.png"], ["p1/a", "p1/b", "p2/a"]),
        (["p1/1.png", "p1/2.png", "p2/1.png"], ["p1/1", "p1/2", "p2/1"]),
        (["1.png", "x/1.png"], ["1", "x/1"]),
        ([], []),
    ],
)
def test_a_name_is_what_differs_in_the_paths(paths, names):
    assert names_of_paths(paths) == names
