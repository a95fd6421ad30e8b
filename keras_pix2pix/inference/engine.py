"""ONNX Runtime as the program that computes a generator."""

import os
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

ENGINES = ("onnx",)
# What the process of TensorFlow does.
PROGRAM = """
import sys

import keras

import keras_pix2pix

model = keras.saving.load_model(sys.argv[1], compile=False)
keras_pix2pix.export(model, sys.argv[2], processing=False)
"""

# A function from encoded conditions to generated pictures, both of values in [-1, 1].
Generate = Callable[[np.ndarray], np.ndarray]
# For each model that was used, what its weights were and what computes it with them.
_known: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def engine_of(model: keras.Model, name: str) -> Generate:
    """Return a function that generates pictures as `predict_on_batch` does, but outside of Keras.

    It is made when a model is used for the first time, or again after its weights have changed.

    Args:
        model: a `Pix2Pix`.
        name: `"onnx"`.

    Raises:
        ImportError: saying what to install.
        ValueError: for an unknown name, and if TensorFlow cannot write the model.
    """
    if name not in ENGINES:
        raise ValueError(
            f"engine must be None or one of {', '.join(map(repr, ENGINES))}. Received: {name!r}"
        )
    weights = [_some(variable) for variable in model.generator.weights]
    before, generate = _known.get(model, ([], None))
    if generate is None or not all(map(np.array_equal, before, weights)):
        generate = _onnx(model)
        _known[model] = weights, generate
    return generate


def _some(variable: keras.Variable) -> np.ndarray:
    """Return a few values of a weight. Every step of a training, and loading, changes them."""
    value = variable.value
    return keras.ops.convert_to_numpy(keras.ops.stop_gradient(value[..., :2]))


def _onnx(model: keras.Model) -> Generate:
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError(
            "engine='onnx' needs ONNX Runtime: pip install keras-pix2pix[onnx]"
        ) from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        _write(model, path)
        session = onnxruntime.InferenceSession(path)
    (condition,) = (node.name for node in session.get_inputs())
    return lambda batch: session.run(None, {condition: batch})[0]


def _write(model: keras.Model, path: Path) -> None:
    """Let TensorFlow, in a process of its own, write the generator."""
    saved = path.with_suffix(".keras")
    model.save(saved)
    command = [sys.executable, "-c", PROGRAM, str(saved), str(path)]
    # Not on a GPU, whose memory the backend of this process uses.
    settings = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment = {**os.environ, **settings, "CUDA_VISIBLE_DEVICES": "-1"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        reason = (ended.stderr.strip().splitlines() or ["no message"])[-1]
        raise ValueError(
            "engine='onnx' writes the generator with TensorFlow, which failed. Install "
            "keras-pix2pix[onnx], and use networks that can be loaded without your program; or "
            f"leave engine out. The reason: {reason}"
        )
