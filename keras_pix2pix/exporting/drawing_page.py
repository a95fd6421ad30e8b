"""What the page to draw on is told about a model: colors, their names, examples, sizes."""

import base64
import io
import itertools
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from keras_pix2pix.data import EdgeDrawing, Labels, PairDataset, Picture
from keras_pix2pix.data.files.messages import printable_path
from keras_pix2pix.data.files.reading import read_image
from keras_pix2pix.data.loading.drawing import spread_pairs
from keras_pix2pix.pix2pix import Pix2Pix

MAX_EXAMPLES = 12
# If the examples have at most this many colors, these are the brushes.
MAX_BRUSHES = 32
# Height and width of the drawing, if no example, no generator and no training decides.
DRAWING_SIZE = 256, 256
TITLE = "Draw with the model"
BLACK, GREY, WHITE = (0, 0, 0), (128, 128, 128), (255, 255, 255)


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
        palette = tuple(map(tuple, _colors_of_classes(format)))
        return Labels(palette=palette, ignore=BLACK if _no_class_is_drawn(format) else None)
    return Picture(format.channels, dtype="uint8")


def _colors_of_classes(format: Labels) -> list[list[int]]:
    one_hot = np.eye(format.channels, dtype="float32") * 2 - 1
    return format.as_rgb(one_hot[None])[0].tolist()


def _no_class_is_drawn(format: Labels) -> bool:
    """Return whether black stands for pixels without a class, as `as_rgb` draws them."""
    return format.ignore is not None and list(BLACK) not in _colors_of_classes(format)


def page_settings(
    model: Pix2Pix,
    examples: PairDataset | Sequence[Any] | None = None,
    title: str | None = None,
    labels: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Return the settings of the page, as JSON has them.

    Args:
        model: a `Pix2Pix`.
        examples: a list of paths or arrays, or a `PairDataset`. Defaults to `None`.
        title: str, the heading. Defaults to `None`, "Draw with the model".
        labels: sequence of the names of the classes. Defaults to `None`.

    Returns:
        dict. In `brushes`, the first color is the background.

    Raises:
        ValueError: if the condition cannot be drawn, if the generator cannot take the examples, or
            if there is not one name for each class.
    """
    format = drawable_format(model)
    pictures = [
        np.ascontiguousarray(format.as_rgb(example)) for example in _encoded(examples, format)
    ]
    _, height, width, _ = model.generator.input_shape
    _check_sizes(pictures, height, width)
    usual = (model.seen and model.seen.size) or DRAWING_SIZE
    size = pictures[0].shape if pictures else (height or usual[0], width or usual[1])
    condition = model.condition
    line_width = condition.line_width if isinstance(condition, EdgeDrawing) else None
    if isinstance(format, Labels):
        brushes, kind = _brushes_of_classes(format, labels), "colors"
    elif line_width:
        _check_no_names(labels)
        brushes, kind = [{"color": list(color)} for color in (WHITE, BLACK)], "colors"
    else:
        _check_no_names(labels)
        brushes, kind = _brushes_of_pictures(format, pictures)
    return {
        "title": title or TITLE,
        "about": f"{type(model.generator).__name__} · {_rounded(model.generator.count_params())}",
        "height": size[0],
        "width": size[1],
        "fixed_size": height is not None and width is not None,
        "channels": 3 if isinstance(format, Labels) else format.channels,
        # What a drawing holds: only the colors of the brushes, grey values, or any colors.
        "kind": kind,
        "brushes": brushes,
        # A brush draws as the model knows it.
        "line_width": line_width,
        "examples": [_data_url(picture) for picture in pictures],
    }


def _rounded(weights: int) -> str:
    """Return a number of weights as one reads it."""
    if weights < 1e5:
        return f"{weights:,} weights"
    return f"{weights / 1e6:.{1 if weights < 1e7 else 0}f} million weights"


def _encoded(
    examples: PairDataset | Sequence[Any] | None, format: Picture | Labels
) -> list[np.ndarray]:
    """Return examples from all parts of a dataset, or the first of a list, encoded."""
    if isinstance(examples, PairDataset):
        return [pair[0] for pair in spread_pairs(examples, MAX_EXAMPLES)]
    if examples is None:
        return []
    return [_encode(example, format) for example in itertools.islice(examples, MAX_EXAMPLES)]


def _encode(example: Any, format: Picture | Labels) -> np.ndarray:
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


def _check_no_names(labels: Sequence[str] | None) -> None:
    if labels is not None:
        raise ValueError(
            "labels are the names of the classes, and the conditions of this model are pictures. "
            f"Received: {', '.join(labels)}"
        )


def _brushes_of_classes(format: Labels, labels: Sequence[str] | None) -> list[dict[str, Any]]:
    """Return a brush for each class, with its name and the grey value that files have for it."""
    colors = _colors_of_classes(format)
    if labels is not None and (isinstance(labels, str) or len(labels) != len(colors)):
        raise ValueError(
            f"labels must be a list of {len(colors)} names, one for each class. Received: {labels}"
        )
    stored = format.palette or [(index,) for index in range(len(colors))]
    brushes = [
        {
            "color": color,
            "name": labels[number] if labels else None,
            "stored": stored[number][0] if len(stored[number]) == 1 else None,
        }
        for number, color in enumerate(colors)
    ]
    if _no_class_is_drawn(format):
        grey = format.ignore if isinstance(format.ignore, int) else None
        brushes.append({"color": list(BLACK), "name": "no class", "stored": grey})
    return brushes


def _brushes_of_pictures(
    format: Picture, pictures: list[np.ndarray]
) -> tuple[list[dict[str, Any]], str]:
    """Return the brushes, and what a drawing holds. The most common color comes first."""
    counts: Counter[tuple[int, ...]] = Counter()
    for picture in pictures:
        colors, numbers = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
        counts.update(dict(zip(map(tuple, colors.tolist()), numbers.tolist())))
    if 2 <= len(counts) <= MAX_BRUSHES:
        return [{"color": list(color)} for color, _ in counts.most_common()], "colors"
    most_common = counts.most_common(1)[0][0] if counts else None
    # Masks, which are resized to the nearest pixel, begin in black.
    begins_black = format.interpolation == "nearest" if counts == {} else most_common == BLACK
    chosen = [BLACK, WHITE, GREY] if begins_black else [WHITE, BLACK, GREY]
    only_grey = bool(counts) and all(len(set(color)) == 1 for color in counts)
    kind = "grey" if format.channels == 1 or only_grey else "any"
    return [{"color": list(color)} for color in chosen], kind


def _data_url(picture: np.ndarray) -> str:
    """Return a PNG inside its address: a page that is opened from a disk may read no other file."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
