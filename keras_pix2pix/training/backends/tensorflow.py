"""Gradients on TensorFlow."""

import contextlib
import contextvars
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from keras_pix2pix.training.backends import tensorflow_adam
from keras_pix2pix.training.backends.plain import (
    alone,
    finish_loop,
    joined,
    kept_weights,
    lay_out,
    refuse_to_wait,
    safe,
    whole_batches,
)
from keras_pix2pix.training.devices.agreement import check_batch_statistics
from keras_pix2pix.training.devices.processes import (
    ADVICE,
    Processes,
    refuse_distribution,
    refuse_torchrun,
)
from keras_pix2pix.types import Tensor

__all__ = [
    "alone",
    "finish_loop",
    "joined",
    "kept_weights",
    "lay_out",
    "refuse_to_wait",
    "safe",
    "whole_batches",
]

# What `compile` does last.
prepare = tensorflow_adam.prepare
# Whether `jit_compile=True` works.
JIT_COMPILES = True
# A context in which nothing is kept for gradients.
no_gradients = contextlib.nullcontext
# Strategies of TensorFlow that Keras 3 does not train with.
OF_SEVERAL_MACHINES = (
    tf.distribute.MultiWorkerMirroredStrategy,
    tf.distribute.ParameterServerStrategy,
)
# How many pictures of the present batch this replica of a `tf.distribute.Strategy` has, and all.
COUNTS: contextvars.ContextVar[tuple[Tensor, Tensor]] = contextvars.ContextVar("counts")


def run(model: keras.Model, step: Callable[[Any], dict], data: Any) -> dict:
    """Run a step of Keras' trainer."""
    # Without this tie, a dataset of unknown length costs an extra update at its end: what does not
    # depend on the data runs before TensorFlow notices that there is none.
    tensors = [tensor for tensor in keras.tree.flatten(data) if tensor is not None]
    with tf.control_dependencies(tensors):
        if _replicas() > 1:
            own = tf.cast(tf.shape(tensors[0])[0], "float32")
            COUNTS.set((own, _sum_of_replicas(own)))
            data = keras.tree.map_structure(lambda x: x if x is None else never_empty(x), data)
        return step(data)


def never_empty(images: Tensor) -> Tensor:
    """Return the images, or a black one for a replica that has none of a batch.

    With some processors, TensorFlow's convolutions of no image return a wrong shape.
    """
    if _replicas() == 1:
        return images
    lacking = tf.cast(tf.equal(tf.shape(images)[0], 0), "int32")
    filled = tf.pad(images, [[0, lacking], *[[0, 0]] * (len(images.shape) - 1)])
    filled.set_shape([None, *images.shape[1:]])
    return filled


def of_this_replica(*images: Tensor) -> tuple[Tensor, ...]:
    """Return images of a batch without those that `never_empty` has added."""
    if _replicas() == 1:
        return images
    own = tf.cast(COUNTS.get()[0], "int32")
    return tuple(image[:own] for image in images)


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
    return _of_all_replicas(tape.gradient(loss, variables)), rest


def apply(model: keras.Model, name: str, gradients: list[Tensor]) -> None:
    """Update a network, unless all of it is frozen."""
    if not gradients:
        return
    if _replicas() > 1:
        # The optimizer clips what each replica gives it, and adds it up. So one gives the gradients
        # of the whole batch, and the others nothing.
        first = tf.cast(tf.equal(_replica().replica_id_in_sync_group, 0), "float32")
        gradients = [None if g is None else g * tf.cast(first, g.dtype) for g in gradients]
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


def largest_of_replicas(value: Tensor) -> Tensor:
    """Return the largest of the values that the replicas of a batch have."""
    if _replicas() == 1:
        return value
    # The one exchange that the optimizer uses, too: those of several kinds get mixed up.
    own = tf.equal(tf.range(_replicas()), _replica().replica_id_in_sync_group)
    return tf.reduce_max(_sum_of_replicas(tf.where(own, value, tf.zeros_like(value))))


def of_pictures(value: Tensor, count: Tensor) -> Tensor:
    """Return a number of a batch, or 0 for a replica that has no picture of it."""
    return value if _replicas() == 1 else tf.where(count > 0, value, tf.zeros_like(value))


def processes(model: keras.Model) -> Processes:
    """Return the processes that train a model together.

    Raises:
        ValueError: for several processes, for `keras.distribution`, and for replicas with layers
            that would see a part of each batch only.
    """
    refuse_torchrun()
    refuse_distribution()
    strategy = model.distribute_strategy
    if isinstance(strategy, OF_SEVERAL_MACHINES):
        raise ValueError(
            "MultiWorkerMirroredStrategy and ParameterServerStrategy do not train in Keras 3. "
            f"{ADVICE}"
        )
    if strategy.num_replicas_in_sync > 1:
        check_batch_statistics(model)
    return Processes()


def _replica() -> Any:
    return tf.distribute.get_replica_context()


def _replicas() -> int:
    """Return among how many replicas of a strategy a batch is divided."""
    return tf.distribute.get_strategy().num_replicas_in_sync if _replica() is not None else 1


def _sum_of_replicas(values: Any) -> Any:
    return _replica().all_reduce(tf.distribute.ReduceOp.SUM, values)


def _of_all_replicas(gradients: list[Tensor | None]) -> list[Tensor | None]:
    """Return the gradients of the whole batch: means, in which every picture counts alike.

    A replica without a picture has gradients that are not a number, and counts as 0.
    """
    there = [gradient for gradient in gradients if gradient is not None]
    if not there or _replicas() == 1:
        return gradients
    own, total = COUNTS.get()
    weighed = [tf.math.multiply_no_nan(g, tf.cast(own / total, g.dtype)) for g in there]
    means = iter(_sum_of_replicas(weighed))
    return [None if g is None else next(means) for g in gradients]
