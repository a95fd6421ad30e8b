"""Finding images in folders and lists; what PairDataset makes of it is tested there."""

import numpy as np
import pytest

from keras_pix2pix.data.pairing.names import (
    Half,
    Halves,
    find_images,
    listed,
    natural_order,
    paired,
    pairing_hint,
    read_list,
    without_ending,
)


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_natural_order_takes_any_name():
    names = ["b", "m²", "10", "a2b10", "٣", "a2b9", "", "2"]
    assert sorted(names, key=natural_order) == ["", "2", "٣", "10", "a2b9", "a2b10", "b", "m²"]
    assert natural_order("²") == ["²"]


@pytest.mark.parametrize("one, other, axis", [("left", "right", 1), ("top", "bottom", 0)])
def test_halves_share_the_image(one, other, axis):
    whole = np.arange(4 * 6 * 2).reshape(4, 6, 2)
    halves = [Half("pair.png", half).cut(whole) for half in (one, other)]
    assert halves[0].shape == halves[1].shape
    np.testing.assert_array_equal(np.concatenate(halves, axis), whole)
    odd = whole[:3] if axis == 0 else whole[:, :5]
    length = "an even height" if axis == 0 else "an even width"
    with pytest.raises(ValueError, match=rf"pair\.png must have {length}.*Received: [35]"):
        Half("pair.png", one).cut(odd)


def test_halves_are_a_sequence():
    halves = Halves(["a.png", "b.png"], "top")
    assert len(halves) == 2
    assert halves[1] == Half("b.png", "top")
    assert str(halves[0]) == "a.png (top half)"


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


def test_links_are_followed_and_loops_end(tmp_path):
    touch(tmp_path, "real/a.png")
    (tmp_path / "set").mkdir()
    (tmp_path / "set/link").symlink_to(tmp_path / "real")
    (tmp_path / "real/loop").symlink_to(tmp_path / "set")
    assert list(find_images(tmp_path / "set")) == ["link/a"]


def test_a_link_to_itself_is_found_as_the_file_that_it_claims_to_be(tmp_path):
    (tmp_path / "a.png").symlink_to(tmp_path / "a.png")
    assert list(find_images(tmp_path)) == ["a"]


def test_a_folder_with_an_image_s_name_is_a_folder(tmp_path):
    touch(tmp_path, "x.png/a.jpg")
    assert list(find_images(tmp_path)) == ["x.png/a"]


def test_names_pair_or_are_told():
    sides = [{"a": "m/a.png", "b": "m/b.png"}, {"b": "p/b.jpg", "c": "p/c.jpg"}]
    names, alone = paired(sides)
    assert names == ["b"]
    assert alone == [f"{path} has no partner of the same name" for path in ("m/a.png", "p/c.jpg")]


def test_a_hint_says_how_names_would_pair():
    one = {name: "" for name in ("a1", "a2", "b1")}
    masks = {f"{name}_mask": "" for name in one}
    hint = pairing_hint([masks, one])
    assert "('(.+)_mask$', '(.+)$')" in hint
    assert "upper and lower case" in pairing_hint([{"A": "", "b": ""}, {"a": "", "b": ""}])
    assert "on_error='skip'" in pairing_hint([{"a": "", "b": ""}, {"b": "", "c": ""}])


@pytest.mark.parametrize("first", ["", "condition,target\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_csv_file_is_read_with_or_without_titles(tmp_path, first, mark):
    path = tmp_path / "pairs.csv"
    text = mark + first + 'm/a.png,p/a.jpg\n\n"m/b, c.png",p/b.jpg\n'
    path.write_text(text, encoding="utf-8")
    expected = [["m/a.png", "m/b, c.png"], ["p/a.jpg", "p/b.jpg"]]
    assert read_list(path) == [[str(tmp_path / cell) for cell in side] for side in expected]
    assert read_list(str(path), "/data") == [
        [f"/data/{cell}" for cell in side] for side in expected
    ]


def test_rows_of_a_list_may_hold_several_conditions():
    assert read_list([("a", "b", "c")], "x") == [["x/a"], ["x/b"], ["x/c"]]
    assert read_list([("a.png", "b.png"), ("c.png", "d.png")]) == [
        ["a.png", "c.png"],
        ["b.png", "d.png"],
    ]


@pytest.mark.parametrize(
    "text, row", [("a.png,b.png\na.png\n", 2), ("x,y\na.png,b.png\n\n1.png,2.png,3.png\n", 4)]
)
def test_a_ragged_row_is_told_by_its_line(tmp_path, text, row):
    (tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(ValueError, match=f"Row {row} must have 2 paths"):
        read_list(tmp_path / "pairs.csv")


def test_one_path_is_no_pair():
    with pytest.raises(ValueError, match="Row 1 must have at least 2 paths"):
        read_list([("a.png",)])


def test_endings_are_cut_only_where_they_are_those_of_images():
    assert [without_ending(name) for name in ("a.png", "a.b.JPG", "v1.5", "x")] == [
        "a",
        "a.b",
        "v1.5",
        "x",
    ]


def test_a_long_list_is_cut():
    assert listed([]) == ""
    assert listed("ab") == "\n  a\n  b"
    assert listed(map(str, range(25)), 3).endswith("2\n  ... and 22 more")


def test_a_pattern_that_is_no_regular_expression_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"'\(a' is not a regular expression: missing"):
        find_images(tmp_path, "(a")
