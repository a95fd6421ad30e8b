"""The web page that runs an exported model in the browser. Its files are in the folder page/."""

import itertools
import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from keras_pix2pix.data import Labels, PairDataset, Picture
from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.data.files.reading import read_image
from keras_pix2pix.pix2pix import Pix2Pix

PAGE_FILES = Path(__file__).parent / "page"
MAX_EXAMPLES = 12
# If the examples have at most this many colors, these are the brushes.
MAX_BRUSHES = 32
# Height and width of the drawing, if neither an example nor the generator decides.
DRAWING_SIDE = 256
BLACK, GREY, WHITE = [0, 0, 0], [128, 128, 128], [255, 255, 255]


def drawable_format(model: Pix2Pix) -> Picture | Labels:
    """Return the format of the condition of a model, if it can be drawn.

    Args:
        model: a `Pix2Pix`.

    Raises:
        ValueError: if the condition is not one image of labels, or of 1 or 3 channels.
    """
    conditions = model.formats[0]
    format = conditions[0]
    if len(conditions) == 1:
        if isinstance(format, Labels):
            return format
        if isinstance(format, Picture) and format.channels in (1, 3):
            return format
    raise ValueError(
        "What can be drawn are conditions of one image: labels, or a picture of 1 or 3 channels. "
        f"Received: {', '.join(map(repr, conditions))}"
    )


def rgb_formats(model: Pix2Pix) -> tuple[tuple[Picture | Labels], Picture | Labels]:
    """Return the formats of a model for 8-bit images: labels in colors, pictures in grey or RGB.

    Args:
        model: a `Pix2Pix`.

    Returns:
        A tuple of a tuple of one format, and the format of the target.

    Raises:
        ValueError: if the condition cannot be drawn.
    """
    return (_rgb_format(drawable_format(model)),), _rgb_format(model.formats[1])


def _rgb_format(format: Picture | Labels) -> Picture | Labels:
    if isinstance(format, Labels):
        return Labels(palette=tuple(map(tuple, _colors_of_classes(format))))
    return Picture(format.channels, dtype="uint8")


def _colors_of_classes(format: Labels) -> list[list[int]]:
    one_hot = np.eye(format.channels, dtype="float32") * 2 - 1
    return format.as_rgb(one_hot[None])[0].tolist()


def write_page(
    model: Pix2Pix, folder: Path, examples: PairDataset | Sequence[Any] | None = None
) -> None:
    """Write the page and its files into a folder that has the file `model.onnx`.

    Args:
        model: a `Pix2Pix`.
        folder: `Path` of the folder.
        examples: a list of paths or arrays, or a `PairDataset`. Defaults to `None`.

    Raises:
        ValueError: if the generator cannot take the examples.
    """
    format = drawable_format(model)
    pictures = [
        np.ascontiguousarray(format.as_rgb(example)) for example in _first(examples, format)
    ]
    _, height, width, _ = model.generator.input_shape
    _check_sizes(pictures, height, width)
    shutil.copytree(PAGE_FILES, folder, dirs_exist_ok=True)
    (folder / "examples").mkdir()
    names = [f"examples/{i + 1}.png" for i in range(len(pictures))]
    for name, picture in zip(names, pictures):
        Image.fromarray(picture).save(folder / name)
    size = pictures[0].shape if pictures else (height or DRAWING_SIDE, width or DRAWING_SIDE)
    brushes, any_color = _brushes(format, pictures)
    loaded = ("model.onnx", "onnxruntime.wasm.gz", "onnxruntime.mjs")
    settings = {
        "height": size[0],
        "width": size[1],
        "channels": 3 if isinstance(format, Labels) else format.channels,
        "brushes": brushes,
        "any_color": any_color,
        "background": brushes[0],
        "examples": names,
        "megabytes": round(sum((folder / name).stat().st_size for name in loaded) / 1e6, 1),
    }
    (folder / "settings.json").write_text(json.dumps(settings, indent=2) + "\n")


def _first(
    examples: PairDataset | Sequence[Any] | None, format: Picture | Labels
) -> list[np.ndarray]:
    """Return the first examples, encoded."""
    if isinstance(examples, PairDataset):
        batches = (examples[i][0] for i in range(len(examples)))
        return list(itertools.islice(itertools.chain.from_iterable(batches), MAX_EXAMPLES))
    if examples is None:
        return []
    return [_encoded(example, format) for example in itertools.islice(examples, MAX_EXAMPLES)]


def _encoded(example: Any, format: Picture | Labels) -> np.ndarray:
    name = "an example"
    if not hasattr(example, "shape"):
        name = printable_path(example)
        example = read_image(example, format.palette_indices)
    return format.encode(format.prepared(np.asarray(example), name), name)


def _check_sizes(pictures: list[np.ndarray], height: int | None, width: int | None) -> None:
    """Refuse pictures that are not of the size of the generator, if that is fixed."""
    for picture in pictures:
        rows, columns, _ = picture.shape
        if rows != (height or rows) or columns != (width or columns):
            raise ValueError(
                f"The generator takes images of {height} x {width} pixels. Received: an example "
                f"of {rows} x {columns}"
            )


def _brushes(format: Picture | Labels, pictures: list[np.ndarray]) -> tuple[list[list[int]], bool]:
    """Return the colors of the brushes, and whether the visitor may choose other colors.

    The first color is the background.
    """
    if isinstance(format, Labels):
        return _colors_of_classes(format), False
    counts: Counter[tuple[int, ...]] = Counter()
    for picture in pictures:
        colors, numbers = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
        counts.update(dict(zip(map(tuple, colors.tolist()), numbers.tolist())))
    if 2 <= len(counts) <= MAX_BRUSHES:
        return [list(color) for color, _ in counts.most_common()], False
    most_common = counts.most_common(1)[0][0] if counts else None
    # The background is the most common of both.
    first, second = (BLACK, WHITE) if most_common == tuple(BLACK) else (WHITE, BLACK)
    only_grey = bool(counts) and all(len(set(color)) == 1 for color in counts)
    return [first, second, GREY], format.channels == 3 and not only_grey
