"""Text of error messages."""

from keras_pix2pix.data.files.messages import indented_lines


def test_a_long_list_is_cut():
    assert indented_lines([]) == ""
    assert indented_lines("ab") == "\n  a\n  b"
    assert indented_lines(map(str, range(25)), 3).endswith("2\n  ... and 22 more")
