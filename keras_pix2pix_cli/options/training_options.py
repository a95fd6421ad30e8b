"""The options of `train`."""

import argparse
from collections.abc import Sequence
from typing import Any

from keras_pix2pix_cli.options.formats import add_formats
from keras_pix2pix_cli.options.shared_options import (
    PAIRS,
    AddOption,
    add_on_error,
    add_pairs,
    add_scaling,
    count,
    rate,
    real,
    share,
    weight,
    whole,
)


def add_training_pairs(add: AddOption) -> None:
    """Add the options for the pairs of a training, and for how often they are seen."""
    add_pairs(add, f"{PAIRS} (default: the sample in the package)")
    add_scaling(add)
    add_formats(add)
    add_on_error(add)
    add("--batch-size", type=count, default=1, metavar="N", help="pairs in a training step")
    add(
        "--held-out",
        type=share,
        default=0.1,
        metavar="SHARE",
        help="share of the pairs that are kept for validation, if the folder has no val/ or "
        "test/; the names of the pairs decide which",
    )
    add("--epochs", type=count, default=200, metavar="N", help="epochs of the whole training")
    add(
        "--steps-per-epoch",
        type=count,
        metavar="N",
        help="steps in an epoch, for large data sets (default: all training pairs once)",
    )
    add("--no-augment", action="store_true", help="train without random crops and mirroring")
    add("--cache", action="store_true", help="decode each pair only once, and keep it")
    add(
        "--seed",
        type=whole,
        default=0,
        metavar="N",
        help="seed of the first weights, the order of the pairs, and the augmentation",
    )


class PaperOption(argparse.Action):
    """Stores a value, and that an option of the paper's recipe was given."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Store both."""
        setattr(namespace, self.dest, values)
        namespace.paper_options = [*namespace.paper_options, option_string]


# What may decide which epoch is the best, and whether more of it is better. If nothing is said, it
# is the first that the training reports. `loss` has the opponent's part, which rises as it learns.
MEASURES = {
    "mean_iou": max,
    "perceptual": min,
    "ssim": max,
    "psnr": max,
    "reconstruction_loss": min,
    "loss": min,
}


def add_monitor(add: AddOption) -> None:
    """Add the option for what decides which epoch is the best."""
    add(
        "--monitor",
        choices=list(MEASURES),
        help="what is compared, on the held-out pairs, to keep the best epoch as best.keras "
        "(default: mean_iou for label maps, else perceptual if the recipe has it, else ssim)",
    )


def add_recipe(add: AddOption) -> None:
    """Add the option for what is trained, and how."""
    add(
        "--recipe",
        choices=["sharp", "small", "labels", "paper"],
        help="networks and losses: sharp makes the best pictures, small is the same with a small "
        "generator, labels makes label maps, paper is the model of Isola et al. 2017 (default: "
        "sharp, or labels if the targets are label maps, or paper if an option of it is given)",
    )


def add_start(add: AddOption) -> None:
    """Add the options for a trained model to start from, and for the learning rate over time."""
    add(
        "--from",
        metavar="FILE",
        help="train the networks of this .keras file further, or the generator of this .pth file; "
        "the losses are those of the recipe",
    )
    add(
        "--freeze-encoder",
        action="store_true",
        help="with --from: leave the layers that make images smaller as they are",
    )
    add(
        "--schedule",
        choices=["linear", "constant"],
        default="linear",
        help="learning rate: it falls to 0 after half of all steps (linear), or stays (constant)",
    )


def add_networks(add: AddOption) -> None:
    """Add the options for the generator and the discriminator of the paper's recipe."""
    add("--generator", choices=["unet", "resnet"], default="unet", help="type of the generator")
    add("--depth", type=count, default=8, metavar="N", help="levels of the U-Net")
    add(
        "--filters",
        type=count,
        default=64,
        metavar="N",
        help="filters of the first layer of the generator and of the discriminator",
    )
    add("--blocks", type=count, default=9, metavar="N", help="residual blocks of the ResNet")
    add(
        "--normalization",
        choices=["instance", "batch", "group"],
        default="instance",
        help="normalization in both networks",
    )
    add(
        "--dropout",
        type=real,
        metavar="RATE",
        help="dropout rate of the generator (default: 0.5 for a U-Net, 0.0 for a ResNet)",
    )
    add(
        "--receptive-field",
        type=whole,
        choices=[1, 16, 34, 70, 142, 286],
        default=70,
        help="height and width in pixels of the patches that the discriminator judges",
    )


def add_losses(add: AddOption) -> None:
    """Add the options for what a step of the paper's recipe minimizes, and how."""
    add(
        "--learning-rate",
        type=rate,
        default=0.0002,
        metavar="RATE",
        help="learning rate of both optimizers at first; see --schedule",
    )
    add(
        "--adversarial-loss",
        choices=["vanilla", "lsgan", "hinge", "wgan_gp", "relativistic", "none"],
        default="vanilla",
        help="GAN objective; none trains the generator without a discriminator",
    )
    add(
        "--reconstruction-weight",
        type=weight,
        default=100.0,
        metavar="WEIGHT",
        help="weight of the reconstruction loss, the mean absolute error of the picture",
    )
    add(
        "--update",
        choices=["sequential", "simultaneous"],
        default="sequential",
        help="in a step, update the discriminator before the generator (sequential), or both "
        "from the same state (simultaneous)",
    )
