"""Adam on TensorFlow: the update of a variable in one pass over its memory."""

import functools
from typing import Any

import keras
import tensorflow as tf

from keras_pix2pix.keras_private import adam_slots, is_adam, replace_method
from keras_pix2pix.types import Tensor


def prepare(model: keras.Model) -> None:
    """Let the optimizers of a compiled model update their variables by TensorFlow's own kernel.

    Keras' Adam is a dozen operations, each of which reads and writes all weights. What Keras does
    around the update stays: clipping, weight decay, accumulated gradients, averages.

    Args:
        model: a compiled `Pix2Pix`.
    """
    for optimizer in model.optimizer.optimizers:
        if is_adam(optimizer):
            replace_method(optimizer, "update_step", functools.partial(_update, optimizer))


def _update(
    optimizer: keras.optimizers.Adam, gradient: Tensor, variable: tf.Variable, learning_rate: Any
) -> None:
    # The kernel knows nothing of the parts of a variable on several devices.
    if isinstance(gradient, tf.IndexedSlices) or tf.distribute.has_strategy():
        type(optimizer).update_step(optimizer, gradient, variable, learning_rate)
        return
    momentum, velocity = (slot.value for slot in adam_slots(optimizer, variable))
    dtype = variable.dtype
    step = keras.ops.cast(optimizer.iterations + 1, dtype.name)
    beta_1, beta_2 = (tf.cast(beta, dtype) for beta in (optimizer.beta_1, optimizer.beta_2))
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=momentum.handle,
        v=velocity.handle,
        beta1_power=tf.pow(beta_1, step),
        beta2_power=tf.pow(beta_2, step),
        lr=tf.cast(learning_rate, dtype),
        beta1=beta_1,
        beta2=beta_2,
        epsilon=tf.cast(optimizer.epsilon, dtype),
        grad=tf.cast(gradient, dtype),
    )
