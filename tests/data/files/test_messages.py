"""Text of error messages."""

import os
from pathlib import Path

import pytest

from keras_pix2pix.data.files.messages import indented_lines, printable_path


@pytest.mark.parametrize(
    "path, text",
    [
        ("some/a.png", "some/a.png"),
        (Path("some/ünïcode 图.png"), "some/ünïcode 图.png"),
        (os.fsdecode(b"caf\xe9.png"), r"caf\xe9.png"),
        (b"caf\xe9.png", r"caf\xe9.png"),
    ],
)
def test_any_path_can_be_printed(path, text):
    assert printable_path(path) == text
    printable_path(path).encode()


def test_lines_are_indented_below_the_message():
    assert indented_lines([]) == ""
    assert indented_lines("ab") == "\n  a\n  b"
    assert indented_lines(f"{n}" for n in range(2)) == "\n  0\n  1"


@pytest.mark.parametrize("count, limit", [(20, 20), (21, 20), (40, 20), (3, 3), (4, 3)])
def test_a_long_list_is_cut(count, limit):
    lines = [f"\n  line {n}" for n in range(min(count, limit))]
    more = [f"\n  ... and {count - limit} more"] if count > limit else []
    given = (f"line {n}" for n in range(count))
    options = {} if limit == 20 else {"limit": limit}
    assert indented_lines(given, **options) == "".join(lines + more)
