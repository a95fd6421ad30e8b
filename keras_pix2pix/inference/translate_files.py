"""What `Pix2Pix.translate_files` does: find image files, and write a picture for each.

Pictures have the names of their conditions. Each is written whole or not at all, and is not
generated twice.
"""

import collections
import contextlib
import itertools
import os
import signal
import sys
import tempfile
import threading
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_pix2pix.data import Labels, Picture
from keras_pix2pix.data.files.colors import palette_indices
from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.data.files.tiff import TiffLayout, is_tiff
from keras_pix2pix.data.files.writing import suffix_for, write_rows
from keras_pix2pix.inference.condition import Condition, check_count
from keras_pix2pix.inference.sources import find_sources, keep_apart
from keras_pix2pix.inference.translator import Translator
from keras_pix2pix.types import PathLike

# Height and width in pixels.
Size = tuple[int, int]


class Translated(NamedTuple):
    """What became of many files.

    Attributes:
        written: list of the paths of pictures that were generated.
        kept: list of the paths of pictures that were there already.
        broken: list of tuples of the path of a condition and the reason why it has no picture.
    """

    written: list[Path]
    kept: list[Path]
    broken: list[tuple[str, str]]


class _Job(NamedTuple):
    """A condition whose pictures are not all there: its images, and the files to write."""

    images: tuple[str, ...]
    # Tells its noise apart, whatever else is in the folder.
    noise_id: int
    files: list[Path]


def translate_files(
    translator: Translator,
    source: Any,
    output: PathLike,
    overwrite: bool,
    part: tuple[int, int] = (0, 1),
) -> Translated:
    """Generate a file for every image that a source names.

    Args:
        translator: a `Translator`.
        source: path of a folder or an image, pattern, list of paths, or a tuple of these, see
            `Pix2Pix.translate_files`.
        output: path of the folder to write to.
        overwrite: bool, whether pictures that are there are generated again.
        part: tuple `(index, count)`, which of so many parts of the images is translated.

    Returns:
        A `Translated`.

    Raises:
        ValueError: if nothing is found, two images would have the same name, the output folder is
            where the images are, or there is no such part.
        OSError: if the output folder cannot be written to, or its disk is full.
    """
    _check_part(part)
    output = Path(output).expanduser()
    several = source if isinstance(source, tuple) else (source,)
    check_count(several, translator.formats)
    found = [find_sources(one) for one in several]
    for one, paths in zip(several, found):
        keep_apart(one, paths, output)
    done = Translated([], [], [])
    conditions: dict[str, tuple[str, ...]] = {}
    # Names are those of the whole source, so all parts together are what one call would do.
    index, count = part
    for name in itertools.islice(dict.fromkeys(itertools.chain(*found)), index, None, count):
        images = tuple(paths[name] for paths in found if name in paths)
        if len(images) == len(found):
            conditions[name] = images
            continue
        done.broken.extend(
            (image, f"{printable_path(image)} has no partner of the same name") for image in images
        )
    # A folder may have millions of names.
    del found
    with _ended_by_exception(), _told_why(output, done):
        _check_writable(output)
        jobs = _jobs(translator, conditions, output, overwrite, done)
        for job, pictures in _generated(translator, jobs, done):
            try:
                layout = next(map(TiffLayout.of, filter(is_tiff, job.images)), None)
                for path, size, bands in pictures:
                    _write(translator, path, size, bands, layout)
                    done.written.append(path)
            except ValueError as error:
                done.broken.append((job.images[0], str(error)))
    return done


def _write(
    translator: Translator,
    path: Path,
    size: Size,
    bands: Iterable[np.ndarray],
    layout: TiffLayout | None,
) -> None:
    """Write a picture as the files of the targets are, and as the file of its condition lies."""
    target, channels, palette = translator.target, translator.channels, None
    if isinstance(target, Labels) and target.file_palette is not None:
        palette = target.file_palette
        if channels == 3:
            channels, bands = 1, (palette_indices(rows, palette) for rows in bands)
    alpha = isinstance(target, Picture) and target.alpha == "keep" and channels in (2, 4)
    write_rows(path, (*size, channels), translator.dtype, bands, layout, palette, alpha)


def _check_part(part: tuple[int, int]) -> None:
    index, count = part
    if not 0 <= index < count:
        raise ValueError(
            "part must be (index, count), with the index from 0 to count - 1: (2, 16) is the third "
            f"of 16 parts. Received: part={part}"
        )


def _jobs(
    translator: Translator,
    conditions: dict[str, tuple[str, ...]],
    output: Path,
    overwrite: bool,
    done: Translated,
) -> Iterator[_Job]:
    """Yield the conditions whose pictures are missing, and show the progress."""
    bar = keras.utils.Progbar(len(conditions), unit_name="image")
    for count, (name, images) in enumerate(conditions.items()):
        bar.update(count)
        names = [name]
        if translator.samples is not None:
            names = [f"{name}_{sample + 1}" for sample in range(translator.samples)]
        # A georeference is kept, whichever of the images has it.
        like = next(filter(is_tiff, images), images[0])
        ending = suffix_for(translator.dtype, translator.channels, like)
        files = [output / f"{name}{ending}" for name in names]
        if not overwrite and all(file.exists() for file in files):
            done.kept.extend(files)
            continue
        yield _Job(images, zlib.crc32(os.fsencode(name)), files)
    bar.update(len(conditions))


def _generated(
    translator: Translator, jobs: Iterable[_Job], done: Translated
) -> Iterator[tuple[_Job, Iterable[tuple[Path, Size, Iterable[np.ndarray]]]]]:
    """Yield each job, and of each of its files the path, the size, and bands of rows."""

    def opened() -> Iterator[tuple[_Job, Condition]]:
        for job in jobs:
            try:
                yield job, translator.opened(job.images, job.noise_id)
            except (FileNotFoundError, ValueError) as error:
                done.broken.append((job.images[0], str(error)))

    if translator.tiling or translator.stochastic:
        for job, condition in opened():
            size = condition.height, condition.width
            bands = (translator.bands(condition, seed, job.noise_id) for seed in translator.seeds)
            yield job, zip(job.files, itertools.repeat(size), bands)
        return
    waiting: collections.deque[_Job] = collections.deque()

    def encoded() -> Iterator[np.ndarray]:
        for job, condition in opened():
            try:
                image = translator.encode(condition)
            except ValueError as error:
                done.broken.append((job.images[0], str(error)))
                continue
            waiting.append(job)
            yield image

    for pictures in translator.in_batches(encoded(), itertools.count()):
        job = waiting.popleft()
        yield job, [(job.files[0], pictures[0].shape[:2], pictures)]


def _check_writable(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


@contextlib.contextmanager
def _told_why(output: Path, done: Translated) -> Iterator[None]:
    """Raise errors of writing again, with the folder and what was written."""
    try:
        yield
    except OSError as error:
        raise OSError(
            error.errno,
            f"{printable_path(output)} cannot be written to: {error.strerror or error}. "
            f"{len(done.written)} pictures were written, and are kept when called again",
        ) from error


@contextlib.contextmanager
def _ended_by_exception() -> Iterator[None]:
    """Let SIGTERM raise SystemExit, so that half-written files are removed before the end."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
