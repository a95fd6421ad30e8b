"""Images in tar files, as WebDataset writes them: read in any order, without unpacking."""

import functools
import glob
import os
import tarfile
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.data.files.reading import decode_image
from keras_pix2pix.types import PathLike

# Where a file is: the number of its tar file, its first byte, and its length.
Place = tuple[int, int, int]


class TarImages(Sequence):
    """Images inside of tar files, as functions that read one each.

    Args:
        tars: list of the paths of the tar files.
        places: array of ints of shape `(count, 3)`, a `Place` for each image.
        names: list of str, the name of each image without its ending.
        ending: str, what follows the names.
        palette_indices: bool, as for `read_image`.
    """

    def __init__(
        self,
        tars: Sequence[str],
        places: np.ndarray,
        names: Sequence[str],
        ending: str,
        palette_indices: bool,
    ) -> None:
        self._tars = tars
        self._places = places
        self._names = names
        self._ending = ending
        self._palette_indices = palette_indices

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: int) -> Callable[[], np.ndarray]:  # type: ignore[override]
        """Return a function that reads an image."""
        # A loop over all ends there.
        if not 0 <= number < len(self):
            raise IndexError(f"image {number} of {len(self)}")
        return functools.partial(self._read, number)

    def _read(self, number: int) -> np.ndarray:
        tar, start, length = self._places[number].tolist()
        with open(self._tars[tar], "rb") as file:
            file.seek(start)
            content = file.read(length)
        name = f"{printable_path(self._tars[tar])}: {self._names[number]}.{self._ending}"
        return decode_image(content, name, self._palette_indices)


def find_tars(tars: PathLike | Sequence[PathLike]) -> list[str]:
    """Return the paths of tar files.

    Args:
        tars: path or pattern, such as `"shards/*.tar"`, or a sequence of paths.

    Raises:
        ValueError: if there is none.
    """
    if not isinstance(tars, str | os.PathLike):
        return [os.fspath(path) for path in tars]
    path = os.fspath(tars)
    found = [path] if os.path.exists(path) else sorted(glob.glob(path, recursive=True))
    if not found:
        raise ValueError(
            f"There are no tar files {printable_path(tars)}. Give a pattern such as 'shards/*.tar',"
            " or a list of paths of this machine."
        )
    return found


def index_tars(
    tars: Sequence[str], endings: Sequence[str]
) -> tuple[list[str], np.ndarray, list[str]]:
    """Return where the images of each pair are.

    As WebDataset has it, files that follow one another belong together if their names are the same
    up to the first dot. What follows the dot says what a file is.

    Args:
        tars: list of paths of tar files.
        endings: list of str, of the files of a pair.

    Returns:
        A tuple of the names of the pairs, an array of ints of shape `(pairs, endings, 3)` with the
        `Place` of each image, and a list of messages about names that lack a file.

    Raises:
        ValueError: for a file that is no tar file, or is compressed.
    """
    names, places, unmatched = [], [], []
    for tar, path in enumerate(tars):
        for name, files in _groups(path, endings):
            if len(files) == len(endings):
                names.append(name)
                places.append([(tar, *files[ending]) for ending in endings])
            elif files:
                missing = ", ".join(f".{ending}" for ending in endings if ending not in files)
                unmatched.append(f"{printable_path(path)}: {name} has no {missing}")
    return names, np.array(places, "int64").reshape(-1, len(endings), 3), unmatched


def _groups(path: str, endings: Sequence[str]) -> Iterator[tuple[str, dict[str, tuple[int, int]]]]:
    """Yield the names in a tar file, each with the start and length of its files."""
    name: str | None = None
    files: dict[str, tuple[int, int]] = {}
    try:
        with tarfile.open(path, "r:") as tar:
            while (member := tar.next()) is not None:
                # Or all of them would be kept.
                tar.members = []  # type: ignore[attr-defined]
                if not member.isfile():
                    continue
                folder, _, file = member.name.rpartition("/")
                stem, _, ending = file.partition(".")
                stem = f"{folder}/{stem}" if folder else stem
                if stem != name:
                    if name is not None:
                        yield name, files
                    name, files = stem, {}
                if ending in endings:
                    files[ending] = member.offset_data, member.size
            # Where a file was cut short, tarfile ends as if it were complete.
            with open(path, "rb") as content:
                content.seek(tar.offset)
                if content.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
                    raise tarfile.ReadError("it is cut short")
    except tarfile.TarError as error:
        raise ValueError(
            f"{printable_path(path)} cannot be read as a tar file that is not compressed: {error}"
        ) from error
    if name is not None:
        yield name, files
