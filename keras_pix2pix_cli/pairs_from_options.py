"""The pairs that the options of a command name."""

import sys
from argparse import Namespace
from typing import Any

from keras_pix2pix.data import PairDataset
from keras_pix2pix.data.sets.detection import Layout, detect_layout
from keras_pix2pix.data.sets.image_sets import SAMPLES
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix_cli.formats_from_options import formats_for
from keras_pix2pix_cli.shared_options import IMAGE_SIZE, RESIZE
from keras_pix2pix_cli.training_folder import settings_beside


def detected_layout(args: Namespace) -> Layout:
    """Detect how the pairs of `--data` are laid out, and print it."""
    layout = detect_layout(args.data or SAMPLES, args.condition, args.swap)
    print(layout.text, file=args.messages)
    return layout


def training_pairs(args: Namespace) -> tuple[PairDataset, PairDataset]:
    """Return the training pairs and the held-out pairs of `train`."""
    layout = detected_layout(args)
    pairs, held_out = layout.load(
        **_reading_options(args),
        **formats_for(args, layout),
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
    layout = detected_layout(args)
    pairs, held_out = layout.load(
        **_reading_options(args),
        **formats_for(args, layout, model.formats),
        batch_size=args.batch_size,
        augment=False,
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
    layout = detect_layout(args.data, args.condition, args.swap)
    formats = formats_for(args, layout, model.formats)
    pairs, held_out = layout.load(**_reading_options(args), **formats, augment=False)
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
