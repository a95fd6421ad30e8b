"""What an exported model takes and returns, for programs: the file model.json beside it."""

import json
import math
from importlib.metadata import version
from typing import Any

import keras

from keras_pix2pix.data import InstanceBoundaries, Labels
from keras_pix2pix.data.conditions.colorization import LabColors, LabLightness
from keras_pix2pix.exporting.graph import Format, StoredImageGenerator, stored_range


def description(network: StoredImageGenerator, **facts: Any) -> str:
    """Return the text of model.json: inputs and outputs with their axes, dtypes and ranges.

    The names of the axes and of their fields are those of the bioimage.io model description 0.5.

    Args:
        network: the generator that is exported.
        **facts: further fields, such as the name of the file.
    """
    conditions, target = network.formats or ((None,), None)
    inputs = [
        {"id": spec.name, "axes": _axes(spec), "data": _data(format, spec.dtype)}
        for spec, format in zip(network.signature, conditions)
    ]
    first = inputs[0]["id"]
    sizes = [{"tensor_id": first, "axis_id": name} for name in ("y", "x")]
    picture = network.picture_signature
    output = {
        "id": picture.name,
        "axes": _axes(picture, *sizes),
        "data": _data(target, picture.dtype),
    }
    facts = {"type": "model", **facts, "made_by": f"keras-pix2pix {version('keras-pix2pix')}"}
    return json.dumps({**facts, "inputs": inputs, "outputs": [output]}, indent=2) + "\n"


def _axes(spec: keras.InputSpec, *sizes: dict[str, str]) -> list[dict[str, Any]]:
    """Return the axes of a tensor `(batch, height, width, channels)`."""
    _, *sides, channels = spec.shape
    if not sizes:
        # Images of any size are padded inside of the model.
        sizes = tuple(side or {"min": 1, "step": 1} for side in sides)
    return [
        {"type": "batch"},
        {"type": "space", "id": "y", "size": sizes[0]},
        {"type": "space", "id": "x", "size": sizes[1]},
        {"type": "channel", "channel_names": [f"channel{i}" for i in range(channels)]},
    ]


def _data(format: Format | LabColors | None, dtype: str) -> dict[str, Any]:
    """Return the dtype of stored values and what they can be."""
    if format is None:
        return {"type": dtype, "range": [-1, 1]}
    if isinstance(format, LabLightness | LabColors):
        return _data(format.picture, dtype)
    if isinstance(format, InstanceBoundaries):
        return {"type": dtype, "meaning": "instance numbers"}
    if isinstance(format, Labels):
        values = format.palette or range(format.channels)
        return {
            "type": dtype,
            "meaning": "classes",
            "values": list(values),
            "ignore": format.ignore,
        }
    found: dict[str, Any] = {"type": dtype, "range": list(stored_range(format))}
    if format.nodata is not None:
        # JSON has no NaN.
        found["nodata"] = "nan" if math.isnan(format.nodata) else format.nodata
    return found
