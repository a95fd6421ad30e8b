"""Gradients on JAX.

JAX differentiates functions of values. The JAX trainer of Keras gives the values of all variables,
and wants the new ones back. A step runs inside a `keras.StatelessScope` that holds them, where it
reads and sets variables as on any backend. The function that is differentiated runs in a scope of
its own, whose changes are carried over.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import jax
import keras

from keras_pix2pix.types import Tensor

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
    groups = [model.trainable_variables, model.non_trainable_variables, model.metrics_variables]
    if len(state) > len(groups):
        groups.insert(2, model.optimizer.variables)
    pairs = [pair for group in zip(groups, state) for pair in zip(*group)]
    with keras.StatelessScope(pairs, collect_losses=True) as scope:
        logs = step(data)
    return logs, tuple([scope.get_current_value(v) for v in group] for group in groups)


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


def _all_variables(model: keras.Model) -> list:
    return model.variables + model.optimizer.variables


def _values(variables: Sequence) -> list[Tensor]:
    return [variable.value for variable in variables]
