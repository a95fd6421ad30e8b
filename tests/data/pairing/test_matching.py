"""Images of several folders that have the same name."""

import pytest

from keras_pix2pix.data.pairing.matching import match_names, suffix_patterns, suggest_match


def named(*names):
    """The images of a folder, as a dict from name to path."""
    return {name: f"{name}.png" for name in names}


def test_names_pair_or_are_told():
    folders = [{"a": "m/a.png", "b": "m/b.png"}, {"b": "p/b.jpg", "c": "p/c.jpg"}]
    names, unmatched = match_names(folders)
    assert names == ["b"]
    assert unmatched == [
        "m/a.png has no partner of the same name",
        "p/c.jpg has no partner of the same name",
    ]


def test_a_name_must_be_in_all_folders_and_the_first_gives_the_order():
    folders = [named("c", "a", "b"), named("a", "b", "c"), named("b", "c")]
    names, unmatched = match_names(folders)
    assert names == ["c", "b"]
    assert unmatched == ["a.png has no partner of the same name"] * 2


@pytest.mark.parametrize(
    "first, second, patterns",
    [
        (("a_mask", "b_mask"), ("a", "b"), (r"(.+)_mask$", r"(.+)$")),
        (("a", "b"), ("a.gt", "b.gt"), (r"(.+)$", r"(.+)\.gt$")),
        (("1_m", "2_m", "13_m"), ("1_p", "2_p", "13_p"), (r"(.+)_m$", r"(.+)_p$")),
        # The digits that all names end in are a part of their numbers.
        (("m10", "m20"), ("p10x", "p20x"), (r"(.+)$", r"(.+)x$")),
        (("10a7", "20a7"), ("10", "20"), (r"(.+)a7$", r"(.+)$")),
        # All of a name may be the ending of another.
        (("b", "ab"), ("bx", "abx"), (r"(.+)b$", r"(.+)bx$")),
        # The same ending, or one pair: nothing can be concluded.
        (("a_x", "b_x"), ("c_x", "d_x"), None),
        (("a_mask",), ("a",), None),
    ],
)
def test_the_ending_that_the_names_of_a_folder_share(first, second, patterns):
    assert suffix_patterns([named(*first), named(*second)]) == patterns


def test_one_name_in_the_second_folder_is_no_reason_not_to_look():
    assert suffix_patterns([named("a_m", "b_m"), named("a")]) == ("(.+)_m$", "(.+)a$")


def test_a_hint_says_how_names_would_pair():
    hint = suggest_match([named("a1_mask", "a2_mask"), named("a1", "a2")])
    assert hint == (
        "All names in a folder have the same ending: try patterns=('(.+)_mask$', '(.+)$')."
    )
    hint = "Some names differ only in upper and lower case."
    assert suggest_match([named("A", "b"), named("a", "b")]) == hint
    assert suggest_match([named("A", "b"), named("a", "b"), named("c", "d")]) == hint
    hint = "Remove or complete them, or leave them out with on_error='skip'."
    assert suggest_match([named("a", "b"), named("b", "c")]) == hint
    assert suggest_match([named("A", "b", "c"), named("A", "d", "e")]) == hint
