"""The page that runs an exported model in the visitor's browser; its files are in page/."""

import itertools
import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from keras_pix2pix.data import Labels, PairDataset, Picture
from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.data.files.reading import read_image

PAGE = Path(__file__).parent / "page"
# How many examples the page offers, and up to how many colors become brushes.
EXAMPLES = 12
BRUSHES = 32
# The side of the drawing where neither an example nor the generator says otherwise.
SIDE = 256


def shown_formats(model):
    """The model's formats with every stored value replaced by the color that shows it.

    Args:
        model: a `Pix2Pix`.

    Returns:
        A tuple of a tuple of one format, and the target's, both for uint8.

    Raises:
        ValueError: for conditions that cannot be drawn on one canvas.
    """
    return (_shown_format(drawn_format(model)),), _shown_format(model.formats[1])


def drawn_format(model):
    """The format of the condition, which is one image that can be drawn.

    Args:
        model: a `Pix2Pix`.

    Raises:
        ValueError: for any other condition.
    """
    format, *others = model.formats[0]
    picture = isinstance(format, Picture) and format.channels in (1, 3)
    if others or not (picture or isinstance(format, Labels)):
        raise ValueError(
            "What can be drawn are conditions of one image: labels, or a picture of 1 or 3 "
            f"channels. Received: {', '.join(map(repr, model.formats[0]))}"
        )
    return format


def _shown_format(format):
    if isinstance(format, Labels):
        one_hot = np.eye(format.classes, dtype="float32") * 2 - 1
        return Labels(palette=tuple(map(tuple, format.as_rgb(one_hot[None])[0].tolist())))
    return Picture(format.channels, dtype="uint8")


def write_page(model, folder, examples=None):
    """Put the page and all that it loads into a folder that holds `model.onnx`.

    Args:
        model: a `Pix2Pix`.
        folder: path of the folder.
        examples: a list of paths or arrays, or a `PairDataset`. Defaults to `None`.

    Raises:
        ValueError: for examples that the generator cannot take.
    """
    format = model.formats[0][0]
    pictures = [_colors(example, format) for example in _first(examples, format)]
    _, height, width, _ = model.generator.input_shape
    for picture in pictures:
        if picture.shape[0] != (height or picture.shape[0]) or picture.shape[1] != (
            width or picture.shape[1]
        ):
            raise ValueError(
                f"The generator takes images of {height} x {width} pixels. Received: an example "
                f"of {picture.shape[0]} x {picture.shape[1]}"
            )
    shutil.copytree(PAGE, folder, dirs_exist_ok=True)
    (folder / "examples").mkdir()
    names = [f"examples/{i + 1}.png" for i in range(len(pictures))]
    for name, picture in zip(names, pictures):
        Image.fromarray(picture).save(folder / name)
    size = pictures[0].shape if pictures else (height or SIDE, width or SIDE)
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


def _first(examples, format):
    """The first examples, as the format encodes them."""
    if isinstance(examples, PairDataset):
        batches = (examples[i][0] for i in range(len(examples)))
        return list(itertools.islice(itertools.chain.from_iterable(batches), EXAMPLES))
    examples = [] if examples is None else examples[:EXAMPLES]
    return [_encoded(example, format) for example in examples]


def _encoded(example, format):
    name = "an example"
    if not hasattr(example, "shape"):
        name = printable_path(example)
        example = read_image(example, format.palette_indices)
    return format.encode(format.prepared(np.asarray(example), name), name)


def _colors(encoded, format):
    return np.ascontiguousarray(format.as_rgb(encoded))


def _brushes(format, pictures):
    """The brushes' colors, the background's first, and whether any other color may be chosen."""
    if isinstance(format, Labels):
        return [list(color) for color in _shown_format(format).palette], False
    counts = Counter()
    for picture in pictures:
        colors, numbers = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
        counts.update(dict(zip(map(tuple, colors.tolist()), numbers.tolist())))
    if 2 <= len(counts) <= BRUSHES:
        return [list(color) for color, _ in counts.most_common()], False
    brushes = [[255, 255, 255], [0, 0, 0], [128, 128, 128]]
    # What most of the examples is, is what is drawn on.
    if counts and counts.most_common(1)[0][0] == (0, 0, 0):
        brushes[:2] = brushes[1::-1]
    grey = all(len(set(color)) == 1 for color in counts)
    return brushes, format.channels == 3 and not (counts and grey)
