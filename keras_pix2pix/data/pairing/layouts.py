"""How pairs lie in folders and lists: the constructors of `PairDataset` that find them."""

import os

from keras_pix2pix.data.files.formats import Picture
from keras_pix2pix.data.files.images import shown
from keras_pix2pix.data.pairing.names import (
    HALVES,
    Halves,
    find_images,
    listed,
    paired,
    pairing_hint,
    read_list,
)

COLORS = (Picture(3), Picture(3))


def from_folders(cls, conditions, targets, formats=COLORS, patterns=None, **kwargs):
    """Pairs of two folders and their sub-folders, by the names of the files without endings.

    Args:
        conditions: path of the folder of conditions, or a tuple of several, whose images are
            concatenated.
        targets: path of the folder of targets.
        formats: as for `PairDataset`. Defaults to `(Picture(3), Picture(3))`.
        patterns: tuple of one regular expression a folder, searched in a file's path in it
            without ending. What its groups match is the name that pairs; other files are passed
            over. Defaults to `None`, all of the path.
        **kwargs: as for `PairDataset`. With `on_error="skip"`, files without a partner are left
            out, too.

    Raises:
        ValueError: for an empty folder, and for files without a partner, which are listed.

    Example:

    ```python
    train = PairDataset.from_folders("masks/", "photos/", patterns=("(.+)_mask$", "(.+)"))
    train = PairDataset.from_folders("set/", "set/", patterns=("(.+)/in/(.+)", "(.+)/out/(.+)"))
    ```
    """
    several = conditions if isinstance(conditions, tuple) else (conditions,)
    patterns = patterns or (None,) * (len(several) + 1)
    if len(patterns) != len(several) + 1:
        raise ValueError(
            f"patterns must be {len(several) + 1} regular expressions, one a folder. Received: "
            f"{patterns}"
        )
    sides = [find_images(*side) for side in zip((*several, targets), patterns)]
    names, alone = paired(sides)
    if alone and (not names or kwargs.get("on_error") != "skip"):
        raise ValueError(
            f"{len(alone)} files have no partner. {pairing_hint(sides)}{listed(alone)}"
        )
    *paths, target_paths = ([side[name] for name in names] for side in sides)
    dataset = cls(tuple(paths), target_paths, formats=formats, names=names, **kwargs)
    dataset.leave_out({}, alone)
    return dataset


def from_side_by_side(cls, folder, condition="left", formats=COLORS, **kwargs):
    """Pairs stored as one image each, condition and target next to each other.

    Args:
        folder: path of the folder of images, and of its sub-folders.
        condition: `"left"`, `"right"`, `"top"` or `"bottom"`, the half that is the condition.
            Defaults to `"left"`.
        formats: as for `PairDataset`. Defaults to `(Picture(3), Picture(3))`.
        **kwargs: as for `PairDataset`.

    Raises:
        ValueError: for an empty folder or another `condition`; when it is read, for an image
            that has no halves of one size.
    """
    if condition not in HALVES:
        raise ValueError(
            f"condition must be one of {', '.join(map(repr, HALVES))}. Received: {condition!r}"
        )
    found = find_images(folder)
    paths = list(found.values())
    # Left and right, top and bottom are neighbors: 0 and 1, 2 and 3.
    sides = (Halves(paths, HALVES[HALVES.index(condition) ^ other]) for other in (0, 1))
    return cls(*sides, formats=formats, names=list(found), **kwargs)


def from_list(cls, pairs, root=None, formats=COLORS, **kwargs):
    """Pairs as a CSV file or a list of paths names them.

    Args:
        pairs: path of a CSV file, or a sequence of tuples of paths: condition and target;
            between them, further condition images. A first line that names no images is passed
            over.
        root: path that the paths are relative to. Defaults to `None`: the CSV's folder, or
            where the program runs.
        formats: as for `PairDataset`. Defaults to `(Picture(3), Picture(3))`.
        **kwargs: as for `PairDataset`.

    Raises:
        ValueError: for rows of different lengths, and for files that are not there.

    Example:

    ```python
    train = PairDataset.from_list("pairs.csv", image_size=256)
    train = PairDataset.from_list([("a_mask.png", "a.jpg"), ("b_mask.png", "b.jpg")])
    ```
    """
    columns = read_list(pairs, root)
    alone = [shown(path) for side in columns for path in side if not os.path.exists(path)]
    if alone and kwargs.get("on_error") != "skip":
        raise ValueError(f"{len(alone)} files are not there.{listed(alone)}")
    *conditions, targets = columns or [[], []]
    return cls(tuple(conditions), targets, formats=formats, **kwargs)
