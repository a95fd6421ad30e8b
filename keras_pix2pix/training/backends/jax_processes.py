"""The processes of `keras.distribution.initialize`, whose devices compute one step together."""

import contextlib
import pickle
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import keras
import numpy as np
from jax.experimental import multihost_utils

from keras_pix2pix import keras_private
from keras_pix2pix.training.devices.processes import (
    Processes,
    explained,
    refuse_torchrun,
)
from keras_pix2pix.types import Tensor

# Messages have few lengths, since each is compiled for.
PADDED = 4096


class JAXProcesses(Processes):
    """The devices of a `keras.distribution`, and the processes that they belong to."""

    one_computation = True

    def __init__(self) -> None:
        self.index, self.count = jax.process_index(), jax.process_count()
        self.parts = devices()

    def gather(self, value: Any) -> list[Any]:
        """Return what every process has given, in their order."""
        if self.count == 1:
            return [value]
        message = pickle.dumps(value)
        lengths = _gathered(np.int32(len(message)))
        padded = np.zeros(-(-max(lengths) // PADDED) * PADDED, "uint8")
        padded[: len(message)] = np.frombuffer(message, "uint8")
        messages = _gathered(padded)
        return [pickle.loads(every[:length].tobytes()) for every, length in zip(messages, lengths)]

    def largest(self, number: float) -> float:
        """Return the largest number of all processes."""
        if self.count == 1:
            return number
        return float(_gathered(np.float32(number)).max())

    def broadcast(self, variables: Sequence[keras.Variable]) -> None:
        """Give variables the values that they have in the first process."""
        if self.count == 1:
            return
        values = [np.asarray(variable.value) for variable in variables]
        with _explained():
            values = multihost_utils.broadcast_one_to_all(values)
        for variable, value in zip(variables, values):
            keras_private.give_value(variable, everywhere(value, variable.value.sharding))


def _gathered(values: Any) -> Any:
    """Return arrays of all processes, in one more axis."""
    with _explained():
        return multihost_utils.process_allgather(values)


def _explained() -> contextlib.AbstractContextManager[None]:
    """Say what it means that an exchange fails."""
    return explained(
        jax.process_index(),
        "The limit of waiting is the shutdown_timeout_seconds of jax.distributed.initialize.",
    )


def processes(model: keras.Model) -> Processes:
    """Return the processes that train a model together.

    Raises:
        ValueError: if each process would train a model of its own, or the weights are divided
            among processes.
    """
    refuse_torchrun()
    distribution = keras.distribution.distribution()
    if jax.process_count() > 1:
        if distribution is None:
            raise ValueError(
                f"keras.distribution.initialize has joined {jax.process_count()} processes, and "
                "each would train a model of its own. Call "
                "keras.distribution.set_distribution(keras.distribution.DataParallel()) first."
            )
        if not isinstance(distribution, keras.distribution.DataParallel):
            raise ValueError(
                f"Several processes of JAX train with DataParallel. {type(distribution).__name__} "
                "divides weights among the devices of one process only."
            )
        # Each process is given its part already. Keras would divide a tf.data.Dataset alone.
        distribution.auto_shard_dataset = False
    return JAXProcesses()


def devices() -> int:
    """Return among how many devices a batch is divided."""
    distribution = keras.distribution.distribution()
    return 1 if distribution is None else distribution.num_model_replicas


@contextlib.contextmanager
def alone(model: keras.Model) -> Iterator[None]:
    """Let this process use the model without the others, on the first of its devices.

    An operation on arrays of all processes has to run in all of them. So the variables have the
    values of one device, which are whole, and get those of all devices back in the end.

    Args:
        model: a `Pix2Pix`.
    """
    distribution = keras.distribution.distribution()
    if distribution is None or jax.process_count() == 1:
        yield
        return
    model.jax_state_sync()
    share(model)
    for variable in _every_variable(model):
        keras_private.give_value(variable, variable.value.addressable_data(0), None)
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)
        share(model)


def refuse_to_wait() -> None:
    """Refuse to save a model in one of several processes, unless it is used `alone`.

    Keras makes optimizers then, to compare with, and waits for all processes to have them.

    Raises:
        ValueError: saying what to call.
    """
    if keras.distribution.distribution() is not None and jax.process_count() > 1:
        raise ValueError(
            "keras.saving.save_model would wait for the other processes: call model.save(path), "
            "which saves without them, in the first process."
        )


def share(model: keras.Model) -> None:
    """Let variables of this process alone belong to all processes, with the values they have.

    They were made before the distribution was set, or while the model was used alone.
    """
    distribution = keras.distribution.distribution()
    if distribution is None or jax.process_count() == 1:
        return
    for variable in _every_variable(model):
        if variable.value.is_fully_addressable:
            layout = distribution.get_variable_layout(variable)
            value = everywhere(variable.value, layout.backend_layout)
            keras_private.give_value(variable, value, layout)


def everywhere(value: Tensor, sharding: jax.sharding.Sharding) -> jax.Array:
    """Return an array of the devices of all processes, each of which has the same value.

    `jax.device_put` would compare the processes, and so wait for all of them.
    """
    value = np.asarray(value)
    return jax.make_array_from_callback(value.shape, sharding, lambda index: value[index])


def _every_variable(model: keras.Model) -> list[keras.Variable]:
    variables = [*model.variables, *model.metrics_variables]
    if model.compiled:
        variables += model.optimizer.variables
    return list({id(variable): variable for variable in variables}.values())
