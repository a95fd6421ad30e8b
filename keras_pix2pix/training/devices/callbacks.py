"""The callbacks of several processes: which run where, and those that keep the processes equal."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_pix2pix import keras_private
from keras_pix2pix.training import backend
from keras_pix2pix.training.devices.processes import Processes
from keras_pix2pix.training.random_state import seed_states

# Callbacks of Keras that decide something, or that only read. Every other one may write.
DECIDING = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ReduceLROnPlateau,
    keras.callbacks.SwapEMAWeights,
    keras.callbacks.TerminateOnNaN,
)
# A prime number, so that the noise of two processes does not soon repeat.
STRIDE = 10_000_019
# What is left of the order of additions.
TOLERANCE = 1e-4


def callbacks_of(
    processes: Processes, callbacks: Sequence[keras.callbacks.Callback]
) -> list[keras.callbacks.Callback]:
    """Return the callbacks that one of several processes runs.

    The first process runs all. The others run those that decide something, in which every process
    has to decide alike, and those with an attribute `every_process = True`.

    Args:
        processes: those that train together.
        callbacks: list of all callbacks.
    """
    chosen = [callback for callback in callbacks if not processes.index or _everywhere(callback)]
    return [SharedNumbers(processes), *chosen, SharedState(processes)]


def _everywhere(callback: keras.callbacks.Callback) -> bool:
    return isinstance(callback, DECIDING) or getattr(callback, "every_process", False)


class SharedNumbers(keras.callbacks.Callback):
    """Makes the numbers of an epoch those of all processes, before another callback sees them."""

    def __init__(self, processes: Processes) -> None:
        super().__init__()
        self._processes = processes

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Share the largest value of the training, before a validation resets it."""
        self._share_largest_value()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Take the mean of what was trained on, and the first process's numbers of the validation.

        The parts of the batches are equally large, and all processes validate on all pairs.
        """
        self._share_largest_value()
        logs = {} if logs is None else logs
        own = {name: float(ops.convert_to_numpy(value)) for name, value in logs.items()}
        every = self._processes.gather(own)
        for name in own:
            values = [numbers[name] for numbers in every]
            logs[name] = values[0] if name.startswith("val_") else float(np.mean(values))

    def _share_largest_value(self) -> None:
        largest = self.model.largest_value.largest
        value = float(ops.convert_to_numpy(largest))
        # No comparison finds NaN.
        largest.assign(self._processes.largest(value if np.isfinite(value) else np.inf))


class SharedState(keras.callbacks.Callback):
    """Lets all processes begin from the first one, and end in the same step.

    It comes last: other callbacks may restore a backup, which only the first process needs to have.
    """

    def __init__(self, processes: Processes) -> None:
        super().__init__()
        self._processes = processes

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Take everything from the first process, and give each process its own noise."""
        epoch = keras_private.initial_epoch(self.model)
        keras_private.set_initial_epoch(self.model, self._processes.gather(epoch)[0])
        self._processes.broadcast(self.model.variables + self.model.optimizer.variables)
        self._move_noise(self._processes.index)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop everywhere if one process stops, or the others would wait for it."""
        self._agree_to_stop()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop everywhere if one process stops, and compare the processes."""
        self._agree_to_stop()
        optimizers = self.model.optimizer.optimizers
        numbers = [float(optimizer.learning_rate) for optimizer in optimizers]
        with backend.no_gradients():
            sums = [ops.sum(ops.abs(ops.cast(v, "float32"))) for v in self.model.weights]
            numbers.append(float(sum(sums)))
        for index, others in enumerate(self._processes.gather(numbers)):
            if not np.allclose(numbers, others, rtol=TOLERANCE, equal_nan=True):
                raise ValueError(
                    f"After epoch {epoch + 1}, processes {self._processes.index} and {index} do "
                    "not have the same weights and learning rates: one of them was changed alone. "
                    "A callback that changes the model must run in all processes: give it "
                    "`every_process = True`."
                )

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Leave the same model in all processes."""
        self._move_noise(-self._processes.index)

    def _agree_to_stop(self) -> None:
        self.model.stop_training = bool(self._processes.largest(self.model.stop_training))

    def _move_noise(self, steps: int) -> None:
        # A seed stays the same during a training, and a counter beside it goes up, so a backup of
        # the first process tells the noise of all.
        if self._processes.one_computation:
            return
        for state in seed_states(self.model):
            seed, counter = (int(number) for number in ops.convert_to_numpy(state))
            state.assign([(seed + steps * STRIDE) % 2**31, counter])
