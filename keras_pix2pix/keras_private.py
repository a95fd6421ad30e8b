"""The private parts of Keras that this package needs, each with the reason.

All of them are in Keras 3.15. A new version of Keras may lack them: look here first.
"""

from collections.abc import Mapping
from typing import Any

import keras

# Keras' optimizers on PyTorch are classes of their own, which a saved model names by this module.
TORCH_OPTIMIZERS = "keras.src.backend.torch.optimizers."


def layers_inside(layer: keras.Layer) -> list[keras.Layer]:
    """Return a layer and the layers inside it, at any depth.

    The public `model.layers` has those of the first level only, and other layers have no list.
    """
    return layer._flatten_layers()


def added_losses(layer: keras.Layer) -> list[Any]:
    """Return what `add_loss` and activity regularizers have added in the last call of a layer.

    The public `losses` has the regularizers of weights as well, which count once for all calls.
    """
    return [loss for part in layer._flatten_layers() for loss in part._get_own_losses()]


def loss_tracker(model: keras.Model) -> keras.metrics.Mean:
    """Return the running mean that `compile` makes for the logs' `loss`.

    The public `model.metrics` has it among others, and a model may override `metrics`.
    """
    return model._loss_tracker


def logs_in_order(model: keras.Model, logs: Mapping[str, Any]) -> list[Any]:
    """Return logs as the list that `evaluate` returns without `return_dict`.

    Only this method knows the order of `model.metrics_names`.
    """
    return model._flatten_metrics_in_order(logs)


def called_by_fit(arguments: Mapping[str, Any]) -> bool:
    """Return whether `fit` has called `evaluate` with these keyword arguments.

    No public argument tells the validation of a training from a call of the user.
    """
    return bool(arguments.get("_use_cached_eval_dataset"))


def higher_is_better(metric: keras.metrics.Metric) -> None:
    """Tell callbacks with `mode="auto"` that a metric improves when it rises.

    `ModelCheckpoint` and others ask this attribute; for a metric of one's own it is not set.
    """
    metric._direction = "up"


def schedule_of(optimizer: keras.optimizers.Optimizer) -> Any:
    """Return the schedule of an optimizer's learning rate, or `None` where it is a number.

    The public `learning_rate` is the number that the schedule gives for the present step.
    """
    rate = optimizer._learning_rate
    return rate if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule) else None


