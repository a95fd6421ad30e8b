"""The arguments of every command, and their help.

Default values stand here as numbers, since importing the library takes seconds that `--help` need
not take; tests/cli/test_arguments.py compares them with the library's.
"""

import argparse


class _Help(argparse.ArgumentDefaultsHelpFormatter):
    """Shows default values where there are any, and examples as they are written."""

    def _get_help_string(self, action):
        if action.default is None or action.default is False:
            return action.help
        return super()._get_help_string(action)

    def _fill_text(self, text, width, indent):
        return text if text.startswith("example:") else super()._fill_text(text, width, indent)


def parser():
    result = argparse.ArgumentParser(
        prog="keras-pix2pix",
        description="Image-to-image translation learned from pairs.",
        epilog="KERAS_BACKEND=tensorflow, jax or torch chooses what it runs on. "
        "keras-pix2pix COMMAND --help shows an example.",
    )
    commands = result.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name, what, example, more=""):
        added = commands.add_parser(
            name,
            help=what,
            description=f"{what[0].upper()}{what[1:]}. {more}".strip(),
            epilog=f"example:\n  keras-pix2pix {name} {example}",
            formatter_class=_Help,
        )
        added.set_defaults(json=False)
        return added.add_argument

    _add_train(command)
    _add_translate(command)
    _add_evaluate(command)
    _add_export(command)
    _add_check(command)
    _add_report(command)
    _add_convert(command)
    _add_demo(command)
    return result


PAIRS = "pairs, in a folder that is laid out in a common way, or a CSV file"


def _add_data(add, what=f"{PAIRS}; the sample in the package where it is not given"):
    add("--data", metavar="FOLDER", help=what)
    _add_direction(add)


def _add_direction(add):
    add("--condition", metavar="NAME", help="sub-folder, or half of each image, of the conditions")
    add("--swap", action="store_true", help="exchange condition and target")


def _add_loading(add, trained=False):
    """How images are scaled; for a model that was trained, as they were for its training."""
    size = 256
    resize = "fit"
    known = " (default: that of the training whose settings.json is beside the model, or {})"
    add(
        "--image-size",
        type=_size,
        default=None if trained else size,
        metavar="N",
        help="pixels that images are scaled to: height and width, or HEIGHTxWIDTH"
        + known.format(size) * trained,
    )
    add(
        "--resize",
        choices=["fit", "crop", "pad"],
        default=None if trained else resize,
        help="how images of other proportions get that size" + known.format(resize) * trained,
    )


def _add_batch_size(add):
    default = 1
    _add_number(add, "batch-size", default, "pairs a step")


def _add_on_error(add):
    add(
        "--on-error",
        choices=["raise", "skip"],
        default="raise",
        help="what to do about pairs that cannot be read",
    )


def _add_number(add, name, default, what):
    add(f"--{name}", type=_positive, default=default, metavar="N", help=what)


def _add_examples(add):
    _add_data(add, what="pairs whose conditions are examples to begin with")
    _add_loading(add, trained=True)
    _add_on_error(add)


def _add_overwrite(add, what="files that are there"):
    add("--overwrite", action="store_true", help=f"replace {what}")


def _add_json(add):
    add("--json", action="store_true", help="print one line of JSON, and nothing else, on stdout")


def _add_train(command):
    add = command(
        "train",
        "train a model on pairs",
        "--data facades/ --output facades_model/ --epochs 100",
        "Ctrl-C or SIGTERM ends it after the step under way and saves the model; the same command "
        "goes on from the last whole epoch, and ends as if it had never been stopped.",
    )
    _add_data(add)
    _add_loading(add)
    _add_on_error(add)
    _add_batch_size(add)
    split = 0.1
    add(
        "--held-out",
        type=_share,
        default=split,
        metavar="SHARE",
        help="share of the pairs that is kept from training, by name, if the folder has no val/",
    )
    add("--output", default="training", metavar="FOLDER", help="for the model and all else")
    add("--epochs", type=_positive, default=200, metavar="N", help="passes over the pairs")
    add("--steps-per-epoch", type=_positive, metavar="N", help="shorter epochs, for large sets")
    add("--no-augment", action="store_true", help="train without jitter and mirroring")
    add("--cache", action="store_true", help="keep pairs decoded")
    seed = 0
    add("--seed", type=int, default=seed, metavar="N", help="of weights, order and augmentation")
    add("--generator", choices=["unet", "resnet"], default="unet", help="architecture")
    _add_number(add, "depth", 8, "levels of the U-Net")
    _add_number(add, "filters", 64, "channels of the first level of both networks")
    _add_number(add, "blocks", 9, "blocks of the ResNet")
    add(
        "--normalization",
        choices=["instance", "batch", "group"],
        default="instance",
        help="of both networks",
    )
    add(
        "--dropout",
        type=float,
        metavar="SHARE",
        help="of the generator (default: 0.5 of a U-Net, 0.0 of a ResNet)",
    )
    add(
        "--receptive-field",
        type=int,
        choices=[1, 16, 34, 70, 142, 286],
        default=70,
        help="pixels that each patch of the discriminator sees",
    )
    add("--learning-rate", type=float, metavar="RATE", help="of Adam (default: the paper's)")
    add(
        "--adversarial-loss",
        choices=["vanilla", "lsgan", "hinge", "wgan_gp", "none"],
        default="vanilla",
        help="objective of the GAN",
    )
    add(
        "--reconstruction-weight",
        type=float,
        default=100.0,
        metavar="WEIGHT",
        help="of the distance from the target",
    )
    add(
        "--update",
        choices=["sequential", "simultaneous"],
        default="sequential",
        help="order of the two updates of a step",
    )
    _add_overwrite(add, "an earlier training in the output folder")
    _add_json(add)


