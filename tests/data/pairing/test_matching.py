"""Images of several folders that have the same name."""

from keras_pix2pix.data.pairing.matching import match_names, suggest_match


def test_names_pair_or_are_told():
    sides = [{"a": "m/a.png", "b": "m/b.png"}, {"b": "p/b.jpg", "c": "p/c.jpg"}]
    names, alone = match_names(sides)
    assert names == ["b"]
    assert alone == [f"{path} has no partner of the same name" for path in ("m/a.png", "p/c.jpg")]


def test_a_hint_says_how_names_would_pair():
    one = {name: "" for name in ("a1", "a2", "b1")}
    masks = {f"{name}_mask": "" for name in one}
    hint = suggest_match([masks, one])
    assert "('(.+)_mask$', '(.+)$')" in hint
    assert "upper and lower case" in suggest_match([{"A": "", "b": ""}, {"a": "", "b": ""}])
    assert "on_error='skip'" in suggest_match([{"a": "", "b": ""}, {"b": "", "c": ""}])
