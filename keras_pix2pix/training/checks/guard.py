"""What is watched while a model is trained: values out of range, rates of 0, and NaN."""

import warnings
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_pix2pix.data.files.conversion import TOLERANCE
from keras_pix2pix.keras_private import schedule_of, slots_of_variables
from keras_pix2pix.training import backend
from keras_pix2pix.types import Tensor

# They change the learning rate, and log it under the name of each optimizer.
RATE_CALLBACKS = (
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ReduceLROnPlateau,
)


class LargestValue(keras.metrics.Metric):
    """The largest absolute value of the images of an epoch. It is NaN if one of them is."""

    def __init__(self) -> None:
        super().__init__(name="largest_value")
        # Keras would add up what several replicas have seen. All have the same.
        self.largest = self.add_variable((), "zeros", aggregation="mean", name="largest")

    def update_state(self, *images: Tensor) -> None:
        """Look at images of any shape."""
        for values in images:
            of_each = ops.max(ops.abs(values), axis=tuple(range(1, len(values.shape))))
            # A replica may have no image of a batch. `initial=0` would make PyTorch wait for a GPU.
            largest = ops.max(ops.concatenate([of_each, ops.zeros(1, of_each.dtype)]))
            self.largest.assign(ops.maximum(self.largest, backend.largest_of_replicas(largest)))

    def result(self) -> Tensor:
        """Return the value of all images since the last reset."""
        return self.largest


def check_values(model: keras.Model) -> None:
    """Refuse what the steps since the last reset have seen.

    Args:
        model: a `Pix2Pix`.

    Raises:
        ValueError: if a value is outside of [-1, 1], or not finite.
    """
    largest = float(ops.convert_to_numpy(model.largest_value.result()))
    # "Larger" would be false for NaN.
    if not largest <= 1 + TOLERANCE:
        raise ValueError(
            "Conditions and targets must lie in [-1, 1], in every batch. Received: values up to "
            f"{largest:g} in one of the batches. Map 8-bit values with images / 127.5 - 1, and "
            "let a PairDataset read the files: it names those that it cannot take."
        )


def ended_schedules(model: keras.Model) -> str:
    """Return which networks have a learning rate of 0 from now on, or an empty string.

    Args:
        model: a compiled `Pix2Pix`.
    """
    optimizers = zip(("generator", "discriminator"), model.optimizer.optimizers)
    return " and ".join(name for name, optimizer in optimizers if _has_ended(optimizer))


def _has_ended(optimizer: keras.optimizers.Optimizer) -> bool:
    schedule = schedule_of(optimizer)
    if schedule is None:
        return False
    step = ops.convert_to_numpy(optimizer.iterations)
    # A warm-up begins with a single step at 0.
    return not any(float(schedule(ops.convert_to_tensor(step + ahead))) for ahead in (0, 1))


def end_of_schedule(model: keras.Model, networks: str) -> str:
    """Return the message about learning rates of 0: what to do.

    Args:
        model: a compiled `Pix2Pix`.
        networks: what `ended_schedules` has returned.
    """
    return (
        f"The learning rate of the {networks} is 0 from step {int(model.optimizer.iterations)} on, "
        "at which its schedule ends: nothing would be learned. Train on with a constant rate, as "
        "with model.optimizer.learning_rate = 2e-5, or with a schedule for all steps, those "
        "before included: model.optimizer.learning_rate = "
        "keras_pix2pix.ConstantThenLinear(2e-4, total_steps=...)."
    )


class TrainingGuard(keras.callbacks.Callback):
    """Ends a training that has become useless, before other callbacks save anything of it.

    It comes before all other callbacks. At the end of each epoch it copies the state of the model
    into host memory, so that the model gets it back if the next epoch spoils the weights. Only
    the means of gradients in the optimizers begin anew then.

    Args:
        logs_rate: bool, whether the logs get the generator's learning rate as `learning_rate`, as
            Keras logs it for a single optimizer.
    """

    # If one of several processes ends, all have to.
    every_process = True

    def __init__(self, logs_rate: bool) -> None:
        super().__init__()
        self._logs_rate = logs_rate
        self._warned = False
        self._good: list[tuple[keras.Variable, np.ndarray]] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Copy the state before the first epoch, and warn once when a schedule has ended."""
        # When the training begins, BackupAndRestore has not loaded its state yet.
        if not self._good:
            self._keep()
        networks = ended_schedules(self.model)
        if networks and not self._warned:
            self._warned = True
            warnings.warn(end_of_schedule(self.model, networks), stacklevel=2)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Check what the epoch has seen, before a validation resets it."""
        # keras.callbacks.TerminateOnNaN may have ended the training already.
        if not self.model.stop_training:
            check_values(self.model)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Check what the epoch has seen and learned."""
        if self.model.stop_training:
            return
        check_values(self.model)
        logs = {} if logs is None else logs
        lost = [name for name, v in logs.items() if not np.isfinite(ops.convert_to_numpy(v)).all()]
        # With loss scaling, a step that is not finite is left out, and the weights are as before.
        if not _has_finite_weights(self.model):
            self._restore()
            too = f", and so have {', '.join(lost)}" if lost else ""
            raise ValueError(
                f"Weights have become NaN or infinite in epoch {epoch + 1}{too}. Callbacks have "
                "saved nothing of this epoch, and the weights are again as before it. Train on "
                "with lower learning rates, or with clipnorm=1.0 in both optimizers."
            )
        self._keep()
        if self._logs_rate:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Free the memory of the copy."""
        self._good = []

    def _keep(self) -> None:
        """Copy the state of the model into host memory, into the same memory again."""
        for variable, array in self._good:
            np.copyto(array, ops.convert_to_numpy(variable))
        if not self._good:
            slots = {id(slot) for slot in self._slots()}
            state = [*self.model.weights, *self.model.optimizer.variables]
            self._good = [
                (v, np.array(ops.convert_to_numpy(v))) for v in state if id(v) not in slots
            ]

    def _restore(self) -> None:
        for variable, array in self._good:
            variable.assign(array)
        for slot in self._slots():
            slot.assign(ops.zeros(slot.shape, slot.dtype))
        self._good = []

    def _slots(self) -> list[keras.Variable]:
        """Return the means of gradients, which can begin anew: a copy would be twice the weights.

        With `use_ema`, there are averages of weights among them.
        """
        optimizers = [o for o in self.model.optimizer.optimizers if not o.use_ema]
        return [slot for o in optimizers for _, slot in slots_of_variables(o)]


def _has_finite_weights(model: keras.Model) -> bool:
    return all(np.isfinite(ops.convert_to_numpy(v)).all() for v in model.trainable_variables)
