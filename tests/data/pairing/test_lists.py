"""Lists of pairs in CSV files and tuples."""

import pytest

from keras_pix2pix.data.pairing.lists import read_list


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
