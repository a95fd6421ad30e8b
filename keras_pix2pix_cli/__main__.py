"""The program `keras-pix2pix`."""

import argparse
import os
import re
import sys
import warnings
from collections.abc import Sequence

from keras_pix2pix_cli.options import formats
from keras_pix2pix_cli.options.arguments import parser
from keras_pix2pix_cli.options.refusals import refuse
from keras_pix2pix_cli.quiet import quiet
from keras_pix2pix_cli.waiting import waiting

# An argument of the library with its value, as messages of the library name it.
ARGUMENT = re.compile(r"\b([a-z][a-z_]*)=(?:(True)\b|'(\w+)'|(-?[0-9.]*[0-9]))")

# What messages of the library say about images of another scale than those of the training.
SCALE = re.compile(r"Scale it to about (\d+) x (\d+) first")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: list of str. Defaults to `None`, the arguments of the program.

    Returns:
        The exit code: 0 for success; 1 for an error in the data or the files; 128 plus the number
        of the signal, if a signal stopped the command. Wrong usage raises `SystemExit(2)`.
    """
    args = parser().parse_args(argv)
    # The shell leaves the ~ of --output=~/folder as it is.
    for name, value in vars(args).items():
        if isinstance(value, str):
            setattr(args, name, os.path.expanduser(value))
    options = set(vars(args))
    if args.command == "export" and "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"

    def show(message: object, *_: object, **__: object) -> None:
        text = _with_options(str(message), options)
        if "condition_format" in options:
            text = formats.with_options(text)
        text = SCALE.sub(r"\g<0> (keras-pix2pix prepare resize FOLDER NEW --size \1x\2)", text)
        # In the place of a bar that is under way.
        start = "\r\x1b[K" if sys.stderr.isatty() else ""
        print(f"{start}keras-pix2pix {args.command}: {text}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        try:
            refuse(args)
            with quiet():
                return _run(args)
        except (ValueError, OSError, ImportError) as error:
            show(error)
            return 1
        except KeyboardInterrupt:
            return 130


def _run(args: argparse.Namespace) -> int:
    # The result has stdout for itself if it is JSON.
    args.messages = sys.stderr if args.json else sys.stdout
    with waiting("starting Keras"):
        # First, since it says what to install where Keras has no backend.
        import keras_pix2pix.installed_backend  # noqa: F401
        from keras_pix2pix_cli import commands
    return getattr(commands, args.command)(args)


def _with_options(message: str, options: set[str]) -> str:
    """Replace arguments of the library in a message by the options of the command."""

    def as_option(found: re.Match[str]) -> str:
        name, flag, text, number = found.groups()
        if name not in options:
            return found[0]
        option = f"--{name.replace('_', '-')}"
        return option if flag else f"{option} {text or number}"

    return ARGUMENT.sub(as_option, message)


if __name__ == "__main__":
    sys.exit(main())
