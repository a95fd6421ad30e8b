"""What is refused of `prepare` and of `--condition-from` before Keras is imported."""

from argparse import Namespace
from pathlib import Path

from keras_pix2pix_cli.preparing.options import KINDS, OTHERS, settings_of


def refuse_prepare(args: Namespace) -> None:
    """Refuse what `prepare` cannot do, as far as its options tell.

    Args:
        args: `argparse.Namespace` of `prepare`.

    Raises:
        ValueError: saying what to do.
    """
    kind = args.kind.partition(":")[0]
    if kind not in (*KINDS, *OTHERS):
        raise ValueError(
            f"KIND must be one of {', '.join((*KINDS, *OTHERS))}. Received: {args.kind!r}"
        )
    if kind in KINDS:
        settings_of(args.kind)
    wanted = 2 if kind == "combine" else 1
    if len(args.source) != wanted:
        raise ValueError(
            f"{kind} takes {'two folders' if wanted == 2 else 'one folder'}. Received: "
            f"{', '.join(args.source)}"
        )
    if kind == "resize" and (args.layout not in (None, "conditions") or args.size is None):
        raise ValueError("resize needs --size N, and has no --layout.")
    output = Path(args.output).resolve()
    for source in map(Path, args.source):
        if not source.is_dir():
            raise ValueError(f"{source} is not a folder")
        if source.resolve() in (output, *output.parents):
            raise ValueError(
                "OUTPUT must be a folder of its own, not where the pictures are: a later command "
                f"would take what is written for pictures. Received: {args.output}"
            )


def refuse_condition_from(args: Namespace) -> None:
    """Refuse an unknown kind of condition, and options that do not fit beside it.

    Args:
        args: `argparse.Namespace` of any command, with or without `condition_from`.

    Raises:
        ValueError: saying what to do.
    """
    text = getattr(args, "condition_from", None)
    if text is None:
        return
    if text.partition(":")[0] not in KINDS:
        raise ValueError(f"--condition-from must be one of {', '.join(KINDS)}. Received: {text!r}")
    settings_of(text)
    refuse_beside_pictures(args, text)


def refuse_beside_pictures(args: Namespace, condition: str) -> None:
    """Refuse options for the conditions of pairs, if conditions are computed from pictures.

    Args:
        args: `argparse.Namespace` of a command that has pairs.
        condition: str, how the conditions are computed.

    Raises:
        ValueError: saying which options are for pairs.
    """
    if args.data is None or args.condition or args.swap or args.condition_format:
        raise ValueError(
            f"Conditions are computed from pictures, by {condition}: give their folder, and leave "
            "--condition, --swap and --condition-format out."
        )
