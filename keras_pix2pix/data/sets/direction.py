"""Which side of pairs is the condition: by the names of folders, or by what the images show."""

import numpy as np
from PIL import Image

from keras_pix2pix.data.files.colors import has_few_colors
from keras_pix2pix.data.files.images import read_image
from keras_pix2pix.data.pairing.names import HALVES
from keras_pix2pix.data.sets.catalog import PIX2PIX

# What folders of conditions and of targets are called, without a plural s, the surest first.
CONDITIONS = (
    *("condition", "mask", "label", "annotation", "segmentation", "outline", "edge", "sketch"),
    *("input", "source", "a"),
)
TARGETS = (
    *("target", "photo", "render", "picture", "image", "img", "real", "groundtruth", "gt"),
    *("output", "b"),
)
# So many images, spread over a folder, are looked at.
LOOKED_AT = 16


def direction(sides, condition):
    """The names of the sub-folders of conditions and of targets.

    Args:
        sides: dict from the name of a sub-folder to its images.
        condition: str, the name of the condition's, or `None`.

    Raises:
        ValueError: if three or more have names that do not say it.
    """
    known = sorted((n for n in sides if _rank(n, CONDITIONS) is not None), key=_condition_rank)
    wanted = sorted((n for n in sides if _rank(n, TARGETS) is not None), key=_target_rank)
    if condition is None and known:
        condition = known[0]
    if len(sides) == 2:
        if condition is None and wanted:
            (condition,) = sides.keys() - {wanted[0]}
        if condition is None:
            maps = [name for name, images in sides.items() if _are_label_maps(images.values())]
            condition = maps[0] if len(maps) == 1 else min(sides)
        (target,) = sides.keys() - {condition}
        return condition, target
    wanted = [name for name in wanted if name != condition]
    if condition is None or not wanted:
        raise ValueError(
            f"Which of the sub-folders {', '.join(sides)} are condition and target? Keep two of "
            "them, or give them names such as mask and photo."
        )
    return condition, wanted[0]


def _rank(name, names):
    name = name.lower()
    for candidate in (name, name.removesuffix("s")):
        if candidate in names:
            return names.index(candidate)
    return None


def _condition_rank(name):
    return _rank(name, CONDITIONS)


def _target_rank(name):
    return _rank(name, TARGETS)


def _spread(paths):
    paths = list(paths)
    chosen = np.unique(np.linspace(0, len(paths) - 1, LOOKED_AT).astype(int)) if paths else []
    return [paths[i] for i in chosen]


def _are_label_maps(paths):
    try:
        return all(has_few_colors(read_image(path)) for path in _spread(paths))
    except ValueError:
        # What is broken is said when the pairs are read.
        return False


def half_of(folder, images, condition, swap):
    """The half of each image that is the condition, or `None` if they hold no pairs.

    Args:
        folder: `Path`, whose name may be that of a known set.
        images: list of paths.
        condition: str, the half that is asked for, or `None`.
        swap: bool, whether the other half is taken.
    """
    if condition is not None and condition not in HALVES:
        return None
    sizes = sizes_of(images)
    half = condition
    if half is None and sizes and all(width == 2 * height for width, height in sizes):
        half = PIX2PIX.get(folder.name) or PIX2PIX.get(folder.parent.name) or _plain(images, 1)
    if half is None and sizes and all(height == 2 * width for width, height in sizes):
        half = _plain(images, 0)
    if half is None or not sizes:
        return None
    return HALVES[HALVES.index(half) ^ 1] if swap else half


def sizes_of(images):
    """Width and height of some images, spread over all of them."""
    return [size for size in map(_size, _spread(images)) if size]


def _size(path):
    try:
        with Image.open(path) as image:
            return image.size
    except (OSError, Image.DecompressionBombError):
        # What is wrong with it is said when the pairs are read.
        return None


def _plain(images, axis):
    """The half that is a label map, if one is; or the first."""
    first, second = HALVES[:2] if axis else HALVES[2:]
    try:
        sides = [np.array_split(read_image(path), 2, axis) for path in _spread(images)]
    except ValueError:
        return first
    few = [all(map(has_few_colors, side)) for side in zip(*sides)]
    return second if few == [False, True] else first
