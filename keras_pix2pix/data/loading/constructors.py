"""Constructors of `PairDataset` from folders, from images that hold a pair each, and from lists."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from keras_pix2pix.data.conditions.own import as_condition
from keras_pix2pix.data.files.formats import Format, Picture
from keras_pix2pix.data.files.messages import indented_lines, printable_path
from keras_pix2pix.data.pairing.folders import find_images, names_of_paths
from keras_pix2pix.data.pairing.halves import OTHER_HALF, HalfOfImage
from keras_pix2pix.data.pairing.lists import read_column, read_list
from keras_pix2pix.data.pairing.matching import in_one_encoding, match_names, suggest_match
from keras_pix2pix.data.pairing.sources import ConditionFormat, reader_of_each
from keras_pix2pix.data.pairing.splits import groups_by
from keras_pix2pix.types import PathLike

if TYPE_CHECKING:
    from keras_pix2pix.data.loading.dataset import PairDataset

COLORS = (Picture(3), Picture(3))

# The docstrings are those of class methods: `cls` is not among their arguments.


def from_folders(  # noqa: D417
    cls: type["PairDataset"],
    /,
    conditions: PathLike | tuple[PathLike, ...],
    targets: PathLike,
    formats: tuple[ConditionFormat, Format] = COLORS,
    patterns: Sequence[str | None] | None = None,
    group: str | None = None,
    weights: PathLike | None = None,
    **kwargs: Any,
) -> "PairDataset":
    """Make pairs from the images of two folders that have the same name.

    The name of an image is its path below the folder without the suffix.

    Args:
        conditions: path of the folder of conditions, or a tuple of several paths. The images of
            several folders are concatenated.
        targets: path of the folder of targets.
        formats: as for `PairDataset`. Defaults to `(Picture(3), Picture(3))`.
        patterns: sequence of regular expressions, one for each folder, which are searched in the
            names. The text that the groups match becomes the name. Images that do not match are
            ignored. Defaults to `None`: the names are compared as they are.
        group: str, a regular expression that is searched in the names. The matched text is the
            group of a pair, for example its patient. `split` keeps a group on one side. Defaults to
            `None`.
        weights: path of the folder of images that say how much each pixel counts, see
            `PairDataset`; the last in `patterns`. Defaults to `None`.
        **kwargs: as for `PairDataset`. With `on_error="skip"`, images without a partner are also
            left out. With `read`, files of any suffix are images.

    Raises:
        ValueError: for a folder without images, and for images without a partner. The message lists
            them.

    Example:

    ```python
    train = PairDataset.from_folders("masks/", "photos/", patterns=("(.+)_mask$", "(.+)"))
    train = PairDataset.from_folders("set/", "set/", patterns=("(.+)/in/(.+)", "(.+)/out/(.+)"))
    ```
    """
    paths = (*(conditions if isinstance(conditions, tuple) else (conditions,)), targets)
    readers = reader_of_each(kwargs.get("read"), len(paths))
    if weights is not None:
        paths, readers = (*paths, weights), (*readers, None)
    patterns = patterns or (None,) * len(paths)
    if len(patterns) != len(paths):
        raise ValueError(
            f"patterns must be {len(paths)} regular expressions, one for each folder. Received: "
            f"{patterns}"
        )
    folders = [
        in_one_encoding(find_images(path, pattern, reader is not None))
        for path, pattern, reader in zip(paths, patterns, readers)
    ]
    names, unmatched = match_names(folders)
    if unmatched and (not names or kwargs.get("on_error") != "skip"):
        raise ValueError(
            f"{len(unmatched)} files have no partner. {suggest_match(folders)}"
            f"{indented_lines(unmatched)}"
        )
    columns = [[images[name] for name in names] for images in folders]
    if weights is not None:
        kwargs["weights"] = columns.pop()
    *condition_paths, target_paths = columns
    if group is not None:
        kwargs["groups"] = groups_by(group, names)
    dataset = cls(tuple(condition_paths), target_paths, formats=formats, names=names, **kwargs)
    dataset.leave_out({}, unmatched)
    return dataset


def from_side_by_side(  # noqa: D417
    cls: type["PairDataset"],
    /,
    folder: PathLike,
    condition: str = "left",
    formats: tuple[ConditionFormat, Format] = COLORS,
    group: str | None = None,
    **kwargs: Any,
) -> "PairDataset":
    """Make pairs from images that contain both halves: the condition and the target.

    Args:
        folder: path of the folder of images. Its sub-folders are included.
        condition: `"left"`, `"right"`, `"top"` or `"bottom"`, the half that is the condition.
            Defaults to `"left"`.
        formats: as for `PairDataset`. Defaults to `(Picture(3), Picture(3))`.
        group: as for `from_folders`. Defaults to `None`.
        **kwargs: as for `PairDataset`.

    Raises:
        ValueError: for a folder without images, and for another `condition`. When a pair is read:
            if the image has no halves of the same size.
    """
    if condition not in OTHER_HALF:
        raise ValueError(
            f"condition must be one of {', '.join(map(repr, OTHER_HALF))}. Received: {condition!r}"
        )
    images = find_images(folder, any_ending=kwargs.get("read") is not None)
    conditions, targets = (
        [HalfOfImage(path, half) for path in images.values()]
        for half in (condition, OTHER_HALF[condition])
    )
    if group is not None:
        kwargs["groups"] = groups_by(group, list(images))
    return cls(conditions, targets, formats=formats, names=list(images), **kwargs)


def from_list(  # noqa: D417
    cls: type["PairDataset"],
    /,
    pairs: PathLike | Iterable[Sequence[PathLike]],
    root: PathLike | None = None,
    formats: tuple[ConditionFormat, Format] = COLORS,
    group: str | None = None,
    **kwargs: Any,
) -> "PairDataset":
    """Make pairs from a CSV file or a list of paths.

    Args:
        pairs: path of a CSV file, or an iterable of tuples of paths. Each row has the condition and
            the target; further condition images are between them. A CSV file may have titles in its
            first line, and other columns that name no files.
        root: path of the folder that the paths are relative to. Defaults to `None`: the folder of
            the CSV file, or the current folder for tuples.
        formats: as for `PairDataset`. Defaults to `(Picture(3), Picture(3))`.
        group: str, the title of a column of the CSV file, or a regular expression that is searched
            in the name of a pair: its patient, for example. `split` keeps a group on one side.
            Defaults to `None`.
        **kwargs: as for `PairDataset`.

    Raises:
        ValueError: for rows of different lengths, and for files that do not exist.

    Example:

    ```python
    train = PairDataset.from_list("pairs.csv", image_size=256)
    train = PairDataset.from_list([("a_mask.png", "a.jpg"), ("b_mask.png", "b.jpg")])
    cases = PairDataset.from_list("pairs.csv", group="patient")
    ```
    """
    columns = read_list(pairs, root)
    missing = [
        printable_path(path) for paths in columns for path in paths if not os.path.exists(path)
    ]
    if missing and kwargs.get("on_error") != "skip":
        raise ValueError(f"{len(missing)} files do not exist.{indented_lines(missing)}")
    *conditions, targets = columns or [[], []]
    if group is not None:
        found = read_column(pairs, group, root) if isinstance(pairs, str | os.PathLike) else None
        kwargs["groups"] = found or groups_by(group, names_of_paths((*conditions, targets)[0]))
    return cls(tuple(conditions), targets, formats=formats, **kwargs)


def from_pictures(  # noqa: D417
    cls: type["PairDataset"],
    /,
    folder: PathLike,
    condition: Any,
    format: Format = COLORS[1],
    pattern: str | None = None,
    group: str | None = None,
    **kwargs: Any,
) -> "PairDataset":
    """Make pairs from pictures alone: the condition is computed from the picture.

    It is computed when a pair is read, from the picture as it is augmented. What is random in it
    depends on `(seed, epoch, index)` alone. `keras-pix2pix prepare` writes such pairs to files.

    Args:
        folder: path of the folder of pictures. Its sub-folders are included.
        condition: what is computed: `EdgeDrawing()`, `Lightness()`, `Gray()`, `Holes()`,
            `BlankRectangle()`, `Smaller()`, `Noise()`, `Blur()`, `JPEGArtifacts()`; or a function
            of a picture and a `numpy.random.Generator`, see `OwnCondition`.
        format: `Picture`, what the values of the pictures mean. Defaults to `Picture(3)`.
        pattern: str, a regular expression that is searched in the names. Pictures that it does not
            match are left out. The text that its groups match becomes the name. Defaults to `None`:
            all pictures.
        group: as for `from_folders`. Defaults to `None`.
        **kwargs: as for `PairDataset`.

    Raises:
        ValueError: for a folder without images, for a condition that is none, and for sizes and
            formats of which there is no such condition.

    Example:

    ```python
    train = PairDataset.from_pictures("photos/", condition=EdgeDrawing(), image_size=256)
    train, val = PairDataset.from_pictures("photos/", Lightness(), image_size=256).split(0.1)
    ```
    """
    images = find_images(folder, pattern, any_ending=kwargs.get("read") is not None)
    if group is not None:
        kwargs["groups"] = groups_by(group, list(images))
    made = as_condition(condition)
    formats = format, format
    return cls(made, list(images.values()), formats=formats, names=list(images), **kwargs)


def train_and_validation(
    constructor: Callable[..., "PairDataset"],
    train: tuple[Any, ...],
    validation: tuple[Any, ...],
    options: Mapping[str, Any],
) -> tuple["PairDataset", "PairDataset"]:
    """Make two datasets, of training and of validation pairs. Only the first is augmented.

    Args:
        constructor: function that makes a `PairDataset`, such as `PairDataset.from_folders`.
        train: tuple of its positional arguments for the training pairs.
        validation: tuple of its positional arguments for the validation pairs.
        options: mapping of its other arguments. `augment` is for the training pairs.
    """
    return (
        constructor(*train, **options),
        constructor(*validation, **{**options, "augment": False}),
    )
