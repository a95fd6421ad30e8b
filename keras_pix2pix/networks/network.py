"""Network: what all generators and discriminators of the package have in common."""

import numbers
from typing import Any, Self

import keras

from keras_pix2pix.keras_private import layers_inside
from keras_pix2pix.networks.direct import Graph


class Network(Graph):
    """A functional model whose config is the arguments of its class, and which layers are frozen.

    Keras saves `trainable` of each layer of a plain functional model. A network that is made again
    from its arguments would forget it, and train what was frozen.
    """

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that all networks have, and the numbers of the frozen layers."""
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
        }
        frozen = [i for i, layer in enumerate(layers_inside(self)[1:]) if not layer.trainable]
        return {**config, "frozen_layers": frozen} if frozen else config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """Make a network from what `get_config` has returned."""
        config = dict(config)
        frozen = config.pop("frozen_layers", None)
        network = super().from_config(config, custom_objects)
        if frozen is not None:
            # A layer comes before those inside of it, whose own flags follow.
            for i, layer in enumerate(layers_inside(network)[1:]):
                layer.trainable = i not in frozen
        return network


def check_counts(**counts: Any) -> None:
    """Refuse numbers of channels or layers below 1, by the names of their arguments.

    Raises:
        ValueError: naming the argument.
    """
    for name, count in counts.items():
        if not isinstance(count, numbers.Integral) or count < 1:
            raise ValueError(f"{name} must be an int of at least 1. Received: {name}={count!r}")


def copy_flags(old: keras.Layer, new: keras.Layer) -> None:
    """Freeze the layers of one network that are frozen in another one of the same layers."""
    for one, other in zip(layers_inside(old), layers_inside(new), strict=True):
        other.trainable = one.trainable
