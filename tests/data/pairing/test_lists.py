"""Lists of pairs in CSV files and tuples."""

from pathlib import Path

import pytest

from keras_pix2pix.data.pairing.lists import read_column, read_list


@pytest.mark.parametrize("first", ["", "condition,target\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_csv_file_is_read_with_or_without_titles(tmp_path, first, mark):
    path = tmp_path / "pairs.csv"
    text = mark + first + 'm/a.png,p/a.jpg\n\n"m/b, c.png",p/b.jpg\n'
    path.write_text(text, encoding="utf-8")
    expected = [["m/a.png", "m/b, c.png"], ["p/a.jpg", "p/b.jpg"]]
    assert read_list(path) == [[str(tmp_path / cell) for cell in side] for side in expected]
    assert read_list(str(path)) == read_list(path)
    assert read_list(str(path), "/data") == [
        [f"/data/{cell}" for cell in side] for side in expected
    ]


def test_only_the_first_line_may_be_titles(tmp_path):
    (tmp_path / "pairs.csv").write_text("mask,photo\nm/a,p/a\nm/b,p/b\n")
    assert read_list(tmp_path / "pairs.csv", "x") == [["x/m/a", "x/m/b"], ["x/p/a", "x/p/b"]]
    # One image in the first line is enough for a pair.
    (tmp_path / "pairs.csv").write_text("m/a,p/a.PNG\n")
    assert read_list(tmp_path / "pairs.csv", "x") == [["x/m/a"], ["x/p/a.PNG"]]


def test_a_quoted_path_may_have_the_end_of_a_line(tmp_path):
    (tmp_path / "pairs.csv").write_bytes(b'"a\r\nb.png",c.png\r\n')
    assert read_list(tmp_path / "pairs.csv", "") == [["a\r\nb.png"], ["c.png"]]


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\xff", b'a.png,"b\x00.png"\na.png,' + b"b" * 200_000]
)
def test_what_is_no_csv_file_is_named(tmp_path, content):
    (tmp_path / "pairs.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"pairs\.csv is not a CSV file: "):
        read_list(tmp_path / "pairs.csv")


def test_paths_without_root_are_as_they_are():
    assert read_list([("a.png", Path("b") / "c.png")]) == [["a.png"], ["b/c.png"]]


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


@pytest.mark.parametrize(
    "text",
    [
        "a.png;b.png\nc.png;d.png\n",
        "a.png\tb.png\nc.png\td.png\n",
        "a.png, b.png\nc.png , d.png\n",
        "a.png,b.png,\nc.png,d.png,\n",
        ",,\na.png,b.png\nc.png,d.png,,\n",
        "id,ct,mr\n7,a.png,b.png\n8,c.png,d.png\n",
        ";ct;mr\n0;a.png;b.png\n1;c.png;d.png\n",
        "ct,patient,mr\na.png,p1,b.png\nc.png,,d.png\n",
    ],
)
def test_the_csv_files_of_spreadsheets_are_read(tmp_path, text):
    (tmp_path / "pairs.csv").write_text(text)
    assert read_list(tmp_path / "pairs.csv", "x") == [
        ["x/a.png", "x/c.png"],
        ["x/b.png", "x/d.png"],
    ]


def test_paths_of_windows_are_found(tmp_path):
    (tmp_path / "m").mkdir()
    for name in ("m/a.png", "b\\c.png"):
        (tmp_path / name).touch()
    (tmp_path / "pairs.csv").write_text("m\\a.png,b\\c.png\n")
    assert read_list(tmp_path / "pairs.csv") == [
        [str(tmp_path / name)] for name in ("m/a.png", "b\\c.png")
    ]


def test_files_of_any_ending_are_no_titles_if_they_exist(tmp_path):
    for name in "abcd":
        (tmp_path / f"{name}.dcm").touch()
    (tmp_path / "pairs.csv").write_text("1,a.dcm,b.dcm\n2,c.dcm,d.dcm\n")
    assert [len(column) for column in read_list(tmp_path / "pairs.csv")] == [2, 2]


def test_a_column_is_found_by_its_title(tmp_path):
    (tmp_path / "pairs.csv").write_text("patient;ct;mr\np1;a.png;b.png\np1;c.png;d.png\n")
    assert read_column(tmp_path / "pairs.csv", "patient") == ["p1", "p1"]
    assert read_column(tmp_path / "pairs.csv", "doctor") is None
