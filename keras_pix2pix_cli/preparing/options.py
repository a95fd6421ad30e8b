"""The options of `prepare`, and those for conditions that are computed from pictures."""

from keras_pix2pix_cli.options.shared_options import (
    AddOption,
    add_json,
    add_overwrite,
    image_size,
    whole,
)

SUMMARY = "write pairs, or parts of them, as pictures"
EXAMPLE = (
    "edges photos/ pairs/\n"
    "  keras-pix2pix prepare holes:strokes photos/ pairs/ --layout folders --size 256\n"
    "  keras-pix2pix prepare combine A/ B/ AB/"
)
DETAILS = (
    "KIND is a condition that is computed from each picture, with its settings after a colon, such "
    "as edges:line_width=2 or noise:poisson,amount=5..50; resize; combine, for two folders whose "
    "pictures have the same names; or split, for pictures that are side by side. Files that exist "
    "are kept, so the same command continues after an interruption. The exit code is 1 if a "
    "picture could not be prepared."
)
# The conditions that are computed from pictures, with the names of their settings.
KINDS: dict[str, tuple[str, ...]] = {
    "edges": ("method", "line_width", "smoothing", "thresholds", "shortest"),
    "lightness": (),
    "gray": (),
    "holes": ("shape", "size", "count"),
    "blank": ("size",),
    "smaller": ("factor",),
    "noise": ("kind", "amount"),
    "blur": ("sigma",),
    "jpeg": ("quality",),
}
# What else `prepare` does.
OTHERS = ("resize", "combine", "split")
LAYOUTS = ["side-by-side", "folders", "conditions"]


def settings_of(text: str) -> dict[str, str]:
    """Return the settings that are named with a condition.

    Args:
        text: str, a name of `KINDS`, and perhaps a colon and settings: `holes:strokes`,
            `noise:poisson,amount=5..50`. The first setting needs no name.

    Raises:
        ValueError: for settings that the condition does not have.
    """
    kind, _, settings = text.partition(":")
    names = KINDS[kind]
    given: dict[str, str] = {}
    for number, setting in enumerate(settings.split(",") if settings else []):
        name, equals, value = setting.partition("=")
        if not equals and number == 0 and names:
            name, value = names[0], setting
        if name not in names or not value:
            known = ", ".join(f"{name}=..." for name in names) or "none"
            raise ValueError(f"The settings of {kind} are: {known}. Received: {text!r}")
        given[name] = value
    return given


def add_condition_from(add: AddOption) -> None:
    """Add the option for conditions that are computed from pictures."""
    add(
        "--condition-from",
        metavar="KIND",
        help="the data are pictures alone, and the condition is computed from each of them: "
        f"{', '.join(KINDS)}; settings follow a colon, such as edges:line_width=2",
    )


def add_from_picture(add: AddOption) -> None:
    """Add the option for a model whose conditions were computed from pictures."""
    add(
        "--from-picture",
        action="store_true",
        help="take pictures, and compute the conditions from them as in the training",
    )


def add_prepare(add: AddOption) -> None:
    """Add the options of `prepare`."""
    add("kind", metavar="KIND", help=f"{', '.join(KINDS)}, resize, combine or split")
    add(
        "source",
        metavar="SOURCE",
        nargs="+",
        help="a folder of pictures; for combine, two folders: of conditions and of targets",
    )
    add("output", metavar="OUTPUT", help="folder for the pictures")
    add(
        "--layout",
        choices=LAYOUTS,
        help="condition and target side by side in one picture, in the folders condition/ and "
        "target/, or the conditions alone (default: side-by-side; folders for split)",
    )
    add(
        "--size",
        type=image_size,
        metavar="N",
        help="scale pictures to this height and width in pixels; HEIGHTxWIDTH if they differ "
        "(default: as they are)",
    )
    add(
        "--resize",
        choices=["fit", "crop", "pad"],
        default="fit",
        help="how to scale a picture of another aspect ratio: stretch it (fit), cut out its center "
        "(crop), or add a border (pad)",
    )
    add("--seed", type=whole, default=0, metavar="N", help="seed of what is random in conditions")
    add_overwrite(add, "pictures that exist")
    add_json(add)
