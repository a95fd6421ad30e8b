"""The model and the losses that the options of `keras-pix2pix train` name."""

import sys

from keras_pix2pix import metrics
from keras_pix2pix.data.files.labels import Labels
from keras_pix2pix.networks import ResNetGenerator, UNetGenerator
from keras_pix2pix.networks.patchgan import PatchDiscriminator
from keras_pix2pix.pix2pix import Pix2Pix
from keras_pix2pix.training.optimizer import paper_adam
from keras_pix2pix.training.schedules import ConstantThenLinear


def new_model(args, pairs):
    """The networks that the options of `train` name, for pairs of these channels.

    Args:
        args: `argparse.Namespace` of `keras-pix2pix train`.
        pairs: `PairDataset`.

    Returns:
        A `Pix2Pix` that is not compiled.
    """
    conditions, target = pairs.formats
    shapes = [(None, None, sum(f.channels for f in conditions)), (None, None, target.channels)]
    options = {"filters": args.filters, "normalization": args.normalization}
    if args.dropout is not None:
        options["dropout"] = args.dropout
    if args.generator == "unet":
        generator = UNetGenerator(shapes[0], target.channels, depth=args.depth, **options)
    else:
        generator = ResNetGenerator(shapes[0], target.channels, blocks=args.blocks, **options)
    padded = [side for side in pairs.image_size if side % generator.size_divisor]
    if padded:
        print(
            f"Sides of {padded[0]} pixels are padded to a multiple of {generator.size_divisor}."
            + " A smaller --depth needs none." * (args.generator == "unet"),
            file=sys.stderr,
        )
    discriminator = PatchDiscriminator(
        *shapes,
        receptive_field=args.receptive_field,
        filters=args.filters,
        normalization=args.normalization,
    )
    return Pix2Pix(generator, discriminator)


def compile_model(model, args, total_steps, val):
    """Give a model the losses, optimizers and metrics that the options of `train` name.

    Args:
        model: `Pix2Pix`.
        args: `argparse.Namespace` of `keras-pix2pix train`.
        total_steps: int, over which the learning rate falls to 0.
        val: `PairDataset`, the held-out pairs.
    """
    adam = paper_adam()
    rate = args.learning_rate or float(adam.learning_rate)
    config = {**adam.get_config(), "learning_rate": ConstantThenLinear(rate, total_steps)}
    model.compile(
        *(type(adam).from_config(config) for _ in range(2)),
        adversarial_loss=None if args.adversarial_loss == "none" else args.adversarial_loss,
        reconstruction_weight=args.reconstruction_weight,
        update=args.update,
        metrics=metrics_for(val),
    )


def metrics_for(data, features=False):
    """The metrics that judge pairs of these formats and sizes.

    Args:
        data: `PairDataset`.
        features: bool, whether distances of features are among them. Defaults to `False`.
    """
    target = data.formats[1]
    if isinstance(target, Labels):
        return [metrics.LabelScores(target.classes)]
    smallest = min(data.image_size or data[0][1].shape[1:3])
    chosen = [metrics.PSNR()] + [metrics.SSIM()] * (smallest >= metrics.SSIM.smallest)
    return chosen + [metrics.FeatureDistances()] * features
