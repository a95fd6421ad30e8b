"""Refuse to take the last band of a TIFF file for alpha where the file does not say so."""

import os

from keras_pix2pix.data.files.formats import Format, Picture
from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.types import PathLike

# The values of the tag ExtraSamples of TIFF that stand for alpha.
ALPHA = {1, 2}


def refuse_undeclared_alpha(path: PathLike, channels: int, format: Format) -> None:
    """Refuse to take the last band of a TIFF file for alpha where the file does not say so.

    Args:
        path: path of an image file.
        channels: int, the channels that it holds.
        format: the format that will prepare it, and drop an alpha channel.

    Raises:
        ValueError: naming the file.
    """
    if (
        not isinstance(format, Picture)
        or format.alpha is not None
        or format.channels in (None, channels)
        or channels not in (2, 4)
        or not os.fspath(path).lower().endswith((".tif", ".tiff"))
    ):
        return
    import tifffile

    with tifffile.TiffFile(path) as file:
        declared = ALPHA.intersection(file.pages.first.extrasamples)
    if not declared:
        raise ValueError(
            f"{printable_path(path)} has {channels} channels, and {format.channels} channels are "
            "wanted. It does not say (ExtraSamples) that the last one is alpha. Use "
            f"Picture({channels}), or Picture({format.channels}, alpha='drop') to leave it out."
        )
