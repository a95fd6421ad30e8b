"""Constructors of `PairDataset` from tables and tar files, for more pairs than a folder bears."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keras_pix2pix.data.conditions.condition import PictureCondition
from keras_pix2pix.data.files.formats import Format
from keras_pix2pix.data.files.messages import indented_lines
from keras_pix2pix.data.loading.constructors import COLORS
from keras_pix2pix.data.pairing.sources import ConditionFormat
from keras_pix2pix.data.pairing.tables import ColumnOfImages
from keras_pix2pix.data.pairing.tar_shards import TarImages, find_tars, index_tars
from keras_pix2pix.types import PathLike

if TYPE_CHECKING:
    from keras_pix2pix.data.loading.dataset import PairDataset

# The docstrings are those of class methods: `cls` is not among their arguments.


def from_rows(  # noqa: D417
    cls: type["PairDataset"],
    /,
    rows: Any,
    condition: str | tuple[str, ...] | PictureCondition,
    target: str,
    formats: tuple[ConditionFormat, Format] = COLORS,
    **kwargs: Any,
) -> "PairDataset":
    """Make pairs from two columns of a table, such as a `datasets.Dataset` of Hugging Face.

    A row is read when it is needed. The values are arrays, Pillow images, paths, or the content of
    image files. Images of a `datasets.Dataset` are read exactly, as those in files.

    Args:
        rows: `datasets.Dataset`, or another sequence of mappings.
        condition: str, the column of conditions, or a tuple of several. Or a `PictureCondition`,
            which is computed from each target.
        target: str, the column of targets.
        formats: as for `PairDataset`. Defaults to `(Picture(3), Picture(3))`.
        **kwargs: as for `PairDataset`.

    Raises:
        ValueError: for a table that is streamed, and if there is no such column.

    Example:

    ```python
    rows = datasets.load_dataset("imagefolder", data_dir="pairs/", split="train")
    train = PairDataset.from_rows(rows, "image", "target", image_size=256, augment=True)
    ```
    """

    def column(name: str, format: Format) -> ColumnOfImages:
        return ColumnOfImages(rows, name, format.palette_indices)

    conditions: Any = condition
    if not isinstance(condition, PictureCondition):
        columns = condition if isinstance(condition, tuple) else (condition,)
        conditions = tuple(map(column, columns, _each(formats[0], len(columns))))
    return cls(conditions, column(target, formats[1]), formats=formats, **kwargs)


def from_tars(  # noqa: D417
    cls: type["PairDataset"],
    /,
    tars: PathLike | Sequence[PathLike],
    condition: str | tuple[str, ...],
    target: str,
    formats: tuple[ConditionFormat, Format] = COLORS,
    **kwargs: Any,
) -> "PairDataset":
    """Make pairs from files inside of tar files, such as the shards of WebDataset.

    Files that follow one another belong together if their names are the same up to the first dot:
    `0017.edges.png` and `0017.jpg`. Only the names are read at first, and then each image where it
    is. So pairs are shuffled and held out as those of a folder are.

    Args:
        tars: path of a tar file, which must not be compressed; a pattern such as `"shards/*.tar"`;
            or a sequence of paths.
        condition: str, what follows the first dot in the names of conditions, such as
            `"edges.png"`; or a tuple of several.
        target: str, what follows the first dot in the names of targets, such as `"jpg"`.
        formats: as for `PairDataset`. Defaults to `(Picture(3), Picture(3))`.
        **kwargs: as for `PairDataset`. With `on_error="skip"`, images without a partner are also
            left out.

    Raises:
        ValueError: if there are no tar files, for images without a partner, and for files that are
            no tar files.

    Example:

    ```python
    train = PairDataset.from_tars("shards/*.tar", "edges.png", "jpg", image_size=256, augment=True)
    ```
    """
    conditions = condition if isinstance(condition, tuple) else (condition,)
    endings = [ending.removeprefix(".") for ending in (*conditions, target)]
    paths = find_tars(tars)
    names, places, unmatched = index_tars(paths, endings)
    if unmatched and (not names or kwargs.get("on_error") != "skip"):
        raise ValueError(
            f"{len(unmatched)} images have no partner. Complete the pairs, or leave these out with "
            f"on_error='skip'.{indented_lines(unmatched)}"
        )
    if not names:
        raise ValueError(
            f"No file in the tar files ends in {', '.join(f'.{ending}' for ending in endings)} "
            f"behind the first dot of its name. Received: {len(paths)} tar files, such as "
            f"{paths[:1]}. Give condition and target as the names have them."
        )
    every_format = (*_each(formats[0], len(conditions)), formats[1])
    *images, targets = (
        TarImages(paths, places[:, part], names, ending, format.palette_indices)
        for part, (ending, format) in enumerate(zip(endings, every_format))
    )
    dataset = cls(tuple(images), targets, formats=formats, **{"names": names, **kwargs})
    dataset.leave_out({}, unmatched)
    return dataset


def _each(formats: ConditionFormat, count: int) -> Sequence[Format]:
    """Return the format of each of the images of a condition."""
    return formats if isinstance(formats, tuple | list) else (formats,) * count
