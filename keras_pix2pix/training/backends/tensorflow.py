"""Gradients on TensorFlow."""

import contextlib
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from keras_pix2pix.training.backends import tensorflow_adam
from keras_pix2pix.types import Tensor

# What `compile` does last.
prepare = tensorflow_adam.prepare
# Whether `jit_compile=True` works.
JIT_COMPILES = True
# A context in which nothing is kept for gradients.
no_gradients = contextlib.nullcontext


def run(model: keras.Model, step: Callable[[Any], dict], data: Any) -> dict:
    """Run a step of Keras' trainer."""
    # Without this tie, a dataset of unknown length costs an extra update at its end: what does not
    # depend on the data runs before TensorFlow notices that there is none.
    tensors = [tensor for tensor in keras.tree.flatten(data) if tensor is not None]
    with tf.control_dependencies(tensors):
        return step(data)


def finish_loop(model: keras.Model) -> None:
    """Do nothing: the variables always have their values."""


def gradients(
    model: keras.Model, name: str, losses: Callable[[], tuple[Tensor, Any]]
) -> tuple[list[Tensor], Any]:
    """Return the gradient of a loss with respect to the variables of a network."""
    variables = [variable.value for variable in getattr(model, name).trainable_variables]
    # Nothing else is watched: what the other network does meanwhile is not recorded.
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(variables)
        loss, rest = losses()
        loss = getattr(model.optimizer, name).scale_loss(loss)
    return tape.gradient(loss, variables), rest


def apply(model: keras.Model, name: str, gradients: list[Tensor]) -> None:
    """Update a network, unless all of it is frozen."""
    if not gradients:
        return
    getattr(model.optimizer, name).apply(gradients, getattr(model, name).trainable_variables)


def unchanged(model: keras.Model) -> keras.StatelessScope:
    """Return a scope at whose end every variable is what it was at the beginning."""
    return keras.StatelessScope(collect_losses=True)


def only_if(model: keras.Model, due: Tensor, function: Callable[[], dict]) -> dict:
    """Return what a function returns that may change variables, or zeros if it is not due."""
    if tf.executing_eagerly():
        return function() if bool(due) else {}
    found: list[dict] = []

    def run() -> dict:
        found.append(function())
        return found[0]

    def rest() -> dict:
        return tf.nest.map_structure(lambda value: tf.zeros(value.shape, value.dtype), found[0])

    # This branch is traced first, so the other one knows what it returns.
    return tf.cond(due, run, rest)


def image_gradient(function: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
    """Return the gradient of the sum of `function(image)` with respect to `image`."""
    # A tensor of its own: what is known of the image was not computed under this tape.
    image = tf.identity(image)
    with tf.GradientTape() as tape:
        tape.watch(image)
        outputs = function(image)
    return tape.gradient(outputs, image)
