"""The `normalization` argument of every block and network."""

import math
from typing import Any, TypeAlias

import keras
from keras import layers, ops

from keras_pix2pix.networks.initialization import Normal
from keras_pix2pix.types import Tensor

NORMALIZATIONS = ("instance", "batch", "group", None)
# What a user gives as `normalization`. A dict is a serialized layer.
Normalization: TypeAlias = str | keras.Layer | dict[str, Any] | None


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class GroupNormalization(layers.GroupNormalization):
    """Keras' layer for channels-last images, with second derivatives that are right.

    On TensorFlow, Keras computes the variance with a mean that has no gradient. First derivatives
    do not notice, but a penalty on the slope of the discriminator is differentiated again.

    Call arguments:
        inputs: tensor of shape `(batch, height, width, channels)`.

    Returns:
        A tensor of the same shape.

    References:
        Wu and He 2018, arXiv 1803.08494; with one channel a group, Ulyanov et al. 2016,
        arXiv 1607.08022.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Normalize every group of channels of every image by its own mean and deviation."""
        # Statistics of half precision would be too coarse.
        x = ops.cast(inputs, "float32")
        scale, offset = (
            None if part is None else ops.cast(part, "float32") for part in (self.gamma, self.beta)
        )
        # On a GPU, starting many small programs would take longer.
        alone = keras.backend.backend() == "torch" and (x.is_cpu or len(x) == 1)
        if alone and self.groups == x.shape[-1]:
            x = _image_by_image(x, scale, offset, self.epsilon)
        else:
            x = self._group_by_group(x, scale, offset)
        return ops.cast(x, self.compute_dtype)

    def _group_by_group(self, x: Tensor, scale: Tensor | None, offset: Tensor | None) -> Tensor:
        shape, channels = ops.shape(x), x.shape[-1]
        axes: tuple[int, ...] = (1, 2)
        # A channel a group needs no axis of its own, which would cost time.
        if self.groups < channels:
            x = ops.reshape(x, (*shape[:-1], self.groups, channels // self.groups))
            axes = (1, 2, 4)
        x = x - ops.mean(x, axis=axes, keepdims=True)
        factor = ops.rsqrt(ops.mean(ops.square(x), axis=axes, keepdims=True) + self.epsilon)
        if self.groups < channels:
            x, factor = ops.reshape(x * factor, shape), 1.0
        x = x * (factor if scale is None else factor * scale)
        return x if offset is None else x + offset


def _image_by_image(
    x: Tensor, scale: Tensor | None, offset: Tensor | None, epsilon: float
) -> Tensor:
    """Normalize every channel of every image, by PyTorch's batch normalization of one image.

    It reads the image where it lies in memory, in a quarter of the time of the other way.
    """
    import torch

    images = [
        torch.batch_norm(image, scale, offset, None, None, True, 0.0, epsilon, True)
        for image in x.permute(0, 3, 1, 2).split(1)
    ]
    return (images[0] if len(images) == 1 else torch.cat(images)).permute(0, 2, 3, 1)


def make_normalization(
    normalization: Normalization, filters: int, dtype: Any
) -> keras.Layer | None:
    """Make a new normalization layer.

    Args:
        normalization: `"instance"`, `"batch"`, `"group"`, `None`, or a Keras layer to clone.
        filters: int, the number of channels that the layer normalizes.
        dtype: dtype policy of the layer.

    Returns:
        A Keras layer that is not built yet, or `None` for `None`.
    """
    if normalization is None:
        return None
    if isinstance(normalization, keras.Layer):
        config = {**normalization.get_config(), "dtype": dtype}
        del config["name"]
        return type(normalization).from_config(config)
    # Keras' own epsilon (1e-3) and batch momentum (0.99) differ from the reference's. The axis of
    # the channels is the last one, whatever `keras.config.image_data_format()` says.
    options = {
        "axis": -1,
        "epsilon": 1e-5,
        "gamma_initializer": Normal(1.0),
        "dtype": dtype,
        "name": "normalization",
    }
    if normalization == "instance":
        return GroupNormalization(groups=-1, **options)
    if normalization == "group":
        return GroupNormalization(groups=math.gcd(32, filters), **options)
    return layers.BatchNormalization(momentum=0.9, **options)


def has_offset(normalization: Normalization) -> bool:
    """Return whether a normalization adds an offset, so that the convolution needs no bias."""
    if isinstance(normalization, keras.Layer):
        return getattr(normalization, "center", False)
    return normalization is not None


def serialize_normalization(normalization: Normalization) -> Normalization:
    """Return what `get_config` stores of a `normalization` argument: a name, a dict or `None`."""
    if isinstance(normalization, keras.Layer):
        return keras.saving.serialize_keras_object(normalization)
    return normalization


def deserialize_normalization(normalization: Normalization) -> Normalization:
    """Return the `normalization` argument that `serialize_normalization` was given.

    Raises:
        ValueError: for what is no normalization, also where no block would use it.
    """
    if isinstance(normalization, dict):
        return keras.saving.deserialize_keras_object(normalization)
    if not isinstance(normalization, keras.Layer) and normalization not in NORMALIZATIONS:
        raise ValueError(
            "normalization must be one of "
            f"{', '.join(map(repr, NORMALIZATIONS))} or a Keras layer. Received: {normalization!r}"
        )
    return normalization
