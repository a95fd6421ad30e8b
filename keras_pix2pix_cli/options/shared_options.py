"""The options that several commands have, and the types of their values."""

import argparse
import re
from collections.abc import Callable

from keras_pix2pix_cli.options.formats import add_formats

# The method `add_argument` of the parser of a command.
AddOption = Callable[..., argparse.Action]

# How images are scaled, if nothing else is known.
IMAGE_SIZE = 256
RESIZE = "fit"
PAIRS = "folder with the pairs, in a layout that is detected, or a CSV file"


def add_pairs(add: AddOption, description: str) -> None:
    """Add the arguments that name the pairs: a folder by itself, or after `--data`."""
    # The parser takes it for the value of --data.
    add("folder", nargs="?", metavar="FOLDER", help="the same as --data FOLDER")
    add("--data", metavar="FOLDER", help=description)
    add_direction(add)


def add_direction(add: AddOption) -> None:
    """Add the options that tell the condition from the target."""
    add(
        "--condition",
        metavar="NAME",
        help="sub-folder with the conditions; or the half of each image that is the condition: "
        "left, right, top or bottom (default: the names and the colors of the images decide)",
    )
    add("--swap", action="store_true", help="exchange condition and target")


def add_scaling(add: AddOption, trained: bool = False) -> None:
    """Add the options for the size of the images.

    Args:
        add: adds an option.
        trained: bool, whether the command has a trained model, whose training gives the default
            values. Defaults to `False`.
    """
    origin = " (default: the value in settings.json beside the model; without that file, {})"
    add(
        "--image-size",
        type=image_size,
        default=None if trained else IMAGE_SIZE,
        metavar="N",
        help="scale images to this height and width in pixels; HEIGHTxWIDTH if they differ"
        + origin.format(IMAGE_SIZE) * trained,
    )
    add(
        "--resize",
        choices=["fit", "crop", "pad"],
        default=None if trained else RESIZE,
        help="how to scale an image of another aspect ratio: stretch it (fit), cut out its center "
        "(crop), or add a border (pad)" + origin.format(RESIZE) * trained,
    )


def add_on_error(add: AddOption) -> None:
    """Add the option for pairs that cannot be read."""
    add(
        "--on-error",
        choices=["raise", "skip"],
        default="raise",
        help="if a pair cannot be read: stop with an error (raise), or leave the pair out (skip)",
    )


def add_drawing_page(add: AddOption) -> None:
    """Add the options of a page to draw on: its heading, names of classes, and examples."""
    add("--title", metavar="TEXT", help="heading of the page (default: Draw with the model)")
    add(
        "--labels",
        type=names,
        metavar="NAMES",
        help="names of the classes of a label map, separated by commas, in the order of the "
        "classes; the page shows them beside their colors",
    )
    add_pairs(add, "folder or CSV file with pairs; their conditions are offered as examples")
    add_scaling(add, trained=True)
    add_formats(add, trained=True)
    add_on_error(add)


def add_evaluation(add: AddOption) -> None:
    """Add the options for evaluating a model on pairs."""
    add_pairs(
        add,
        f"{PAIRS} (default: the pairs of the training, which settings.json beside the model names)",
    )
    add_scaling(add, trained=True)
    add_formats(add, trained=True)
    add_on_error(add)
    add("--batch-size", type=count, default=1, metavar="N", help="pairs in a batch")
    add(
        "--held-out",
        type=share,
        metavar="SHARE",
        help="evaluate only the pairs that train --held-out SHARE did not train on (default: the "
        "share in settings.json beside the model, if it was trained on this folder)",
    )
    add(
        "--samples",
        type=whole,
        default=0,
        metavar="N",
        help="generate N pictures of each condition with dropout noise, and average their values; "
        "0 generates one without noise",
    )
    add("--seed", type=whole, default=0, metavar="N", help="seed of the noise")
    add(
        "--features",
        action="store_true",
        help="also compute distances between features",
    )


def add_overwrite(add: AddOption, files: str = "files that exist") -> None:
    """Add the option that lets a command replace files."""
    add("--overwrite", action="store_true", help=f"replace {files}")


def add_json(add: AddOption) -> None:
    """Add the option that prints the result for programs."""
    add(
        "--json",
        action="store_true",
        help="print the result as one line of JSON on stdout, and all messages on stderr",
    )


def names(text: str) -> list[str]:
    """Read names that are separated by commas."""
    return [name.strip() for name in text.split(",")]


def add_part(add: AddOption) -> None:
    """Add the option for the part of the images that one of several machines translates."""
    add(
        "--part",
        type=part,
        default=(0, 1),
        metavar="N/PARTS",
        help="generate the pictures of one part of the images, such as 3/16, so that several "
        "machines share the work",
    )


def part(text: str) -> tuple[int, int]:
    """Read a part as people count, such as `3/16`, into `(2, 16)`."""
    number, slash, parts = text.partition("/")
    if not (slash and number.isdecimal() and parts.isdecimal() and 1 <= int(number) <= int(parts)):
        raise argparse.ArgumentTypeError(
            f"must be a number and how many parts there are, from 1/16 to 16/16. Received: {text}"
        )
    return int(number) - 1, int(parts)


def whole(text: str) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, not {text!r}") from None


def real(text: str) -> float:
    """Read a number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, not {text!r}") from None


def count(text: str) -> int:
    """Read a number of things, of which there is at least one."""
    number = whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text}")
    return number


def share(text: str) -> float:
    """Read a part of a whole, between 0 and 1."""
    number = real(text)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"must be between 0 and 1, not {text}")
    return number


def rate(text: str) -> float:
    """Read a learning rate, above 0."""
    number = real(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be above 0, not {text}")
    return number


def weight(text: str) -> float:
    """Read a weight, of at least 0."""
    number = real(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"must be at least 0, not {text}")
    return number


def image_size(text: str) -> int | list[int]:
    """Read a height and a width in pixels, or one number for both."""
    if not re.fullmatch(r"\d+(x\d+)?", text):
        raise argparse.ArgumentTypeError(f"must be N or HEIGHTxWIDTH, not {text}")
    sides = [count(side) for side in text.split("x")]
    # A list, as JSON returns it: a resumed training is compared with its settings.json.
    return sides if len(sides) == 2 else sides[0]
