"""The names of options: own ones, and those that people know from other implementations."""

import argparse
import difflib
import importlib.util
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

# What other implementations of pix2pix call an option, and what it is called here.
OTHER_NAMES = {
    "--lr": "--learning-rate",
    "--dataroot": "--data",
    "--input_dir": "--data",
    "--ngf": "--filters",
    "--ndf": "--filters",
    "--norm": "--normalization",
    "--gan_mode": "--adversarial-loss",
    "--lambda_L1": "--reconstruction-weight",
    "--l1_weight": "--reconstruction-weight",
    "--crop_size": "--image-size",
    "--output_dir": "--output",
    "--name": "--output",
    "--checkpoints_dir": "--output",
    "--max_epochs": "--epochs",
    "--pretrained": "--from",
    "--checkpoint": "--from",
    "--no_flip": "--no-augment",
}
# The same where a name alone would not do.
OTHER_WAYS = {
    "--direction": "--condition left for AtoB, or --condition right for BtoA",
    "--which_direction": "--condition left for AtoB, or --condition right for BtoA",
    "--n_epochs": "--epochs, which is n_epochs and n_epochs_decay together",
    "--n_epochs_decay": "--epochs, which is n_epochs and n_epochs_decay together",
    "--load_size": "--image-size, the size of crop_size; images are enlarged by 286/256 before",
    "--scale_size": "--image-size, the size of the crop; images are enlarged by 286/256 before",
    "--preprocess": "--resize fit, crop or pad; --no-augment leaves random crops out",
    "--netG": "--generator unet --depth 8 for unet_256, or --generator resnet --blocks 9",
    "--netD": "--receptive-field 70 for basic, or --receptive-field 1 for pixel",
    "--n_layers_D": "--receptive-field 16, 34, 70, 142 or 286 for 1 to 5 layers",
    "--no_dropout": "--dropout 0",
    "--continue_train": "the same command again: a stopped training goes on",
    "--gpu_ids": "the environment variable CUDA_VISIBLE_DEVICES",
    "--input_nc": "no option: the channels are those of the pairs",
    "--output_nc": "no option: the channels are those of the pairs",
    "--max_dataset_size": "--steps-per-epoch",
    "--num_test": "no option: evaluate takes all held-out pairs",
}


class CommandParser(argparse.ArgumentParser):
    """A parser that knows other names of its options, and takes the folder of pairs anywhere.

    Attributes:
        needs_data: bool, whether the command cannot do without pairs.
    """

    needs_data = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse arguments as any parser does, with the names of this one."""
        options = [name for name in self._option_string_actions if name.startswith("--")]
        if args is not None and "--version" not in options:
            args = self._with_own_names(args, options)
        result, rest = super().parse_known_args(args, namespace)
        if "--data" in options:
            self._name_pairs(result, rest)
        if self.needs_data and result.data is None:
            self.error("the pairs are missing: FOLDER, or --data FOLDER")
        return result, rest

    def usage_line(self) -> str:
        """Return what the program takes, in one line: its arguments, and that it has options."""
        marks: dict[Any, str] = {"?": "[{}]", "+": "{} ..."}
        arguments = [
            marks.get(action.nargs, "{}").format(action.metavar)
            for action in self._get_positional_actions()
        ]
        return " ".join([self.prog, "[options]", *arguments])

    def error(self, message: str) -> NoReturn:
        """End with exit code 2, and with two lines, since all options would hide the second."""
        found = re.search(r"invalid choice: '(.*)' \(choose from (.*)\)", message)
        if found:
            message += _meant(found[1], re.findall(r"[\w-]+", found[2]))
        usage = f"usage: {self.usage_line()}   ({self.prog} --help shows the options)"
        self.exit(2, f"{usage}\n{self.prog}: error: {message}\n")

    def _name_pairs(self, result: argparse.Namespace, rest: list[str]) -> None:
        """Take the pairs from `--data`, or from a folder that stands by itself."""
        folder = vars(result).pop("folder")
        # A folder that comes after other options is left over.
        if folder is None and len(rest) == 1 and not rest[0].startswith("-"):
            folder = rest.pop()
        if folder is not None and result.data is not None:
            self.error(f"the pairs are named twice: {folder} and --data {result.data}")
        result.data = result.data if folder is None else folder
        others = [name for name in rest if not name.startswith("-")]
        if others:
            self.error(
                "the pairs must be in one folder, such as one with masks/ and photos/, or in a CSV "
                f"file. Received also: {' '.join(others)}"
            )

    def _with_own_names(self, args: Sequence[str], options: Sequence[str]) -> list[str]:
        """Return arguments with this parser's own names of options, or end with an error."""
        own: list[str] = []
        for position, argument in enumerate(args):
            name, sign, value = argument.partition("=")
            if argument == "--":
                return [*own, *args[position:]]
            if not re.match("--[A-Za-z]", name) or _is_in(name, options):
                own.append(argument)
                continue
            spelled = name.replace("_", "-")
            if not _is_in(spelled, options):
                following = value or " ".join(args[position + 1 : position + 2])
                self.error(_unknown(name, following, options))
            own.append(spelled + sign + value)
        return own


def _is_in(name: str, options: Iterable[str]) -> bool:
    # argparse takes the beginning of a name for the name.
    return any(option.startswith(name) for option in options)


def _unknown(name: str, value: str, options: Sequence[str]) -> str:
    """Return the message about an option that does not exist, with what may have been meant."""
    meant = OTHER_WAYS.get(name) or OTHER_NAMES.get(name)
    if meant is None:
        return f"there is no option {name}.{_meant(name.replace('_', '-'), options)}"
    if meant.startswith("--") and meant.split()[0].rstrip(",") not in options:
        # Another command has it.
        return f"there is no option {name}."
    if meant in options and value and not value.startswith("-"):
        meant += f" {value}"
    return f"there is no option {name}. Did you mean {meant}?"


def _meant(name: str, names: Sequence[str]) -> str:
    """Return a question about the name that is spelled most alike, if one is alike."""
    close = difflib.get_close_matches(name, names, n=1)
    return f" Did you mean {close[0]}?" if close else ""


def installed_version() -> str:
    """Return the version of the package, without importing it."""
    package = importlib.util.find_spec("keras_pix2pix")
    assert package is not None and package.origin is not None
    text = Path(package.origin).read_text(encoding="utf-8")
    (version,) = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    return version
