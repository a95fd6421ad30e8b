"""The commands and their options.

Default values stand here and in the other files of this folder as literals, because
importing the library takes seconds, which `--help` must not take. tests/cli/test_arguments.py
compares them with the library.
"""

import argparse
import functools
from typing import Any

from keras_pix2pix_cli.options.formats import add_formats
from keras_pix2pix_cli.options.names import CommandParser, installed_version
from keras_pix2pix_cli.options.shared_options import (
    PAIRS,
    AddOption,
    add_drawing_page,
    add_evaluation,
    add_json,
    add_overwrite,
    add_pairs,
    add_scaling,
    count,
    whole,
)
from keras_pix2pix_cli.options.training_options import (
    PaperOption,
    add_losses,
    add_monitor,
    add_networks,
    add_recipe,
    add_start,
    add_training_pairs,
)
from keras_pix2pix_cli.options.translation_options import add_translation
from keras_pix2pix_cli.preparing import options as preparing_options


class _HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows default values that are not None or False, and keeps the lines of an example."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default is None or action.default is False:
            return action.help
        return super()._get_help_string(action)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith("example:") else super()._fill_text(text, width, indent)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the program, with all commands."""
    result = CommandParser(
        prog="keras-pix2pix",
        description="Learn from pairs of images to translate one kind of image into another.",
        epilog="The environment variable KERAS_BACKEND chooses the backend: tensorflow, jax or "
        "torch. keras-pix2pix COMMAND --help shows the options of a command and an example.",
    )
    result.add_argument(
        "--version",
        action="version",
        version=f"%(prog)s {installed_version()}",
        help="print the version",
    )
    commands = result.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add_command in (
        _add_train,
        _add_translate,
        _add_evaluate,
        _add_export,
        _add_check,
        _add_report,
        _add_prepare,
        _add_convert,
        _add_demo,
    ):
        add_command(commands)
    return result


def _command(
    commands: Any, name: str, summary: str, example: str, details: str = ""
) -> CommandParser:
    """Add a command, and return its parser."""
    command = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}. {details}".strip(),
        epilog=f"example:\n  keras-pix2pix {name} {example}",
        formatter_class=_HelpFormatter,
    )
    # For the commands that do not have the option.
    command.set_defaults(json=False)
    return command


def _add_train(commands: Any) -> None:
    command = _command(
        commands,
        "train",
        "train a model on pairs of images",
        "facades/ --output facades_model/ --epochs 100\n"
        "  keras-pix2pix train facades/ --from model.keras --output tuned/ --epochs 20",
        "Ctrl-C or SIGTERM stops the training after the current step and saves the model. To "
        "resume, run the same command again: training continues after the last complete epoch. "
        "The result is the same as without a stop. A finished training goes on with more --epochs. "
        "best.keras is the model of the best epoch (see --monitor), model.keras that of the last.",
    )
    add = command.add_argument
    command.set_defaults(paper_options=[])
    add_training_pairs(add)
    preparing_options.add_condition_from(add)
    add_recipe(add)
    add_monitor(add)
    add_start(add)
    papers = command.add_argument_group("options of --recipe paper")
    add_papers = functools.partial(papers.add_argument, action=PaperOption)
    add_networks(add_papers)
    add_losses(add_papers)
    add("--output", default="training", metavar="FOLDER", help="folder for all results")
    add_overwrite(add, "an earlier training in the output folder")
    add_json(add)


def _add_translate(commands: Any) -> None:
    add = _command(
        commands,
        "translate",
        "generate a picture for every image",
        "training/best.keras masks/ pictures/",
        "A picture has the height and width of its image. Pictures that exist are kept, so the "
        "same command continues after an interruption. The exit code is 1 if the picture of any "
        "image could not be generated.",
    ).add_argument
    _add_model(add)
    add(
        "source",
        metavar="SOURCE",
        nargs="+",
        help="a folder of images, or images; if a condition consists of several images, one "
        "folder for each",
    )
    add("output", metavar="OUTPUT", help="folder for the pictures")
    add_translation(add)
    add_overwrite(add, "pictures that exist")
    add_json(add)


def _add_evaluate(commands: Any) -> None:
    add = _command(
        commands,
        "evaluate",
        "compute losses and metrics of a model on held-out pairs",
        "training/best.keras --json\n  keras-pix2pix evaluate training/best.keras other_facades/",
        "The metrics are PSNR and SSIM; for label maps, accuracy and IoU. Without a folder, the "
        "pairs are those that the training held out.",
    ).add_argument
    _add_model(add)
    add_evaluation(add)
    add_json(add)


def _add_export(commands: Any) -> None:
    add = _command(
        commands,
        "export",
        "write a model for another runtime, or as a web page to draw on",
        "training/best.keras model.onnx\n"
        "  keras-pix2pix export training/best.keras site/ --format web --data facades/",
        "This command runs on TensorFlow. The model may have been trained on any backend.",
    ).add_argument
    _add_model(add)
    add("path", metavar="PATH", help="file or folder to write")
    add(
        "--format",
        choices=["onnx", "litert", "openvino", "saved_model", "web"],
        help="format of the export (default: the suffix of PATH decides: .onnx for onnx, .tflite "
        "for litert, .xml for openvino, no suffix for saved_model)",
    )
    add(
        "--no-processing",
        action="store_true",
        help="export the network alone, which takes and returns float32 values in [-1, 1]",
    )
    add(
        "--weights",
        choices=["float32", "float16", "int8"],
        default="float32",
        help="type of the stored weights; float16 and int8 are for litert only",
    )
    preparing_options.add_from_picture(add)
    add_drawing_page(add)
    add_overwrite(add)


def _add_check(commands: Any) -> None:
    command = _command(
        commands,
        "check",
        "read every pair and list the problems",
        "facades/ --preview pairs.png",
        "The exit code is 1 if pairs or files must be left out.",
    )
    add = command.add_argument
    command.needs_data = True
    add_pairs(add, PAIRS)
    preparing_options.add_condition_from(add)
    add_scaling(add)
    add_formats(add)
    add("--preview", metavar="PNG", help="write a picture of some pairs, scaled as in training")
    add_overwrite(add)
    add_json(add)


def _add_report(commands: Any) -> None:
    add = _command(
        commands,
        "report",
        "write an HTML page about a model",
        "training/best.keras page.html",
        "The page begins with a verdict, and shows pictures of held-out pairs, curves, metrics and "
        "settings. For a model that train wrote, it has the curves and the earlier pictures of the "
        "training, and says which epoch was kept, and why.",
    ).add_argument
    _add_model(add)
    add("page", metavar="HTML", help="file to write")
    add(
        "--pairs",
        type=count,
        default=4,
        metavar="N",
        help="show the N best and the N worst pictures",
    )
    add_evaluation(add)
    add_overwrite(add)


def _add_prepare(commands: Any) -> None:
    texts = preparing_options.SUMMARY, preparing_options.EXAMPLE, preparing_options.DETAILS
    preparing_options.add_prepare(_command(commands, "prepare", *texts).add_argument)


def _add_convert(commands: Any) -> None:
    add = _command(
        commands,
        "convert",
        "convert a generator between PyTorch's pix2pix and Keras",
        "latest_net_G.pth facades.keras\n  keras-pix2pix convert facades.keras latest_net_G.pth",
        "The weights in a .pth file tell the architecture of the generator. A converted model has "
        "a new, untrained discriminator. This command needs the extra torch.",
    ).add_argument
    add("source", metavar="FROM", help="a .pth or .keras file")
    add("output", metavar="TO", help="a .keras or .pth file to write")
    add_overwrite(add)


def _add_demo(commands: Any) -> None:
    add = _command(
        commands,
        "demo",
        "serve a web page where you draw a condition and see the generated picture",
        "training/best.keras facades/",
        "The page loads nothing from other servers. Only this machine can open it, unless --host "
        "says otherwise.",
    ).add_argument
    _add_model(add)
    add_drawing_page(add)
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen on; 0.0.0.0 lets other machines connect",
    )
    add("--port", type=whole, default=7860, help="port to listen on; 0 is a free one")


def _add_model(add: AddOption) -> None:
    add("model", metavar="MODEL", help="a .keras file")
