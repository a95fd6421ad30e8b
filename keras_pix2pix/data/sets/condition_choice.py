"""Choose which side of the pairs is the condition: by names, or by what the images show."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from keras_pix2pix.data.files.colors import has_few_colors
from keras_pix2pix.data.files.image_facts import is_blurred_label_map
from keras_pix2pix.data.files.reading import read_image
from keras_pix2pix.data.pairing.halves import OTHER_HALF
from keras_pix2pix.data.sets.image_sets import PIX2PIX_CONDITIONS

# Usual names of folders of conditions and of targets, without a plural s, the surest first.
CONDITION_NAMES = (
    *("condition", "mask", "label", "annotation", "segmentation", "outline", "edge", "sketch"),
    *("input", "source", "a"),
)
TARGET_NAMES = (
    *("target", "photo", "render", "picture", "image", "img", "real", "groundtruth", "gt"),
    *("output", "b"),
)
# Number of images, spread over a folder, that are looked at.
SAMPLED = 16


def choose_folders(
    folders: Mapping[str, Mapping[str, str]], condition: str | None
) -> tuple[str, str]:
    """Return the names of the sub-folders of the conditions and of the targets.

    Args:
        folders: dict from the name of a sub-folder to its images, a dict from name to path.
        condition: str, the sub-folder of the conditions, or `None` to choose it.

    Raises:
        ValueError: if there are three or more sub-folders, and their names do not tell.
    """
    known = _by_rank(folders, CONDITION_NAMES)
    targets = _by_rank(folders, TARGET_NAMES)
    if condition is None and known:
        condition = known[0]
    if len(folders) == 2:
        if condition is None and targets:
            (condition,) = folders.keys() - {targets[0]}
        if condition is None:
            maps = [name for name, images in folders.items() if _are_label_maps(images.values())]
            condition = maps[0] if len(maps) == 1 else min(folders)
        (target,) = folders.keys() - {condition}
        return condition, target
    targets = [name for name in targets if name != condition]
    if condition is None or not targets:
        raise ValueError(
            f"Which of the sub-folders {_some(folders)} are condition and target? Keep two of "
            "them, or give them names such as mask and photo. If each of them holds a pair, name "
            "the pairs in a CSV file, or use PairDataset.from_folders(folder, folder, "
            'patterns=("(.+)/ct$", "(.+)/mr$")).'
        )
    return condition, targets[0]


def _some(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:5]) + f" and {len(names) - 5} more" * (len(names) > 5)


def _by_rank(names: Iterable[str], usual_names: Sequence[str]) -> list[str]:
    """Return those names that are usual, the surest first."""
    ranks = {name: _rank(name, usual_names) for name in names}
    return sorted((name for name in ranks if ranks[name] >= 0), key=ranks.__getitem__)


def _rank(name: str, usual_names: Sequence[str]) -> int:
    """Return the index of a name, with or without plural s, or -1."""
    name = name.lower()
    for candidate in (name, name.removesuffix("s")):
        if candidate in usual_names:
            return usual_names.index(candidate)
    return -1


def choose_half(
    folder: Path, images: Sequence[str], condition: str | None, swap: bool
) -> str | None:
    """Return the half of each image that is the condition, or `None` if they hold no pairs.

    Args:
        folder: `Path`, which may have the name of a set of the pix2pix paper.
        images: sequence of paths.
        condition: str, the half that is wanted, or `None` to choose it.
        swap: bool, whether to return the other half.
    """
    if condition is not None and condition not in OTHER_HALF:
        return None
    sizes = sample_sizes(images)
    if not sizes:
        return None
    half = condition
    if half is None and all(width == 2 * height for width, height in sizes):
        names = (folder.name, folder.parent.name)
        known = [PIX2PIX_CONDITIONS[name] for name in names if name in PIX2PIX_CONDITIONS]
        half = known[0] if known else _half_of_label_maps(images, "left")
    if half is None and all(height == 2 * width for width, height in sizes):
        half = _half_of_label_maps(images, "top")
    return OTHER_HALF[half] if half and swap else half


def sample_sizes(images: Sequence[str]) -> list[tuple[int, int]]:
    """Return width and height of some images, spread over all of them. Broken files are ignored."""
    return [size for size in map(_size, _sample(images)) if size]


def of_odd_proportions(images: Sequence[str]) -> list[str]:
    """Return the images whose proportions differ from those that at least half of them have."""
    sizes = {path: size for path, size in zip(images, map(_size, images)) if size}
    proportions = {path: Fraction(*size) for path, size in sizes.items()}
    if not proportions:
        return []
    usual, count = Counter(proportions.values()).most_common(1)[0]
    odd = [path for path, proportion in proportions.items() if proportion != usual]
    return odd if 2 * count >= len(proportions) else []


def _size(path: str) -> tuple[int, int] | None:
    try:
        with Image.open(path) as image:
            return image.size
    except (OSError, Image.DecompressionBombError):
        # An error names the file when the pairs are read.
        return None


def _sample(paths: Iterable[str]) -> list[str]:
    paths = list(paths)
    if not paths:
        return []
    return [paths[i] for i in np.unique(np.linspace(0, len(paths) - 1, SAMPLED).astype(int))]


def _are_label_maps(paths: Iterable[str]) -> bool:
    try:
        return _are_nearly_all_label_maps([read_image(path) for path in _sample(paths)])
    except ValueError:
        # An error names the file when the pairs are read.
        return False


def _are_nearly_all_label_maps(images: Sequence[np.ndarray]) -> bool:
    """Return whether nearly all images have few colors, but for what JPEG has made of them."""
    maps = [has_few_colors(image) or is_blurred_label_map(image) for image in images]
    return sum(maps) >= 0.75 * len(maps)


def _half_of_label_maps(images: Sequence[str], first: str) -> str:
    """Return the half that is a label map, if only the second half is one; else the first.

    Args:
        images: sequence of paths.
        first: `"left"` or `"top"`.
    """
    axis = 1 if first == "left" else 0
    try:
        halves = [np.array_split(read_image(path), 2, axis) for path in _sample(images)]
    except ValueError:
        return first
    are_maps = [_are_nearly_all_label_maps(half) for half in zip(*halves)]
    return OTHER_HALF[first] if are_maps == [False, True] else first
