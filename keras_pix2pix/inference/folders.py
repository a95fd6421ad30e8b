"""Pictures for many files: named alike, whole or not there, and not generated twice."""

import collections
import contextlib
import glob
import itertools
import os
import signal
import sys
import tempfile
import threading
import zlib
from pathlib import Path
from typing import NamedTuple

import keras

from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.data.files.writing import row_writer, suffix_for
from keras_pix2pix.data.pairing.folders import IMAGE_SUFFIXES, find_images, natural_sort_key
from keras_pix2pix.inference.generation import Condition, check_parts, is_path


class Translated(NamedTuple):
    """What became of many files.

    Attributes:
        written: list of the paths of pictures that were generated.
        kept: list of the paths of pictures that were there already.
        broken: list of tuples of the path of a condition and the reason why it has no picture.
    """

    written: list
    kept: list
    broken: list


def translate(generation, source, output, overwrite):
    """What `Pix2Pix.translate_files` does, by a `Generation`."""
    output = Path(output)
    several = source if isinstance(source, tuple) else (source,)
    check_parts(several, generation.formats)
    found = [_find(part) for part in several]
    for part, paths in zip(several, found):
        _keep_apart(part, paths, output)
    sources = {
        name: tuple(paths[name] for paths in found)
        for name in found[0]
        if all(name in paths for paths in found)
    }
    done = Translated([], [], [])
    for path in (path for paths in found for name, path in paths.items() if name not in sources):
        done.broken.append((path, f"{printable_path(path)} has no partner of the same name"))
    with _ended_by_exception(), _told_why(output, done):
        _check_writable(output)
        missing = _missing(generation, sources, output, overwrite, done)
        for conditions, files in _generated(generation, missing, done):
            try:
                for path, size, bands in files:
                    shape = *size, generation.channels
                    with row_writer(path, shape, generation.dtype) as write:
                        for rows in bands:
                            write(rows)
                    done.written.append(path)
            except ValueError as error:
                done.broken.append((conditions[0], str(error)))
    return done


def _missing(generation, sources, output, overwrite, done):
    """Yield conditions, the number of their noise, and the files that they lack."""
    ending = suffix_for(generation.dtype, generation.channels)
    bar = keras.utils.Progbar(len(sources), unit_name="image")
    for count, (name, paths) in enumerate(sources.items()):
        bar.update(count)
        names = [name]
        if generation.samples is not None:
            names = [f"{name}_{sample + 1}" for sample in range(generation.samples)]
        files = [output / f"{name}{ending}" for name in names]
        if not overwrite and all(file.exists() for file in files):
            done.kept.extend(files)
            continue
        yield paths, zlib.crc32(os.fsencode(name)), files
    bar.update(len(sources))


def _generated(generation, missing, done):
    """Yield conditions, and of each of their files the path, the size, and its bands of rows."""
    by_rows = generation.tiling is not None

    def opened():
        for paths, number, files in missing:
            try:
                yield paths, number, files, Condition(paths, generation.formats, by_rows)
            except (FileNotFoundError, ValueError) as error:
                done.broken.append((paths[0], str(error)))

    if by_rows or generation.stochastic:
        for paths, number, files, condition in opened():
            size = condition.height, condition.width
            bands = (generation.bands(condition, seed, number) for seed in generation.seeds)
            yield paths, zip(files, itertools.repeat(size), bands)
        return
    read = collections.deque()

    def encoded():
        for paths, _, files, condition in opened():
            try:
                image = generation.encoded(condition)
            except ValueError as error:
                done.broken.append((paths[0], str(error)))
                continue
            read.append((paths, files))
            yield image

    for pictures in generation.batches(encoded(), itertools.count()):
        paths, files = read.popleft()
        yield paths, [(files[0], pictures[0].shape[:2], pictures)]


def _find(source):
    """Paths of images, by the names that their pictures get."""
    if is_path(source) and os.path.isdir(source):
        return find_images(source)
    if not is_path(source):
        paths = [os.path.abspath(path) for path in source]
        root = os.path.commonpath(map(os.path.dirname, paths)) if paths else ""
    elif os.path.exists(source):
        paths, root = [os.fspath(source)], os.path.dirname(source)
    else:
        matching = glob.glob(os.fspath(source), recursive=True)
        matching = [
            path for path in matching if os.path.splitext(path)[1].lower() in IMAGE_SUFFIXES
        ]
        paths, root = sorted(matching, key=natural_sort_key), _searched(source)
    found = {}
    for path in paths:
        name = os.path.splitext(os.path.relpath(path, root))[0]
        if name in found:
            raise ValueError(
                f"{printable_path(found[name])} and {printable_path(path)} would have the same "
                f"picture, {printable_path(name)!r}. Translate them into different folders."
            )
        found[name] = path
    if not found:
        raise ValueError(f"There is no folder, and no image, that {source!r} names.")
    return found


def _searched(source):
    """The folder that a pattern searches with all its sub-folders."""
    folder = os.fspath(source)
    while glob.has_magic(folder):
        folder = os.path.dirname(folder)
    return folder


def _keep_apart(source, found, output):
    """Refuse to write where images are read, now or when called again."""
    target = os.path.realpath(output)
    mixed = target in {os.path.realpath(os.path.dirname(path)) for path in found.values()}
    if is_path(source) and (os.path.isdir(source) or "**" in os.fspath(source)):
        root = os.path.realpath(source if os.path.isdir(source) else _searched(source))
        mixed = mixed or os.path.commonpath([root, target]) == root
    if mixed:
        raise ValueError(
            "output must be a folder of its own, not where the images are: called again, pictures "
            f"would be taken for conditions. Received: {printable_path(output)}"
        )


def _check_writable(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


@contextlib.contextmanager
def _told_why(output, done):
    """Say of files that cannot be written what to do about it."""
    try:
        yield
    except OSError as error:
        raise OSError(
            error.errno,
            f"{printable_path(output)} cannot be written to: {error.strerror or error}. "
            f"{len(done.written)} pictures were written, and are kept when called again",
        ) from error


@contextlib.contextmanager
def _ended_by_exception():
    """Until the end, SIGTERM removes what is half-written before the program ends."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