def trained_variables(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    """Return the variables that a built optimizer updates.

    The public `optimizer.variables` has the optimizer's own state.
    """
    return optimizer._trainable_variables


def moving_averages(optimizer: keras.optimizers.Optimizer) -> list[keras.Variable]:
    """Return the moving averages that an optimizer with `use_ema=True` keeps.

    They are in the order of `trained_variables`. In public there is only a way to overwrite the
    weights with them.
    """
    return optimizer._model_variables_moving_average


def is_adam(optimizer: keras.optimizers.Optimizer) -> bool:
    """Return whether an optimizer is Keras' Adam or AdamW, without AMSGrad.

    No class derived from them is. On PyTorch, both are classes that have no public name.
    """
    kinds = type(keras.optimizers.Adam()), type(keras.optimizers.AdamW())
    return type(optimizer) in kinds and not optimizer.amsgrad


def adam_slots(optimizer: keras.optimizers.Adam, variable: Any) -> tuple[Any, Any]:
    """Return the momentum and the velocity that Adam keeps for a variable.

    The public `optimizer.variables` does not say to which variable they belong.
    """
    index = optimizer._get_variable_index(variable)
    return optimizer._momentums[index], optimizer._velocities[index]


def slots_of_variables(optimizer: keras.optimizers.Optimizer) -> list[tuple[Any, Any]]:
    """Return each variable of a built optimizer with each that is kept for it.

    They are in lists, one for each kind, in the order of the variables.
    """
    variables = optimizer._trainable_variables
    kinds = [kind for kind in vars(optimizer).values() if isinstance(kind, list)]
    return [
        (variable, slot)
        for kind in kinds
        if kind is not variables and len(kind) == len(variables)
        for variable, slot in zip(variables, kind)
        if isinstance(slot, keras.Variable)
    ]


def plain_update(optimizer: keras.optimizers.Optimizer, *arguments: Any) -> None:
    """Update variables on PyTorch as the class of an optimizer does."""
    type(optimizer)._backend_update_step(optimizer, *arguments)


def replace_method(optimizer: keras.optimizers.Optimizer, name: str, function: Any) -> None:
    """Let one optimizer update its variables by another function, in every way that it is used.

    In public an update can be replaced for a class only, whose name a saved model would have.
    """
    object.__setattr__(optimizer, name, function)


def replace_value(variable: keras.Variable, value: Any) -> None:
    """Give a variable on PyTorch a tensor of other strides. `assign` would keep the strides."""
    variable._value.data = value


def give_value(variable: keras.Variable, value: Any, layout: Any = None) -> None:
    """Give a variable on JAX an array, and the layout of values that it is assigned later.

    `assign` would move the array to the devices of the present layout.
    """
    variable._value, variable._layout = value, layout


def initial_epoch(model: keras.Model) -> int:
    """Return the epoch with which `BackupAndRestore` lets a training begin, or 0.

    It is known to no one but the trainer.
    """
    return model._initial_epoch or 0


def set_initial_epoch(model: keras.Model, epoch: int) -> None:
    """Let a training begin as if `BackupAndRestore` had restored this epoch.

    Args:
        model: the model.
        epoch: int, from 0, which means the `initial_epoch` of `fit`.
    """
    model._initial_epoch = epoch or None


def mark_synced(model: keras.Model) -> None:
    """Tell Keras' JAX trainer that the variables have their values.

    At the end of a loop it would give them those of the last state that it knows.
    """
    model._jax_state_synced = True


def graph_of(model: keras.Model) -> tuple[list[tuple[Any, Any, list[int]]], Any]:
    """Return the operations of a functional model in their order, and its outputs.

    In public there is only a way to run all of it.

    Args:
        model: a functional model.

    Returns:
        A list with a tuple for each operation, and the structure of the outputs. In the tuple are
        the operation, its arguments and its results. Results and outputs are the identities of
        symbolic tensors. So are the arguments, if they are one tensor or a list of tensors; others
        are what Keras has.
    """
    nodes = []
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            if node.operation is not None and not node.is_input:
                results = [id(symbol) for symbol in node.outputs]
                nodes.append((node.operation, _identities(node.arguments), results))
    outputs = keras.tree.map_structure(id, model._outputs_struct)
    return nodes, outputs[0] if isinstance(outputs, list) and len(outputs) == 1 else outputs


def _identities(arguments: Any) -> Any:
    if arguments.kwargs or len(arguments.args) != 1:
        return arguments
    (only,) = arguments.args
    if isinstance(only, keras.KerasTensor):
        return id(only)
    if isinstance(only, list | tuple) and all(isinstance(x, keras.KerasTensor) for x in only):
        return [id(symbol) for symbol in only]
    return arguments


def is_layer_of_keras(layer: keras.Layer) -> bool:
    """Return whether the class of a layer is Keras' own, not one derived from it."""
    return type(layer).__module__.startswith("keras.src.layers.")


def takes_training(operation: Any) -> bool:
    """Return whether a layer's `call` has the argument `training`."""
    return getattr(operation, "_call_has_training_arg", False)


def is_recomputed(layer: keras.Layer) -> bool:
    """Return whether a layer was made in a `keras.RematScope`, and so keeps no activations."""
    return layer._remat_mode is not None


def has_hooks(layer: Any) -> bool:
    """Return whether someone wants to see the calls of a layer, which is a module of PyTorch."""
    return bool(
        layer._forward_hooks
        or layer._forward_pre_hooks
        or layer._backward_hooks
        or layer._backward_pre_hooks
    )


def autocast_dtype() -> str | None:
    """Return what the values of variables are cast to at present, or `None` for nothing."""
    scope = keras.src.backend.get_autocast_scope()
    return None if scope is None else scope.dtype
