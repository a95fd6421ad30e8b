"""Gradients on JAX.

JAX differentiates functions of values. The JAX trainer of Keras gives the values of all variables,
and wants the new ones back. A step runs inside a `keras.StatelessScope` that holds them, where it
reads and sets variables as on any backend. The function that is differentiated runs in a scope of
its own, whose changes are carried over.
"""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import keras

from keras_pix2pix import keras_private
from keras_pix2pix.data import PairDataset
from keras_pix2pix.training.backends.jax_processes import (
    alone,
    devices,
    processes,
    refuse_to_wait,
    share,
)
from keras_pix2pix.training.backends.plain import (
    joined,
    largest_of_replicas,
    lay_out,
    never_empty,
    of_pictures,
    of_this_replica,
)
from keras_pix2pix.types import Tensor

__all__ = [
    "alone",
    "joined",
    "largest_of_replicas",
    "lay_out",
    "never_empty",
    "of_pictures",
    "of_this_replica",
    "processes",
    "refuse_to_wait",
]

# Whether `jit_compile=True` works.
JIT_COMPILES = True
# A context in which nothing is kept for gradients.
no_gradients = contextlib.nullcontext


def prepare(model: keras.Model) -> None:
    """Do nothing: XLA makes one pass of Adam's operations, and lays out kernels as it wants."""


def run(
    model: keras.Model, step: Callable[[Any], dict], state: Sequence[list[Tensor]], data: Any
) -> tuple[dict, tuple[list[Tensor], ...]]:
    """Run a step of Keras' trainer, whose state has no optimizer where nothing is trained."""
    groups = _groups(model, state)
    pairs = [pair for group in zip(groups, state) for pair in zip(*group)]
    with keras.StatelessScope(pairs, collect_losses=True) as scope:
        logs = step(data)
    return logs, tuple([scope.get_current_value(v) for v in group] for group in groups)


def _groups(model: keras.Model, state: Sequence[list[Tensor]]) -> list[list]:
    """Return the variables whose values are in a state of Keras' trainer."""
    groups = [model.trainable_variables, model.non_trainable_variables, model.metrics_variables]
    if len(state) > len(groups):
        groups.insert(2, model.optimizer.variables)
    return groups[: len(state)]


