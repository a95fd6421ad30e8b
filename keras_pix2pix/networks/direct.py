"""Layers and graphs of layers, run on PyTorch without what Keras does around each call.

Around each call of a layer, Keras converts, checks and names things, and it walks through nested
arguments. TensorFlow and JAX do so once, when they trace a function. PyTorch does it at every
step, which is most of the time of a step on a GPU, and of small pictures on a processor.
"""

import functools
from typing import Any

import keras

from keras_pix2pix.keras_private import (
    autocast_dtype,
    graph_of,
    has_hooks,
    is_layer_of_keras,
    is_recomputed,
    takes_training,
)
from keras_pix2pix.types import Tensor


class Graph(keras.Model):
    """A functional model whose layers are called directly where that makes no difference."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return the outputs of the model."""
        given = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
        # Keras gives a mask for each of several inputs, which is None.
        masked = any(m is not None for m in (mask if isinstance(mask, list | tuple) else [mask]))
        expected = [(symbol.dtype, len(symbol.shape)) for symbol in self.inputs]
        fit = len(given) == len(expected) and all(map(_is_tensor, given, *zip(*expected)))
        if masked or not fit:
            return super().call(inputs, training=training, mask=mask)
        # On the device of the weights, as Keras does.
        return self._run([keras.ops.convert_to_tensor(x) for x in given], training)

    @functools.cached_property
    def _order(self) -> Any:
        return graph_of(self)

    def _run(self, inputs: list[Tensor], training: bool | None) -> Any:
        """Call the layers one after the other."""
        nodes, outputs = self._order
        values = {id(symbol): x for symbol, x in zip(self.inputs, inputs)}
        for operation, arguments, results in nodes:
            if isinstance(arguments, list):
                found = called(operation, [values[key] for key in arguments], training)
            elif isinstance(arguments, int):
                found = called(operation, values[arguments], training)
            else:
                args, options = arguments.fill_in(values)
                found = operation(*args, **options | _training_option(operation, training))
            several = isinstance(found, list | tuple | dict)
            values.update(zip(results, keras.tree.flatten(found) if several else [found]))
        return keras.tree.map_structure(lambda key: values[key], outputs)


def called(layer: keras.Layer, inputs: Any, training: bool | None = None) -> Any:
    """Call a layer, directly where that makes no difference.

    Args:
        layer: a layer that is built, or any other operation of a graph.
        inputs: tensor, or list of tensors.
        training: bool, for layers that take it. Defaults to `None`: as in the call around it.

    Returns:
        What the layer returns.
    """
    options = _training_option(layer, training)
    # Without the option, Keras tells the layer that of the call around it.
    told = options or not takes_training(layer)
    plain = told and _is_plain(layer, inputs if isinstance(inputs, list) else [inputs])
    return (layer.call if plain else layer)(inputs, **options)


def _training_option(operation: Any, training: bool | None) -> dict[str, bool]:
    return {} if training is None or not takes_training(operation) else {"training": training}


def _is_plain(layer: Any, inputs: list[Any]) -> bool:
    """Return whether Keras would add nothing to what `layer.call` computes.

    That is so for the layers of this package and of Keras, and inputs of their type on PyTorch.
    """
    return (
        isinstance(layer, keras.Layer)
        and all(_is_tensor(x, layer.compute_dtype) for x in inputs)
        and (is_layer_of_keras(layer) or type(layer).__module__.startswith("keras_pix2pix."))
        and layer.built
        and (autocast_dtype() or layer.variable_dtype) == layer.compute_dtype
        and layer.activity_regularizer is None
        and layer.quantization_mode is None
        and not has_hooks(layer)
        and not _all_have_hooks()
        and not is_recomputed(layer)
    )


def _is_tensor(x: Any, dtype: str, rank: int | None = None) -> bool:
    """Return whether an input is a tensor of PyTorch, not a symbol, of this type and rank."""
    if keras.backend.backend() != "torch":
        return False
    import torch

    return (
        type(x) is torch.Tensor
        and x.dtype is getattr(torch, dtype)
        and (rank is None or x.ndim == rank)
    )


def _all_have_hooks() -> bool:
    """Return whether someone wants to see the calls of all modules of PyTorch."""
    from torch.nn.modules import module

    return module._has_any_global_hook()
