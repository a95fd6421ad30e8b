"""The multi-scale discriminator: several PatchGANs, each of which sees a smaller image."""

from typing import Any

import keras
from keras import ops

from keras_pix2pix.networks.discriminators.patchgan import PatchDiscriminator
from keras_pix2pix.networks.network import Network, check_counts
from keras_pix2pix.networks.normalization import Normalization
from keras_pix2pix.types import Tensor


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class MultiScaleDiscriminator(Network):
    """The discriminator of pix2pixHD: several PatchGANs, at full size, at half size, and so on.

    The first PatchGAN sees the pair at full size and judges textures. Each further one sees the
    pair at half the size of the one before, so its patches cover twice as much of the picture. The
    PatchGANs share no weights.

    Args:
        condition_shape: as for `PatchDiscriminator`.
        target_shape: as for `PatchDiscriminator`.
        scales: int of at least 1, the number of sizes. Defaults to `3`, the paper's.
        receptive_field: as for `PatchDiscriminator`.
        filters: as for `PatchDiscriminator`.
        normalization: as for `PatchDiscriminator`.
        spectral: as for `PatchDiscriminator`.
        dtype: dtype policy. Defaults to the global one. The output is always float32.
        name: str. Defaults to `None`: the name of the class.
        trainable: bool. Defaults to `True`.

    Call arguments:
        inputs: list `[condition, image]` of tensors of shape `(batch, height, width, channels)`
            in [-1, 1]; without a condition, the image alone.
        training: bool, as for `PatchDiscriminator`.

    Returns:
        A list of float32 tensors of logits of shape `(batch, patch_rows, patch_columns, 1)`, one
        for each scale, the finest first.

    Raises:
        ValueError: for fewer than one scale, and for images that are smaller than a patch of the
            last scale.

    Example:

    ```python
    model = kp.Pix2Pix(kp.UNetGenerator(), kp.MultiScaleDiscriminator(scales=2))
    model.compile(adversarial_loss="lsgan", generator_terms=[kp.losses.FeatureMatching(10.0)])
    ```

    References:
        Wang et al. 2018, arXiv 1711.11585, section 3.2.
    """

    def __init__(
        self,
        condition_shape: tuple[int | None, int | None, int] | None = (None, None, 3),
        target_shape: tuple[int | None, int | None, int] = (None, None, 3),
        scales: int = 3,
        receptive_field: int = 70,
        filters: int = 64,
        normalization: Normalization = "instance",
        spectral: bool = False,
        dtype: Any = None,
        name: str | None = None,
        trainable: bool = True,
    ) -> None:
        check_counts(scales=scales)
        targets = image = keras.Input(target_shape, name="target")
        conditions = condition = None
        if condition_shape is not None:
            conditions = condition = keras.Input(condition_shape, name="condition")
        logits = []
        for scale in range(scales):
            if scale:
                half = HalfSize(dtype="float32", name=f"half_{scale}")
                image = half(image)
                condition = None if condition is None else half(condition)
            patches = PatchDiscriminator(
                condition_shape and (None, None, condition_shape[-1]),
                (None, None, target_shape[-1]),
                receptive_field,
                filters,
                normalization,
                spectral,
                dtype,
                name=f"scale_{scale}",
            )
            logits.append(patches(image if condition is None else [condition, image]))
        inputs = targets if conditions is None else [conditions, targets]
        super().__init__(inputs=inputs, outputs=logits, name=name, trainable=trainable)
        self.dtype_policy = keras.dtype_policies.get(dtype)
        self.condition_shape = condition_shape and tuple(condition_shape)
        self.target_shape = tuple(target_shape)
        self.scales = scales

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the discriminator."""
        return {
            # Its own frozen layers are among those of the whole.
            **self.get_layer("scale_0").get_config(),
            **super().get_config(),
            "condition_shape": self.condition_shape,
            "target_shape": self.target_shape,
            "scales": self.scales,
        }


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class HalfSize(keras.Layer):
    """Halves the height and the width of images: each pixel is the mean of 3 x 3 pixels.

    Pixels outside of the image do not count, as in `AvgPool2d(3, 2, 1, count_include_pad=False)` of
    PyTorch. Odd sizes are rounded up.
    """

    def call(self, inputs: Tensor) -> Tensor:
        """Return images of half of the size."""
        return _sums(inputs) / _sums(ops.ones_like(inputs[:1, :, :, :1]))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output for an input of this shape."""
        batch, *size, channels = input_shape
        return (batch, *(n and -(-n // 2) for n in size), channels)


def _sums(images: Tensor) -> Tensor:
    """Return the ninth of the sum of 3 x 3 pixels around every second pixel."""
    padded = ops.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)])
    return ops.average_pool(padded, 3, 2, padding="valid", data_format="channels_last")
