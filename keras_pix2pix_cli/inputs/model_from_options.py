"""The model, the losses and the metrics that the options of a command name."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from keras_pix2pix import metrics, recipes
from keras_pix2pix.data import Labels, PairDataset
from keras_pix2pix.data.files.formats import Format
from keras_pix2pix.keras_private import schedule_of
from keras_pix2pix.networks import Generator, PatchDiscriminator, ResNetGenerator, UNetGenerator
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.training.optimizer import paper_adam
from keras_pix2pix.training.schedules import ConstantThenLinear
from keras_pix2pix_cli.inputs.started_from import started_from
from keras_pix2pix_cli.options.training_options import MEASURES


def recipe_for(args: Namespace, pairs: PairDataset) -> str:
    """Return the recipe that is asked for, or the one that fits the options and the pairs.

    Args:
        args: `argparse.Namespace` of `train`.
        pairs: `PairDataset` of the training pairs.
    """
    if args.recipe is None:
        pictures = not isinstance(pairs.formats[1], Labels)
        return "paper" if args.paper_options else "sharp" if pictures else "labels"
    return args.recipe


def new_model(args: Namespace, pairs: PairDataset, val: PairDataset) -> Pix2Pix:
    """Return a new model for pairs, compiled with the losses and optimizers of a recipe.

    Args:
        args: `argparse.Namespace` of `train`, whose `recipe` is what `recipe_for` has returned.
        pairs: `PairDataset` of the training pairs.
        val: `PairDataset` of the held-out pairs, which decide the metrics.

    Returns:
        A compiled `Pix2Pix`.
    """
    if args.recipe == "paper":
        model = _papers_networks(args, pairs)
        _compile(model, args, args.epochs * (args.steps_per_epoch or len(pairs)), val)
    else:
        recipe = getattr(recipes, args.recipe)
        model = recipe(pairs, args.epochs, args.steps_per_epoch, metrics_for(val))
    start = getattr(args, "from")
    if start is not None:
        model = started_from(Path(start), model, args)
    if args.schedule == "constant":
        _keep_rates(model)
    _announce_padding(model.generator, pairs, args.recipe)
    return model


def _keep_rates(model: Pix2Pix) -> None:
    """Give both optimizers the rate at which their schedules begin, for all steps."""
    for optimizer in model.optimizer.optimizers:
        schedule = schedule_of(optimizer)
        if isinstance(schedule, ConstantThenLinear):
            optimizer.learning_rate = ConstantThenLinear(
                schedule.initial_learning_rate, schedule.total_steps, constant_fraction=1.0
            )


def _papers_networks(args: Namespace, pairs: PairDataset) -> Pix2Pix:
    conditions, target = pairs.formats
    condition_shape = None, None, sum(map(_channels, conditions))
    target_shape = None, None, _channels(target)
    discriminator = PatchDiscriminator(
        condition_shape,
        target_shape,
        receptive_field=args.receptive_field,
        filters=args.filters,
        normalization=args.normalization,
    )
    return Pix2Pix(_new_generator(args, condition_shape, _channels(target)), discriminator)


def _channels(format: Format) -> int:
    # The dataset has read them from its first pair.
    assert format.channels is not None
    return format.channels


def _new_generator(
    args: Namespace, condition_shape: tuple[int | None, int | None, int], channels: int
) -> Generator:
    options = {"filters": args.filters, "normalization": args.normalization}
    if args.dropout is not None:
        options["dropout"] = args.dropout
    if args.generator == "unet":
        return UNetGenerator(condition_shape, channels, depth=args.depth, **options)
    return ResNetGenerator(condition_shape, channels, blocks=args.blocks, **options)


def _announce_padding(generator: Generator, pairs: PairDataset, recipe: str) -> None:
    """Print that images are padded, if the generator cannot take their size."""
    padded = [side for side in pairs.image_size or () if side % generator.size_divisor]
    choosable = recipe == "paper" and isinstance(generator, UNetGenerator)
    if padded:
        print(
            f"Sides of {padded[0]} pixels are padded to a multiple of {generator.size_divisor}."
            + " A smaller --depth avoids the padding." * choosable,
            file=sys.stderr,
        )


def _compile(model: Pix2Pix, args: Namespace, total_steps: int, val: PairDataset) -> None:
    schedule = ConstantThenLinear(args.learning_rate, total_steps)
    model.compile(
        generator_optimizer=paper_adam(schedule),
        discriminator_optimizer=paper_adam(schedule),
        adversarial_loss=None if args.adversarial_loss == "none" else args.adversarial_loss,
        reconstruction_weight=args.reconstruction_weight,
        update=args.update,
        metrics=metrics_for(val),
    )


def measure_for(args: Namespace, model: Pix2Pix, val: PairDataset) -> str:
    """Return the name of what decides which epoch is the best.

    Args:
        args: `argparse.Namespace` of `train`, whose `recipe` is what `recipe_for` has returned.
        model: what `new_model` has returned.
        val: `PairDataset` of the held-out pairs.

    Raises:
        ValueError: if `--monitor` names what this training does not report.
    """
    reported = {tracker.name for tracker in model.loss_trackers}
    for metric in metrics_for(val):
        of_set = isinstance(metric, metrics.SetMetric)
        reported |= set(metric.result()) if of_set else {metric.name}
    known = [name for name in MEASURES if name in reported]
    if args.monitor not in (None, *known):
        raise ValueError(
            f"--monitor must be one of {', '.join(known)} with --recipe {args.recipe} and these "
            f"pairs. Received: {args.monitor}"
        )
    return args.monitor or known[0]


def metrics_for(data: PairDataset, features: bool = False) -> list[Any]:
    """Return the metrics that fit the formats and the sizes of pairs.

    Args:
        data: `PairDataset`.
        features: bool, whether to add distances between features. Defaults to `False`.

    Raises:
        ValueError: for distances between features of label maps.
    """
    target = data.formats[1]
    if isinstance(target, Labels):
        if features:
            raise ValueError(f"--features compares pictures. Received: targets of {target}")
        return [metrics.LabelScores(target.channels)]
    chosen: list[Any] = [metrics.PSNR()]
    height, width = data.image_size or data[0][1].shape[1:3]
    if min(height, width) >= metrics.SSIM.smallest:
        chosen.append(metrics.SSIM())
    if features:
        chosen.append(metrics.FeatureDistances())
    return chosen
