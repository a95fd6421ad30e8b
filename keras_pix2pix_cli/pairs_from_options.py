"""The pairs that the options of a command name."""

import sys
from argparse import Namespace
from typing import Any

from keras_pix2pix.data import PairDataset
from keras_pix2pix.data.sets.detection import Layout, detect_layout
from keras_pix2pix.data.sets.image_sets import SAMPLES
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix_cli.preparing.kinds import condition_of, pictures_layout
from keras_pix2pix_cli.shared_options import IMAGE_SIZE, RESIZE
from keras_pix2pix_cli.training_folder import settings_beside


def detected_layout(args: Namespace, model: Pix2Pix | None = None) -> Layout:
    """Detect how the pairs of `--data` are laid out, and print it.

    Args:
        args: `argparse.Namespace` of the command.
        model: `Pix2Pix`. If its conditions were computed from pictures, so are these. Defaults to
            `None`: `--condition-from` says whether they are.
    """
    layout = _layout(args, model)
    print(layout.text, file=args.messages)
    return layout


def _layout(args: Namespace, model: Pix2Pix | None) -> Layout:
    text = getattr(args, "condition_from", None)
    condition = condition_of(text) if text else model and model.condition
    if condition is None:
        return detect_layout(args.data or SAMPLES, args.condition, args.swap)
    if args.data is None or args.condition or args.swap:
        raise ValueError(
            f"Conditions are computed from pictures, by {condition}: give their folder, and leave "
            "--condition and --swap out."
        )
    return pictures_layout(args.data, condition)


def training_pairs(args: Namespace) -> tuple[PairDataset, PairDataset]:
    """Return the training pairs and the held-out pairs of `train`."""
    pairs, held_out = detected_layout(args).load(
        **_reading_options(args),
        batch_size=args.batch_size,
        augment=not args.no_augment,
        cache=args.cache,
        seed=args.seed,
    )
    return (pairs, held_out) if held_out is not None else _split(pairs, args.held_out)


def evaluation_pairs(args: Namespace, model: Pix2Pix) -> PairDataset:
    """Return the pairs that `evaluate` and `report` compare with what a model generates.

    These are the held-out pairs of the folder. If the folder does not have any, they are the pairs
    that `--held-out` chooses, or all pairs.

    Args:
        args: `argparse.Namespace` of the command.
        model: `Pix2Pix`, whose formats the pairs get.
    """
    pairs, held_out = detected_layout(args, model).load(
        **_reading_options(args), batch_size=args.batch_size, augment=False, formats=model.formats
    )
    if held_out is not None:
        return held_out
    if args.held_out:
        return _split(pairs, args.held_out)[1]
    print(
        "These are all pairs of the folder, and the model may have been trained on some of them. "
        "To leave those out, give --held-out the same SHARE as for train.",
        file=sys.stderr,
    )
    return pairs


def example_pairs(args: Namespace, model: Pix2Pix) -> PairDataset | None:
    """Return the pairs whose conditions a drawing page offers, or `None` without `--data`."""
    if args.data is None:
        return None
    layout = _layout(args, model)
    pairs, held_out = layout.load(**_reading_options(args), augment=False, formats=model.formats)
    return held_out if held_out is not None else pairs


def _reading_options(args: Namespace) -> dict[str, Any]:
    """Return how images are scaled: as the options say, or as in the training of the model."""
    size, resize = args.image_size, args.resize
    if size is None or resize is None:
        trained = settings_beside(args.model)
        size = size or trained.get("image_size", IMAGE_SIZE)
        resize = resize or trained.get("resize", RESIZE)
    return {"image_size": size, "resize": resize, "on_error": args.on_error}


def _split(pairs: PairDataset, share: float) -> tuple[PairDataset, PairDataset]:
    try:
        return pairs.split(share)
    except ValueError as error:
        raise ValueError(
            f"--held-out {share} of {len(pairs.numbers)} pairs leaves no pair for training or none "
            "for validation. The names of the pairs decide. Use another share, or put the pairs "
            "into the folders train/ and val/."
        ) from error
