"""The pairs that the options of a command name."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from keras_pix2pix.data import PairDataset
from keras_pix2pix.data.sets.detection import Layout, detect_layout
from keras_pix2pix.data.sets.image_sets import SAMPLES
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix_cli.options.formats import formats_for
from keras_pix2pix_cli.options.shared_options import IMAGE_SIZE, RESIZE
from keras_pix2pix_cli.preparing.kinds import condition_of, pictures_layout, text_of
from keras_pix2pix_cli.preparing.refusals import refuse_beside_pictures
from keras_pix2pix_cli.training import settings


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
    refuse_beside_pictures(args, text_of(condition))
    return pictures_layout(args.data, condition)


def training_pairs(args: Namespace) -> tuple[PairDataset, PairDataset]:
    """Return the training pairs and the held-out pairs of `train`, and print how many they are."""
    layout = detected_layout(args)
    pairs, held_out = layout.load(
        **_reading_options(args),
        **formats_for(args, layout),
        batch_size=args.batch_size,
        augment=not args.no_augment,
        cache=args.cache,
        seed=args.seed,
    )
    chosen = "as the folder says"
    if held_out is None:
        pairs, held_out = _split(pairs, args.held_out)
        chosen = f"--held-out {args.held_out}"
    height, width = pairs.image_size or args.image_size
    print(
        f"{len(pairs.numbers)} pairs to train on, {len(held_out.numbers)} held out ({chosen}), "
        f"of {height} x {width} pixels (height x width), in batches of {pairs.batch_size}",
        file=args.messages,
    )
    return pairs, held_out


def evaluation_pairs(args: Namespace, model: Pix2Pix) -> tuple[PairDataset, dict[str, Any]]:
    """Return the pairs that `evaluate` and `report` compare with what a model generates.

    These are the held-out pairs of the folder. If the folder does not have any, they are the pairs
    that `--held-out` chooses, or all pairs. The settings beside the model say what is not said.

    Args:
        args: `argparse.Namespace` of the command.
        model: `Pix2Pix`, whose formats the pairs get.

    Returns:
        A tuple of the pairs, and a dict of `pairs` (how many), `data` (the folder), `part` (which
        of the pairs of the folder), and `seen_in_training` (bool, or `None` if it is not known).
    """
    trained = settings.beside(args.model)
    named = args.data
    own = _is_of_training(named, trained)
    if own:
        for name in ("data", "condition", "swap"):
            setattr(args, name, getattr(args, name) or trained.get(name))
        if trained.get("on_error") == "skip":
            args.on_error = "skip"
    layout = detected_layout(args, model)
    pairs, held_out = _load(args, layout, model, batch_size=args.batch_size)
    share = args.held_out or (trained.get("held_out") if own else None)
    part = "held out by the folder"
    seen: bool | None = False
    if held_out is None and share:
        held_out = _split(pairs, share)[1]
        part = f"--held-out {share}"
        # A larger share takes in what a smaller one leaves to the training.
        seen = share > trained["held_out"] if own and "held_out" in trained else None
    elif held_out is None:
        held_out, part = pairs, "all"
        seen = False if trained else None
    facts = {
        "pairs": len(held_out.numbers),
        "data": str(Path(args.data).resolve()),
        "part": part,
        "seen_in_training": seen,
    }
    _announce(facts, own and (named is None or not args.held_out), args)
    return held_out, facts


def _is_of_training(data: str | None, trained: dict[str, Any]) -> bool:
    """Return whether a folder is that of the training, which it is also if none is named."""
    folder = trained.get("data")
    return folder is not None and (data is None or str(Path(data).resolve()) == folder)


def _announce(facts: dict[str, Any], of_settings: bool, args: Namespace) -> None:
    """Print in one line which pairs are judged, and warn of pairs of the training."""
    why = ", as settings.json beside the model says" if of_settings else ""
    print(f"{facts['pairs']} pairs of {facts['data']} ({facts['part']}){why}", file=args.messages)
    if facts["seen_in_training"]:
        print(
            "The training held out fewer pairs, so the model was trained on some of these. Leave "
            "--held-out away.",
            file=sys.stderr,
        )
    elif facts["part"] == "all" and facts["seen_in_training"] is None:
        print(
            "These are all pairs of the folder, and the model may have been trained on some of "
            "them. To leave those out, give --held-out the same SHARE as for train.",
            file=sys.stderr,
        )


def known_pairs(args: Namespace, model: Pix2Pix) -> PairDataset | None:
    """Return the pairs that a model was trained on, or `None` if it is not known which these are.

    Args:
        args: `argparse.Namespace` of `report`, of which `evaluation_pairs` has chosen the data.
        model: `Pix2Pix`, whose formats the pairs get.
    """
    pairs, held_out = _load(args, _layout(args, model), model)
    share = args.held_out or settings.beside(args.model).get("held_out")
    if held_out is None:
        return _split(pairs, share)[0] if share else None
    return pairs


def example_pairs(args: Namespace, model: Pix2Pix) -> PairDataset | None:
    """Return the pairs whose conditions a drawing page offers, or `None` without `--data`."""
    if args.data is None:
        return None
    pairs, held_out = _load(args, _layout(args, model), model)
    return held_out if held_out is not None else pairs


def _load(
    args: Namespace, layout: Layout, model: Pix2Pix, **options: Any
) -> tuple[PairDataset, PairDataset | None]:
    """Return the pairs of a layout, and those that its folder holds out, as a model takes them."""
    formats = formats_for(args, layout, model.formats)
    return layout.load(**_reading_options(args), **formats, augment=False, **options)


def _reading_options(args: Namespace) -> dict[str, Any]:
    """Return how images are scaled: as the options say, or as in the training of the model."""
    size, resize = args.image_size, args.resize
    if size is None or resize is None:
        trained = settings.beside(args.model)
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
