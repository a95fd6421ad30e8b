"""The frozen network as a layer, and what pictures it takes."""

from typing import Any

import keras
from keras import ops

from keras_pix2pix.networks.efficientnet.architecture import CHANNELS_OF_SIZE
from keras_pix2pix.networks.efficientnet.features import feature_maps
from keras_pix2pix.types import Tensor


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class FrozenFeatures(keras.Layer):
    """The feature maps of EfficientNet-Lite0 at five sizes, as a layer that has no weights.

    The weights of the network are not saved with the layer, but read where it is called for the
    first time. So a model with this layer loads where they are not installed.

    Args:
        **kwargs: `name`, as any Keras layer takes it.

    Call arguments:
        inputs: tensor of pictures of shape `(batch, height, width, channels)` in [-1, 1], of 1 or 3
            channels. One channel is repeated to three.

    Returns:
        A list of five float32 tensors of shape `(batch, rows, columns, channels)`, of 1/2, 1/4,
        1/8, 1/16 and 1/32 of the height and width, rounded up.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})

    def call(self, inputs: Tensor) -> list[Tensor]:
        """Return the feature maps."""
        return features_of(inputs)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> list[tuple[int | None, ...]]:
        """Return the shapes of the feature maps."""
        batch, *size, _ = input_shape
        return [
            (batch, *(n and -(-n // 2 ** (i + 1)) for n in size), channels)
            for i, channels in enumerate(CHANNELS_OF_SIZE)
        ]


def features_of(pictures: Tensor) -> list[Tensor]:
    """Return the feature maps of pictures, at five sizes.

    Args:
        pictures: as `FrozenFeatures` takes them.

    Returns:
        As `FrozenFeatures` returns them.
    """
    if pictures.shape[-1] == 1:
        pictures = ops.repeat(pictures, 3, axis=-1)
    # The default blocks, so that `compile` has made this very network outside of the step.
    return feature_maps()(pictures, training=False)


def check_colors(channels: int, name: str) -> None:
    """Refuse pictures of other than 1 or 3 channels.

    Args:
        channels: int, the channels of the pictures.
        name: str, what needs the features, for the error.

    Raises:
        ValueError: saying what takes any number of channels.
    """
    if channels not in (1, 3):
        raise ValueError(
            f"{name} needs pictures of 1 or 3 channels, since its features are those of a network "
            f"for photos. Received: {channels} channels. The reconstruction loss, PairTerm, "
            "PatchDiscriminator and FeatureMatching take any number."
        )
