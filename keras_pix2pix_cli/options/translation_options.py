"""How `translate` generates pictures."""

from keras_pix2pix_cli.options.shared_options import AddOption, add_part, count, whole
from keras_pix2pix_cli.preparing.options import add_from_picture


def add_translation(add: AddOption) -> None:
    """Add the options of generating pictures."""
    add("--batch-size", type=count, default=1, metavar="N", help="images or tiles in a batch")
    add("--stochastic", action="store_true", help="generate with dropout noise, as in training")
    add("--seed", type=whole, metavar="N", help="seed of the noise (default: a random seed)")
    add(
        "--samples",
        type=count,
        metavar="N",
        help="generate N pictures of each image, each with other noise",
    )
    add(
        "--tile",
        type=count,
        metavar="N",
        help="generate large images in square tiles with sides of N pixels",
    )
    add(
        "--overlap",
        type=whole,
        default=64,
        metavar="N",
        help="pixels by which neighboring tiles overlap",
    )
    add_part(add)
    add_from_picture(add)
    add(
        "--engine",
        choices=["onnx"],
        help="let ONNX Runtime generate the pictures, which takes less time for each on a "
        "processor (pip install keras-pix2pix[onnx])",
    )
