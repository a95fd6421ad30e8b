"""Conditions that are computed from pictures, by name: `edges:line_width=2`."""

import re
from typing import Any

from keras_pix2pix.data import (
    BlankRectangle,
    Blur,
    EdgeDrawing,
    Gray,
    Holes,
    JPEGArtifacts,
    Lightness,
    Noise,
    OwnCondition,
    PairDataset,
    PictureCondition,
    Smaller,
)
from keras_pix2pix.data.pairing.folders import find_images
from keras_pix2pix.data.sets.detection import Layout, split_by_folder
from keras_pix2pix.types import PathLike
from keras_pix2pix_cli.preparing.options import settings_of

KINDS: dict[str, type[PictureCondition]] = {
    "edges": EdgeDrawing,
    "lightness": Lightness,
    "gray": Gray,
    "holes": Holes,
    "blank": BlankRectangle,
    "smaller": Smaller,
    "noise": Noise,
    "blur": Blur,
    "jpeg": JPEGArtifacts,
}


def condition_of(text: str) -> PictureCondition:
    """Return the condition that a text names.

    Args:
        text: str, as for `settings_of`. Two dots are between the ends of a range.

    Raises:
        ValueError: for an unknown name, and for settings that it does not have.
    """
    kind = text.partition(":")[0]
    if kind not in KINDS:
        raise ValueError(f"A condition must be one of {', '.join(KINDS)}. Received: {text!r}")
    return KINDS[kind](**{name: _value(value) for name, value in settings_of(text).items()})


def _value(text: str) -> Any:
    """Return the number, the range or the word that a text stands for."""
    if ".." in text:
        low, _, high = text.partition("..")
        return _value(low), _value(high)
    if re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text


def text_of(condition: PictureCondition) -> str:
    """Return the text that names a condition, with the settings that are not the defaults."""
    given = condition.get_config()
    if isinstance(condition, OwnCondition):
        return f"the function {given['function']}"
    kind = next((kind for kind, known in KINDS.items() if known is type(condition)), None)
    if kind is None:
        return str(condition)
    defaults = KINDS[kind]().get_config()
    changed = [f"{n}={_text(value)}" for n, value in given.items() if value != defaults[n]]
    return f"{kind}:{','.join(changed)}" if changed else kind


def _text(value: Any) -> str:
    """Return what `_value` reads as a value."""
    return "..".join(map(str, value)) if isinstance(value, tuple) else str(value)


def pictures_layout(folder: PathLike, condition: PictureCondition) -> Layout:
    """Return the layout of a folder of pictures from which conditions are computed.

    Args:
        folder: path of the folder. Its folders `train` and `val` divide the pictures, if it has
            them.
        condition: `PictureCondition`.
    """

    def load(**options: Any) -> tuple[PairDataset, PairDataset | None]:
        formats = options.pop("formats", None)
        if formats is not None:
            options["format"] = condition.picture_format(formats[1])
        return split_by_folder(PairDataset.from_pictures(folder, condition, **options))

    return Layout(
        f"pictures, and conditions that are computed from them: {text_of(condition)}",
        load,
        lambda: [[*find_images(folder).values()]],
    )
