"""What the values of images mean, as the command line says it: `labels:7,ignore=255`.

Importing this file does not import Keras, so a format that is wrong is refused at once.
"""

import argparse
import functools
import re
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Any

from keras_pix2pix_cli.options.palette_file import read_palette

KNOWN = """Known are
  labels:7             class ids from 0 to 6; with ignore=255 for pixels without a class
  labels:palette       classes in colors or grey values, which are looked up in all images
  labels:palette=FILE  the same, from an indexed PNG or GIF, or from a text file with red, green,
                       blue and a name in each line
  boundaries           the boundaries between instances (conditions only)
  range:-1024..3071    values from -1024 to 3071; with nodata=-9999 for pixels without data
  percentile:1,99      the same, from two percentiles of each file
  channels:13          pictures of 13 channels
Example: range:0..1,channels:1,nodata=-9999"""
NUMBER = r"-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
# What may be said of an image, and how its value is written.
PARTS: dict[str, str] = {
    "labels": r"palette(?:[:=].+)?|\d+",
    "ignore": r"\d+(?:,\d+,\d+)?",
    "boundaries": "",
    "range": rf"{NUMBER}\.\.{NUMBER}",
    "percentile": rf"{NUMBER},{NUMBER}",
    "channels": r"[1-9]\d*",
    "nodata": rf"{NUMBER}|nan",
}
# What may stand beside each other.
TOGETHER = ({"labels", "ignore"}, {"boundaries"}, {"range", "percentile", "channels", "nodata"})
# The formats that messages of the library advise, and what says the same on the command line.
ADVICE = (
    (r"formats=\(\.\.\., Picture\((\d+)\)\)", r"channels:\1"),
    (r"formats(?=\.)", ""),
    (r"Labels\((\d+)\)", r"labels:\1"),
    (r"Labels\((\d+), ignore=(\d+)\)", r"labels:\1,ignore=\2"),
    (r"Labels\(palette=(?:[^()]|\([^()]*\))*\)", "labels:palette"),
    (r"Picture\((\d+)\)", r"channels:\1"),
    (r"Picture\(value_range=\(low, high\)\)", "range:LOW..HIGH"),
    (r"Picture\(value_range=\(([^(),]+), ([^(),]+)\)\)", r"range:\1..\2"),
)
# What they advise that no option says.
WITHOUT_OPTION = r", ignore alpha with Picture\(\d, alpha='drop'\)"
SIDES = ("condition", "target")


def add_formats(add: Callable[..., Any], trained: bool = False) -> None:
    """Add the options that say what the values of images mean.

    Args:
        add: the method `add_argument` of the parser of a command.
        trained: bool, whether the command has a trained model, which knows it. Defaults to `False`.
    """
    default = "as in the model" if trained else "as the images show, or else pictures in colors"
    add(
        "--condition-format",
        type=format_text,
        action="append",
        metavar="FORMAT",
        help="what the values of conditions mean: labels:7, labels:palette or "
        "labels:palette=FILE, perhaps with ignore=255; range:LOW..HIGH or percentile:1,99, perhaps "
        "with nodata=-9999; channels:13; boundaries; with commas between them. Give it again for "
        "each image of a condition "
        f"(default: {default})",
    )
    add(
        "--target-format",
        type=_target_text,
        metavar="FORMAT",
        help=f"the same for targets (default: {default})",
    )


def format_text(text: str) -> str:
    """Return the text of a format as it is, if it says one.

    Raises:
        argparse.ArgumentTypeError: saying what is known.
    """
    _parts(text)
    return text


def _target_text(text: str) -> str:
    if "boundaries" in _parts(text):
        raise argparse.ArgumentTypeError(f"must not be boundaries, which are conditions. {KNOWN}")
    return text


def _parts(text: str) -> dict[str, str]:
    """Return what a text says of an image: a dict from a name of `PARTS` to its value."""
    found: dict[str, str] = {}
    # A number after a comma belongs to what is before it.
    for part in re.split(r",(?=\s*[^\d\s.-])", text):
        name, _, value = part.strip().replace("=", ":", 1).partition(":")
        if name not in PARTS:
            raise argparse.ArgumentTypeError(f"must not have {name!r}, as {text!r} has. {KNOWN}")
        if name in found or not re.fullmatch(PARTS[name], value):
            raise argparse.ArgumentTypeError(f"must not have {part.strip()!r}. {KNOWN}")
        found[name] = value
    problem = _problem(found)
    if problem:
        raise argparse.ArgumentTypeError(f"{problem}. Received: {text!r}. {KNOWN}")
    file = _palette_file(found.get("labels", ""))
    if file:
        try:
            read_palette(file)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
    return found


def _problem(found: Mapping[str, str]) -> str | None:
    """Return what does not fit together, or cannot be."""
    names = set(found)
    if not any(names <= together for together in TOGETHER) or {"range", "percentile"} <= names:
        return f"must not have {' and '.join(found)} together"
    if names == {"ignore"}:
        return "must have labels beside ignore"
    if "nodata" in names and not names & {"range", "percentile"}:
        return "must have the range of all other values beside nodata"
    if found.get("labels") in ("0", "1"):
        return "must have at least 2 labels"
    for name, separator, least, most in (("range", "..", -inf, inf), ("percentile", ",", 0, 100)):
        if name in names:
            low, high = map(float, found[name].split(separator))
            if not least <= low < high <= most:
                return f"must have a {name} whose first number is below the second"
    return None


def _palette_file(labels: str) -> str:
    """Return the file that is named as in `labels:palette=FILE`, or an empty string."""
    return re.split("[:=]", labels, maxsplit=1)[1] if re.match("palette[:=]", labels) else ""