def _add_translate(command):
    add = command(
        "translate",
        "generate a picture for every image",
        "training/best.keras masks/ pictures/",
        "Pictures have the size of their condition, and the values that the model was trained on. "
        "Those that are there are kept, so that the same command goes on after an interruption. "
        "Exits with 1 if an image has no picture.",
    )
    add("model", metavar="MODEL", help="a .keras file")
    add(
        "source",
        metavar="SOURCE",
        nargs="+",
        help="a folder, or images; where several images make up a condition, a folder of each",
    )
    add("output", metavar="OUTPUT", help="folder to write to")
    _add_number(add, "batch-size", 1, "images at a time")
    add("--stochastic", action="store_true", help="with noise: dropout, as while training")
    add("--seed", type=int, default=None, metavar="N", help="of the noise")
    _add_number(add, "samples", None, "pictures of each, with other noise")
    _add_number(add, "tile", None, "side of the tiles that large images are cut into")
    add(
        "--overlap",
        type=int,
        default=64,
        metavar="N",
        help="pixels that tiles share",
    )
    _add_overwrite(add, "pictures that are there")
    _add_json(add)


def _add_export(command):
    add = command(
        "export",
        "write a model for another runtime, or as a page that draws",
        "training/best.keras model.onnx\n"
        "  keras-pix2pix export training/best.keras site/ --format web --data facades/",
        "Runs on TensorFlow, whatever the model was trained with.",
    )
    add("model", metavar="MODEL", help="a .keras file")
    add("path", metavar="PATH", help="file or folder to write")
    add(
        "--format",
        choices=["onnx", "litert", "openvino", "saved_model", "web"],
        help="(default: what the ending says: .onnx, .tflite, .xml, none for saved_model)",
    )
    add("--no-processing", action="store_true", help="from and to floats in [-1, 1]")
    add(
        "--weights",
        choices=["float32", "float16", "int8"],
        default="float32",
        help="how they are stored, in LiteRT",
    )
    _add_examples(add)
    _add_overwrite(add)


def _add_judging(add):
    _add_data(add)
    _add_loading(add, trained=True)
    _add_on_error(add)
    _add_batch_size(add)
    add(
        "--held-out",
        type=_share,
        metavar="SHARE",
        help="judge only what train --held-out SHARE has kept from training",
    )
    add(
        "--samples",
        type=int,
        default=0,
        metavar="N",
        help="outputs with noise that are judged",
    )
    add("--seed", type=int, default=0, metavar="N", help="of their noise")
    add("--features", action="store_true", help="distances of features, too (extra: metrics)")


def _add_evaluate(command):
    add = command(
        "evaluate",
        "judge a model by held-out pairs",
        "training/best.keras --data facades/ --json",
        "Losses, PSNR and SSIM; of label maps, accuracy and IoU.",
    )
    add("model", metavar="MODEL", help="a .keras file")
    _add_judging(add)
    _add_json(add)


def _add_check(command):
    add = command(
        "check",
        "read every pair and say what is wrong",
        "facades/ --preview pairs.png",
        "Exits with 1 if pairs or files would have to be left out.",
    )
    add("data", metavar="FOLDER", help=PAIRS)
    _add_direction(add)
    _add_loading(add)
    add("--preview", metavar="PNG", help="a picture of some pairs, scaled as for the network")
    _add_overwrite(add)
    _add_json(add)


def _add_report(command):
    add = command(
        "report",
        "write a page about a model",
        "training/best.keras page.html --data facades/",
        "Settings, numbers, and the best and worst of held-out results, in one HTML file. train "
        "writes its own, with curves and pictures over time.",
    )
    add("model", metavar="MODEL", help="a .keras file")
    add("page", metavar="HTML", help="file to write")
    pairs = 4
    add("--pairs", type=_positive, default=pairs, metavar="N", help="best, and worst, to show")
    _add_judging(add)
    _add_overwrite(add)


def _add_convert(command):
    add = command(
        "convert",
        "convert a generator from PyTorch's pix2pix, or back",
        "latest_net_G.pth facades.keras\n  keras-pix2pix convert facades.keras latest_net_G.pth",
        "From .pth, the architecture is read off the weights; the discriminator of the model is "
        "new. Needs the extra torch.",
    )
    add("source", metavar="FROM", help="a .pth or .keras file")
    add("output", metavar="TO", help="a .keras or .pth file")
    _add_overwrite(add)


def _add_demo(command):
    add = command(
        "demo",
        "draw conditions in the browser, and see what the model makes of them",
        "training/best.keras --data facades/",
        "Needs the extra demo.",
    )
    add("model", metavar="MODEL", help="a .keras file")
    _add_examples(add)
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen on; 0.0.0.0 for other machines, too",
    )
    add("--port", type=int, default=7860, help="port to listen on")


def _positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text}")
    return number


def _share(text):
    share = float(text)
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"must be between 0 and 1, not {text}")
    return share


def _size(text):
    sides = [_positive(side) for side in text.split("x")]
    if len(sides) > 2:
        raise argparse.ArgumentTypeError(f"must be N or HEIGHTxWIDTH, not {text}")
    # As JSON gives it back, with which a training that goes on is compared.
    return sides if len(sides) == 2 else sides[0]
