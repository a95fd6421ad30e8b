"""The processes that train one model together: one of them, unless a backend knows of more."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

import keras

# What to do instead of a way that does not train, or trains something else.
ADVICE = (
    "Several processes train together with KERAS_BACKEND=torch, started by torchrun, or with "
    "keras.distribution and KERAS_BACKEND=jax. See docs/guides/devices.md."
)


class Processes:
    """A process that trains alone.

    Attributes:
        index: int, the number of this process, from 0.
        count: int, how many processes there are.
        parts: int, into how many parts each batch is divided: for the devices of all processes.
        one_computation: bool, whether a step is one computation on the whole batch, of which each
            process does a part. Then noise and the statistics of a batch are those of one process.
    """

    index = 0
    count = 1
    parts = 1
    one_computation = False

    def gather(self, value: Any) -> list[Any]:
        """Return what every process has given, in their order. Any small Python object is taken."""
        return [value]

    def largest(self, number: float) -> float:
        """Return the largest number of all processes."""
        return number

    def broadcast(self, variables: Sequence[keras.Variable]) -> None:
        """Give variables the values that they have in the first process."""

    def device(self, model: keras.Model) -> str | None:
        """Return what tells the GPU of the model from all others, or `None` for a CPU."""
        return None


@contextlib.contextmanager
def explained(index: int, limit: str) -> Iterator[None]:
    """Say what it means that an exchange with other processes fails.

    Args:
        index: int, the number of this process.
        limit: str, a sentence about how long one waits.

    Raises:
        RuntimeError: in place of the backend's error.
    """
    try:
        yield
    # JAX raises a ValueError.
    except (RuntimeError, ValueError) as error:
        raise RuntimeError(
            f"Process {index} waited for the others, and they did not come: one of them has ended, "
            "or does something else. Look for its own error. A callback that talks to the other "
            f"processes must run in all of them: give it `every_process = True`. {limit} {error}"
        ) from error


def started_by_torchrun() -> int:
    """Return how many processes torchrun has started, this one included, or 0 without torchrun."""
    return int(os.environ["WORLD_SIZE"]) if "TORCHELASTIC_RUN_ID" in os.environ else 0


def refuse_torchrun() -> None:
    """Refuse to be one of several processes of torchrun, which know nothing of one another.

    Raises:
        ValueError: saying what trains in several processes.
    """
    if started_by_torchrun() > 1:
        raise ValueError(
            f"torchrun has started {started_by_torchrun()} processes, but with KERAS_BACKEND="
            f"{keras.backend.backend()} each would train a model of its own. {ADVICE}"
        )


def refuse_distribution() -> None:
    """Refuse `keras.distribution` where Keras takes it, and then trains on one device.

    Raises:
        ValueError: saying what trains on several devices.
    """
    if keras.distribution.distribution() is not None:
        raise ValueError(
            f"keras.distribution does nothing with KERAS_BACKEND={keras.backend.backend()}: the "
            f"model would train on one device. {ADVICE}"
        )
