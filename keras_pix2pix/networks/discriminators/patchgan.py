"""The PatchGAN: a discriminator that judges a pair patch by patch."""

from collections.abc import Iterator
from typing import Any

import keras
from keras import layers

from keras_pix2pix.networks.blocks import ConvBlock
from keras_pix2pix.networks.network import Network, check_counts
from keras_pix2pix.networks.normalization import (
    Normalization,
    deserialize_normalization,
    has_offset,
    serialize_normalization,
)
from keras_pix2pix.types import Tensor

# Receptive field in pixels: number of 4x4 convolutions that halve the image.
HALVINGS = {1: 0, 16: 1, 34: 2, 70: 3, 142: 4, 286: 5}


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class PatchDiscriminator(Network):
    """The paper's PatchGAN: one logit for every patch of an image.

    Each logit judges a patch of `receptive_field` x `receptive_field` pixels of the condition and
    of the image. Patches overlap. A higher logit means that the patch looks more real.

    Args:
        condition_shape: tuple `(height, width, channels)`. `None` gives the paper's unconditional
            discriminator, which does not see the condition. Defaults to `(None, None, 3)`.
        target_shape: tuple `(height, width, channels)` of the target or the generated image.
            Defaults to `(None, None, 3)`.
        receptive_field: int, one of 1, 16, 34, 70, 142, 286. Defaults to `70`.
        filters: int, the channels of the first convolution. Defaults to `64`.
        normalization: `"instance"` (with scale and offset), `"batch"`, `"group"`, `None`, or a
            Keras layer that each block clones. Defaults to `"instance"`.
        spectral: bool, whether every convolution has spectral normalization, in addition to
            `normalization`. Defaults to `False`.
        dtype: dtype policy. Defaults to the global one. The output is always float32.
        name: str. Defaults to `None`: the name of the class.
        trainable: bool. Defaults to `True`.

    Call arguments:
        inputs: list `[condition, image]` of tensors of shape `(batch, height, width, channels)`
            in [-1, 1]; without a condition, the image alone.
        training: bool, whether batch statistics are active, and whether spectral normalization
            improves its estimates.

    Returns:
        A float32 tensor of logits of shape `(batch, patch_rows, patch_columns, 1)`: 30 x 30 for
        256 pixels and a receptive field of 70.

    Raises:
        ValueError: for an unknown `receptive_field` or `normalization`, for different fixed sizes
            of condition and target, and for images that are smaller than one patch.

    Example:

    ```python
    discriminator = PatchDiscriminator(condition_shape=(None, None, 1), receptive_field=34)
    logits = discriminator([masks, photos])  # (1, 128, 128, 1), (1, 128, 128, 3) -> (1, 30, 30, 1)
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004, sections 3.2.2 and 6.1.2; spectral normalization,
        Miyato et al. 2018, arXiv 1802.05957.
    """

    def __init__(
        self,
        condition_shape: tuple[int | None, int | None, int] | None = (None, None, 3),
        target_shape: tuple[int | None, int | None, int] = (None, None, 3),
        receptive_field: int = 70,
        filters: int = 64,
        normalization: Normalization = "instance",
        spectral: bool = False,
        dtype: Any = None,
        name: str | None = None,
        trainable: bool = True,
    ) -> None:
        if receptive_field not in HALVINGS:
            raise ValueError(
                f"receptive_field must be one of {', '.join(map(str, HALVINGS))}. "
                f"Received: receptive_field={receptive_field}"
            )
        check_counts(filters=filters)
        policy = keras.dtype_policies.get(dtype)
        normalization = deserialize_normalization(normalization)
        halvings = HALVINGS[receptive_field]
        for shape in (condition_shape, target_shape):
            _check_size(shape[:2] if shape else (), halvings)

        x = target = keras.Input(target_shape, name="target")
        inputs = target
        if condition_shape is not None:
            condition = keras.Input(condition_shape, name="condition")
            inputs = [condition, target]
            x = layers.Concatenate(dtype=policy, name="pair")(inputs)
        for number, block in enumerate(_blocks(halvings, filters, normalization), start=1):
            x = ConvBlock(**block, spectral=spectral, name=f"conv_{number}", dtype=policy)(x)
        # Under mixed precision too, logits are float32.
        logits = layers.Activation("linear", dtype="float32", name="logits")(x)
        super().__init__(inputs=inputs, outputs=logits, name=name, trainable=trainable)
        self.dtype_policy = policy
        self.condition_shape = condition_shape and tuple(condition_shape)
        self.target_shape = tuple(target_shape)
        self.receptive_field = receptive_field
        self.filters = filters
        self.normalization = serialize_normalization(normalization)
        self.spectral = spectral

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Tensor:
        """Return the logits."""
        for image in keras.tree.flatten(inputs):
            _check_size(image.shape[1:3], HALVINGS[self.receptive_field])
        return super().call(inputs, training=training, mask=mask)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the discriminator."""
        return {
            **super().get_config(),
            "condition_shape": self.condition_shape,
            "target_shape": self.target_shape,
            "receptive_field": self.receptive_field,
            "filters": self.filters,
            "normalization": self.normalization,
            "spectral": self.spectral,
        }


def _blocks(halvings: int, filters: int, normalization: Normalization) -> Iterator[dict[str, Any]]:
    """Yield the arguments of the convolutions, from the image to the logits."""
    final: dict[str, Any] = {"filters": 1, "normalization": None, "activation": None}
    if halvings == 0:
        pixel: dict[str, Any] = {"kernel_size": 1, "strides": 1}
        yield {"filters": filters, "normalization": None, **pixel}
        yield {"filters": filters * 2, "normalization": normalization, **pixel}
        # The reference's pixel discriminator has this one bias less than its patch ones.
        yield {**final, "use_bias": not has_offset(normalization), **pixel}
        return
    yield {"filters": filters, "normalization": None}
    for level in range(1, halvings):
        yield {"filters": filters * min(2**level, 8), "normalization": normalization}
    # 4x4 with stride 1 and a pixel of zeros around: Keras' "same" would give another size.
    whole: dict[str, Any] = {"strides": 1, "padding": "zeros"}
    yield {"filters": filters * min(2**halvings, 8), "normalization": normalization, **whole}
    yield {**final, **whole}


def _check_size(size: tuple[int | None, ...], halvings: int) -> None:
    """Refuse images that leave no pixel for the logits.

    Each of the two convolutions without strides makes the map smaller by one pixel.
    """
    least = 2 * 2**halvings + 1 if halvings else 1
    if any(n is not None and n < least for n in size):
        raise ValueError(
            f"This PatchDiscriminator needs images of at least {least} x {least} pixels. "
            f"Received: {' x '.join(map(str, size))}. Take a smaller receptive_field."
        )
