"""How the generator of a file differs from the options of a training."""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# Options of the networks, which are arguments of the generators, too.
ARGUMENTS = ("depth", "filters", "blocks", "normalization", "dropout")
KINDS = {"unet": "UNetGenerator", "resnet": "ResNetGenerator"}


def other_options(class_name: str, arguments: Mapping[str, Any], args: Namespace) -> list[str]:
    """Return how the options that were given differ from a generator, in words.

    Args:
        class_name: str, the class of the generator.
        arguments: dict, the arguments of the generator, as its config has them.
        args: `argparse.Namespace` of `train`.
    """
    given = [option.removeprefix("--").replace("-", "_") for option in args.paper_options]
    differences = []
    if "generator" in given and class_name != KINDS[args.generator]:
        differences.append(f"it is a {class_name}, and --generator is {args.generator}")
    for name in ARGUMENTS:
        value = arguments.get(name)
        if name in given and value != getattr(args, name):
            has = f"has --{name} {value}" if value is not None else f"has no --{name}"
            differences.append(f"it {has}, and --{name} is {getattr(args, name)}")
    return differences


def refuse_differences(path: Path, differences: Sequence[str]) -> None:
    """Refuse a file for what its model differs in from a training.

    Args:
        path: `Path` of the file.
        differences: sequence of str, each a clause about the model.

    Raises:
        ValueError: if there are any.
    """
    if differences:
        raise ValueError(
            f"{path} is another model than this training is for: {'; '.join(differences)}."
        )
