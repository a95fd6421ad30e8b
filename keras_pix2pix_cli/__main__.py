"""The program `keras-pix2pix`."""

import os
import sys
import warnings

from keras_pix2pix_cli.arguments import parser


def main(argv=None):
    """Run a command.

    Args:
        argv: list of str. Defaults to `None`, what the program was started with.

    Returns:
        The exit code: 0, 1 if something in the data or the files is wrong, 128 and the signal's
        number if one ended it. Wrong usage exits with 2.
    """
    args = parser().parse_args(argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if args.command == "export" and "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"

    def complain(message, *_, **__):
        # The library speaks of arguments, the command of options.
        message = str(message).replace("on_error='skip'", "--on-error skip")
        message = message.replace("overwrite=True", "--overwrite")
        print(f"keras-pix2pix {args.command}: {message}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = complain
        try:
            from keras_pix2pix_cli import commands

            return getattr(commands, args.command)(args) or 0
        except (ValueError, OSError, ImportError) as error:
            complain(error)
            return 1
        except KeyboardInterrupt:
            return 130


if __name__ == "__main__":
    sys.exit(main())