def safe(model: keras.Model, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of Keras' trainer that gives the variables their values if it fails.

    Keras takes the values of all variables away before a step, and leaves them in the state. An
    interrupt waits for the end of the step: in it, the old values are gone and the new ones are not
    yet there.

    Args:
        model: the model.
        function: what `make_train_function` and its siblings make.
    """

    def step(state: Sequence[list[Tensor]], batches: Any) -> Any:
        try:
            with interrupts_after() as interrupt:
                result = function(state, batches)
                state = result[1]
            interrupt()
            return result
        except BaseException:
            for variables, values in zip(_groups(model, state), state):
                for variable, value in zip(variables, values):
                    # XLA has used the memory of the old values, if it failed itself.
                    if not value.is_deleted():
                        variable.assign(value)
            # Or Keras would put back what it last knew.
            keras_private.mark_synced(model)
            raise

    return step


@contextlib.contextmanager
def kept_weights(model: keras.Model) -> Iterator[None]:
    """Let a model have its weights after an exception, such as one of a callback.

    Raises:
        ValueError: saying what to do, for a batch that the devices do not divide.
    """
    share(model)
    try:
        yield
    except BaseException as error:
        finish_loop(model)
        if devices() > 1 and isinstance(error, ValueError) and "evenly divide" in str(error):
            raise ValueError(
                f"{devices()} devices share each batch, and do not divide one of this data: use a "
                f"batch_size that they divide, and leave out the rest. {error}"
            ) from error
        raise


@contextlib.contextmanager
def whole_batches(x: Any, batch_size: int | None) -> Iterator[None]:
    """Let each device compute whole batches, where the devices do not divide all of them.

    Keras cannot divide such a batch. The result is that of one device, and takes as long.

    Args:
        x: what is evaluated or predicted: an array or a dataset.
        batch_size: int, of an array; or `None` for Keras' 32.
    """
    distribution = keras.distribution.distribution()
    if distribution is None or not _rest(x, batch_size, devices()):
        yield
        return
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(distribution)


def _rest(x: Any, batch_size: int | None, devices: int) -> bool:
    """Return whether a batch of some data leaves a rest when it is divided."""
    if isinstance(x, PairDataset):
        count, batch_size = len(x.numbers), x.batch_size
    elif hasattr(x, "shape"):
        count, batch_size = len(x), batch_size or 32
    else:
        return False
    sizes = {min(batch_size, count), count % batch_size}
    return any(size % devices for size in sizes)


def finish_loop(model: keras.Model) -> None:
    """Give the variables back the values that a loop of Keras' trainer has taken away.

    Where an exception ends a loop, Keras leaves that undone.
    """
    model.jax_state_sync()


def gradients(
    model: keras.Model, name: str, losses: Callable[[], tuple[Tensor, Any]]
) -> tuple[list[Tensor], Any]:
    """Return the gradient of a loss with respect to the variables of a network."""
    variables = getattr(model, name).trainable_variables
    asked = {id(variable) for variable in variables}
    others = [v for v in _all_variables(model) if id(v) not in asked]

    def scaled(values: list[Tensor]) -> tuple[Tensor, Any]:
        with unchanged(model, variables, values) as scope:
            loss, rest = losses()
            loss = getattr(model.optimizer, name).scale_loss(loss)
        return loss, (rest, [scope.get_current_value(v) for v in others])

    found, (rest, after) = jax.grad(scaled, has_aux=True)(_values(variables))
    for variable, value in zip(others, after):
        variable.assign(value)
    return found, rest


def apply(model: keras.Model, name: str, gradients: list[Tensor]) -> None:
    """Update a network, unless all of it is frozen."""
    if not gradients:
        return
    # `stateless_apply`, since a branch inside `apply` (loss scaling, accumulation) must not assign.
    optimizer, network = getattr(model.optimizer, name), getattr(model, name)
    variables, slots = network.trainable_variables, optimizer.variables
    new_values, new_slots = optimizer.stateless_apply(_values(slots), gradients, _values(variables))
    for variable, value in zip(variables + slots, new_values + new_slots):
        variable.assign(value)


def unchanged(
    model: keras.Model, variables: Sequence = (), values: Sequence[Tensor] = ()
) -> keras.StatelessScope:
    """Return a scope at whose end every variable is what it was at the beginning.

    Args:
        model: the model.
        variables: variables that shall have other values in the scope.
        values: these values.
    """
    known = _all_variables(model)
    pairs = [*zip(known, _values(known)), *zip(variables, values)]
    return keras.StatelessScope(pairs, collect_losses=True)


def only_if(model: keras.Model, due: Tensor, function: Callable[[], dict]) -> dict:
    """Return what a function returns that may change variables, or zeros if it is not due."""
    variables = _all_variables(model)

    def run() -> tuple[dict, list[Tensor]]:
        with unchanged(model) as scope:
            result = function()
        return result, [scope.get_current_value(v) for v in variables]

    def rest() -> tuple[dict, list[Tensor]]:
        return jax.tree.map(lambda value: jax.numpy.zeros(value.shape, value.dtype), found), before

    before = _values(variables)
    found, _ = jax.eval_shape(run)
    result, after = jax.lax.cond(due, run, rest)
    for variable, value in zip(variables, after):
        variable.assign(value)
    return result


def image_gradient(function: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
    """Return the gradient of the sum of `function(image)` with respect to `image`."""
    return jax.grad(lambda image: function(image).sum())(image)


@contextlib.contextmanager
def interrupts_after() -> Iterator[Callable[[], None]]:
    """Hold back Ctrl-C, and yield a function that raises it when all is done.

    Only the main thread is interrupted, and only Python's own way of it is held back.
    """
    held: list[int] = []

    def raise_held() -> None:
        if held:
            raise KeyboardInterrupt

    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield raise_held
        return
    signal.signal(signal.SIGINT, lambda number, frame: held.append(number))
    try:
        yield raise_held
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _all_variables(model: keras.Model) -> list:
    return model.variables + model.optimizer.variables


def _values(variables: Sequence) -> list[Tensor]:
    return [variable.value for variable in variables]