def formats_for(args: Namespace, layout: Any, trained: Any = None) -> dict[str, Any]:
    """Return what the values of images mean, as the argument `formats` of `PairDataset`.

    The options say it. Without them it is as in the model; without a model, as the images show, if
    they leave no doubt: this is printed, and becomes the value of the options.

    Args:
        args: `argparse.Namespace` of the command.
        layout: `Layout` of the pairs.
        trained: formats of a model. Defaults to `None`: there is no model.

    Raises:
        ValueError: for formats that do not fit the pairs.
    """
    given = [*(args.condition_format or []), args.target_format]
    if trained and not any(given):
        return {"formats": trained}
    if layout.images is None:
        if any(given):
            raise ValueError(
                "What the images of this set mean is known. Leave out --condition-format and "
                "--target-format, or name the pairs in a CSV file."
            )
        return {}
    from keras_pix2pix.data import Picture

    *conditions, targets = layout.images()
    texts = [*_for_each(args.condition_format, len(conditions)), args.target_format]
    formats: list[Any] = [None] * len(texts)
    if trained:
        # Conditions that are computed from the targets have no format of their own.
        formats = [*(trained[0] if conditions else ()), trained[1]]
    for number, (text, images) in enumerate(zip(texts, [*conditions, targets])):
        if text:
            formats[number] = to_format(text, images)
        elif not trained:
            formats[number] = _detected(images, SIDES[images is targets], args) or Picture(3)
    if not trained:
        texts = [text or as_text(format) for text, format in zip(texts, formats)]
        args.condition_format, args.target_format = texts[:-1] or None, texts[-1]
    return {"formats": (tuple(formats[:-1]), formats[-1])}


def _for_each(texts: list[str] | None, count: int) -> Sequence[str | None]:
    """Return the texts for the images of a condition, each of which has one or none."""
    if texts is None:
        return [None] * count
    if len(texts) == 1:
        return texts * count
    if len(texts) != count:
        raise ValueError(
            f"--condition-format must be given once, or once for each of the {count} images of a "
            f"condition. Received: {' '.join(texts)}"
        )
    return texts


def _detected(images: Sequence[Any], side: str, args: Namespace) -> Any:
    from keras_pix2pix.data.sets.format_detection import detect_format, may_be_classes

    format = detect_format(images, side == "target")
    if format:
        print(f"{side}s are read as --{side}-format {as_text(format)}", file=args.messages)
    elif may_be_classes(images):
        print(
            f"{side}s are read as pictures, and have few colors: if each color is a class, add "
            f"--{side}-format labels:palette",
            file=args.messages,
        )
    return format


def to_format(text: str, images: Sequence[Any]) -> Any:
    """Return the format that a text says.

    Args:
        text: str, what `format_text` has returned.
        images: sequence of the paths of the images, or of `HalfOfImage`.

    Raises:
        ValueError: if there is no palette, and for another kind of color to ignore.
    """
    from keras_pix2pix.data import InstanceBoundaries, Labels, Picture, find_palette

    parts = _parts(text)
    if "boundaries" in parts:
        return InstanceBoundaries()
    if "labels" in parts:
        ignore = tuple(map(int, parts["ignore"].split(","))) if "ignore" in parts else None
        color = ignore[0] if ignore and len(ignore) == 1 else ignore
        if parts["labels"].isdecimal():
            return Labels(int(parts["labels"]), ignore=color)
        file = _palette_file(parts["labels"])
        # In an order that does not change when images are added.
        palette = read_palette(file) if file else sorted(find_palette(images))
        if ignore and len(ignore) != len(palette[0]):
            raise ValueError(
                f"ignore must be one of the colors of the label maps, such as {palette[0]}. "
                f"Received: {text}"
            )
        return Labels(palette=[found for found in palette if found != ignore], ignore=color)
    limits: Any = None
    if "range" in parts:
        limits = tuple(map(float, parts["range"].split("..")))
    elif "percentile" in parts:
        limits = tuple(f"{value}%" for value in parts["percentile"].split(","))
    return Picture(
        int(parts["channels"]) if "channels" in parts else None,
        value_range=limits,
        nodata=float(parts["nodata"]) if "nodata" in parts else None,
    )


def as_text(format: Any) -> str:
    """Return the text that says a format."""
    from keras_pix2pix.data import InstanceBoundaries, Labels

    if isinstance(format, InstanceBoundaries):
        return "boundaries"
    if isinstance(format, Labels):
        parts = [f"labels:{'palette' if format.palette else format.classes}"]
        if format.ignore is not None:
            colors = format.ignore if isinstance(format.ignore, tuple) else [format.ignore]
            parts.append(f"ignore={','.join(map(str, colors))}")
        return ",".join(parts)
    parts = [f"channels:{format.channels}"] if format.channels else []
    if format.own_range:
        parts.append("percentile:{},{}".format(*(end.rstrip("%") for end in format.value_range)))
    elif format.limits:
        parts.append("range:{:g}..{:g}".format(*format.limits))
    if format.nodata is not None:
        parts.append(f"nodata={format.nodata:g}")
    return ",".join(parts)


def with_options(message: str) -> str:
    """Replace what a message advises for Python by what says the same on the command line."""
    return "\n".join(map(_with_options, message.split("\n")))


def _with_options(line: str) -> str:
    line = re.sub(WITHOUT_OPTION, "", line)
    for pattern, text in ADVICE:
        line = re.sub(pattern, functools.partial(_option, text), line)
    return line


def _option(text: str, found: re.Match[str]) -> str:
    # The side that was named last, if one was.
    sides = re.findall("condition|target", found.string[: found.start()])[-1:] or SIDES
    names = " or ".join(f"--{side}-format" for side in sides)
    return f"{names} {found.expand(text)}".strip()
