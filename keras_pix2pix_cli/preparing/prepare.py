"""The command `prepare`: pictures in, pairs of files out."""

import json
import os
import sys
import zlib
from argparse import Namespace
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np

from keras_pix2pix.data import Gray, Lightness, Picture, PictureCondition
from keras_pix2pix.data.files.colors import has_few_colors
from keras_pix2pix.data.files.geometry import as_size, crop_and_resize, match_proportions
from keras_pix2pix.data.files.messages import indented_lines, printable_path
from keras_pix2pix.data.files.reading import read_image
from keras_pix2pix.data.files.writing import atomic_path, suffix_for, write_rows
from keras_pix2pix.data.pairing.folders import find_images
from keras_pix2pix.data.pairing.halves import HalfOfImage
from keras_pix2pix.data.pairing.matching import in_one_encoding, match_names
from keras_pix2pix_cli.preparing.kinds import condition_of
from keras_pix2pix_cli.preparing.sides import side_by_side
from keras_pix2pix_cli.waiting import bar_on_terminal

# What was asked for, beside the pictures: they are not mixed with those of another command.
SETTINGS = "prepared.json"

# A function of a name that returns the images to write: one, or condition and target.
Make = Callable[[str], list[np.ndarray]]


def prepare(args: Namespace) -> int:
    """Write a picture, or a pair, for every picture of a folder."""
    output = Path(args.output)
    layout = _layout(args)
    names, make = _job(args)
    output.mkdir(parents=True, exist_ok=True)
    _check_settings(output, args, layout)
    broken: list[str] = []
    counts = {"written": 0, "kept": 0}

    def write(name: str) -> str:
        existing = [path for path in _files(output, name, layout, None) if path.exists()]
        if not args.overwrite and len(existing) == (2 if layout == "folders" else 1):
            return "kept"
        try:
            _write(output, name, layout, make(name), args.overwrite)
        except (ValueError, ImportError) as error:
            broken.append(str(error))
            return "broken"
        return "written"

    with bar_on_terminal("preparing pictures"), ThreadPoolExecutor(os.cpu_count()) as threads:
        bar = keras.utils.Progbar(len(names), unit_name="picture")
        try:
            for done, result in enumerate(threads.map(write, names), 1):
                counts[result] = counts.get(result, 0) + 1
                bar.update(done)
        except BaseException:
            # Ctrl-C, or a full disk: what is under way is finished, and nothing else is begun.
            threads.shutdown(cancel_futures=True)
            raise
    if args.json:
        print(json.dumps({**counts, "broken": broken}))
    else:
        print(f"{counts['written']} written, {counts['kept']} kept, {len(broken)} broken")
    # What is missing is missing for every picture.
    for reason in sorted(set(broken)):
        print(f"keras-pix2pix prepare: {reason}", file=sys.stderr)
    return int(bool(broken))


def _layout(args: Namespace) -> str:
    if args.kind == "resize":
        return "conditions"
    return args.layout or ("folders" if args.kind == "split" else "side-by-side")


def _job(args: Namespace) -> tuple[list[str], Make]:
    """Return the names of the pictures, and what makes the images of each."""
    folders = [in_one_encoding(find_images(source)) for source in args.source]
    if args.kind == "combine":
        names, unmatched = match_names(folders)
        if unmatched:
            raise ValueError(f"{len(unmatched)} files have no partner.{indented_lines(unmatched)}")
        return names, lambda name: [_read(found[name], args) for found in folders]
    (images,) = folders
    if args.kind == "split":
        return list(images), lambda name: _halves(images[name], args)
    if args.kind == "resize":
        return list(images), lambda name: [_read(images[name], args)]
    condition = condition_of(args.kind)
    return list(images), lambda name: _computed(condition, name, images[name], args)


def _read(path: str, args: Namespace, channels: int | None = None) -> np.ndarray:
    return _resized(_prepared(read_image(path), path, channels), args)


def _prepared(image: np.ndarray, path: str, channels: int | None) -> np.ndarray:
    """Return an image without an alpha channel that is opaque, and in the channels wanted."""
    if image.dtype == bool:
        image = image.astype("uint8") * 255
    found = image.shape[-1]
    wanted = channels or {2: 1, 4: 3}.get(found, found)
    if image.dtype.kind == "f" and found in (2, 4):
        wanted = found
    try:
        return Picture(wanted).prepared(image, printable_path(path))
    except ValueError as error:
        # The formats that it advises are those of a training.
        what, advice, _ = str(error).partition(" Convert the image")
        raise ValueError(f"{what}{advice and f'{advice}.'}") from error


def _resized(image: np.ndarray, args: Namespace) -> np.ndarray:
    if args.size is None:
        return image
    size = as_size(args.size)
    fill = Picture().fill(image.dtype)
    image = match_proportions(image, size, args.resize, fill)
    height, width = image.shape[:2]
    # Masks keep their values.
    return crop_and_resize(image, size, (0, 0, width, height), has_few_colors(image))


def _halves(path: str, args: Namespace) -> list[np.ndarray]:
    image = _prepared(read_image(path), path, None)
    halves = [HalfOfImage(path, half).cut(image) for half in ("left", "right")]
    return [_resized(half, args) for half in halves]


def _computed(
    condition: PictureCondition, name: str, path: str, args: Namespace
) -> list[np.ndarray]:
    colors = isinstance(condition, Gray | Lightness)
    image = _read(path, args, 3 if colors else None)
    picture = Picture(image.shape[-1], interpolation="bicubic", dtype=image.dtype.name)
    # The draw of a picture depends on its name, whatever else is in the folder.
    rng = np.random.default_rng((args.seed, zlib.crc32(os.fsencode(name))))
    try:
        return [condition.written(image, rng, picture), image]
    except ValueError as error:
        raise ValueError(f"{printable_path(path)}: {error}") from error


def _check_settings(output: Path, args: Namespace, layout: str) -> None:
    """Refuse to mix pictures with those of another command in the same folder."""
    settings = {
        "kind": args.kind,
        "layout": layout,
        "size": args.size,
        "resize": args.resize,
        "seed": args.seed,
    }
    file = output / SETTINGS
    if file.exists() and not args.overwrite:
        earlier = json.loads(file.read_text())
        changed = [
            f"{name} {earlier.get(name)}"
            for name in settings
            if earlier.get(name) != settings[name]
        ]
        if changed:
            raise ValueError(
                f"{printable_path(output)} has pictures that were prepared with "
                f"{', '.join(changed)}. Use another folder, or --overwrite to replace them."
            )
    with atomic_path(file) as temporary:
        temporary.write_text(json.dumps(settings, indent=2) + "\n")


def _write(output: Path, name: str, layout: str, images: list[np.ndarray], overwrite: bool) -> None:
    if layout == "side-by-side":
        images = [side_by_side(*images)]
    elif layout == "conditions":
        images = images[:1]
    for image, path in zip(images, _files(output, name, layout, images)):
        if path.exists() and not overwrite:
            continue
        write_rows(path, image.shape, image.dtype, [image])


def _files(output: Path, name: str, layout: str, images: list[np.ndarray] | None) -> Iterator[Path]:
    """Yield the files of a picture: those to write, or those that may exist."""
    folders = [output / "condition", output / "target"] if layout == "folders" else [output]
    for number, folder in enumerate(folders):
        if images is not None:
            image = images[number]
            yield folder / f"{name}{suffix_for(image.dtype, image.shape[-1])}"
            continue
        for suffix in (".png", ".tif"):
            yield folder / f"{name}{suffix}"
