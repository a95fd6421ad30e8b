"""The inner feature maps of a network, as outputs beside its own."""

from typing import Any

import keras

from keras_pix2pix.keras_private import layers_inside
from keras_pix2pix.networks.direct import Graph
from keras_pix2pix.types import Tensor


def with_inner_features(network: keras.Model) -> keras.Model | None:
    """Return a network of the same layers that also gives its inner feature maps.

    Feature maps are what every convolution takes as its input that another convolution has been
    through before: the outputs of all convolutions but the last, after activation. Networks inside
    the network, such as the scales of a discriminator, are searched, too.

    Args:
        network: a functional or sequential model.

    Returns:
        A model of the same inputs, whose outputs are a tuple of two lists: the outputs of
        `network`, and the feature maps. `None` if there are no feature maps.
    """
    found: list[Tensor] = []
    # Outputs of convolutions, and what is computed from them. Tensors are kept, so that no identity
    # is given twice.
    deep: dict[int, Tensor] = {}

    def apply(layer: keras.Layer, *args: Any, **kwargs: Any) -> Any:
        given = keras.tree.flatten((args, kwargs))
        inner = [tensor for tensor in given if id(tensor) in deep]
        convolves = any(hasattr(part, "kernel_size") for part in layers_inside(layer))
        inside = with_inner_features(layer) if isinstance(layer, keras.Model) else None
        if inside is None:
            outputs = layer(*args, **kwargs)
        else:
            own, features = inside(*args)
            outputs = own if len(own) > 1 else own[0]
            found.extend(features)
        if convolves:
            found.extend(tensor for tensor in inner if all(tensor is not f for f in found))
        if convolves or inner:
            deep.update({id(tensor): tensor for tensor in keras.tree.flatten(outputs)})
        return outputs

    inputs = keras.tree.map_structure(
        lambda tensor: keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype),
        network.inputs if len(network.inputs) > 1 else network.inputs[0],
    )
    outputs = keras.tree.flatten(_through(network, inputs, apply))
    return Graph(inputs, (outputs, found)) if found else None


def _through(network: keras.Model, inputs: Any, apply: Any) -> Any:
    """Return the symbolic outputs of a network for symbolic inputs, layer by layer."""
    if isinstance(network, keras.Sequential):
        outputs = inputs
        for layer in network.layers:
            outputs = apply(layer, outputs)
        return outputs
    # A plain model of the same graph: the classes of networks have constructors of their own.
    given, made = (side if len(side) > 1 else side[0] for side in (network.inputs, network.outputs))
    clone = keras.models.clone_model(
        keras.Model(given, made),
        input_tensors=inputs,
        clone_function=lambda layer: layer,
        call_function=apply,
    )
    return clone.output
