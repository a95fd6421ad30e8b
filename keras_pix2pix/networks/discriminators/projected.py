"""The projected discriminator: small heads on the features of a frozen network."""

import math
from typing import Any

import keras
from keras import layers, ops

from keras_pix2pix.networks.blocks import ConvBlock
from keras_pix2pix.networks.direct import Graph, called
from keras_pix2pix.networks.efficientnet import FrozenFeatures, check_colors
from keras_pix2pix.networks.initialization import Normal
from keras_pix2pix.networks.network import Network, check_counts
from keras_pix2pix.networks.upsampling import doubled
from keras_pix2pix.types import Tensor

# A picture has so many times the height and width of the feature maps.
SCALES = (4, 8, 16, 32)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class ProjectedDiscriminator(Network):
    """A discriminator that judges the features of a frozen network, at four scales.

    The frozen network is EfficientNet-Lite0 with its ImageNet weights. Random convolutions, which
    are also frozen, mix its feature maps across channels and scales. Each scale has a small head,
    and only the heads are trained. The inputs of a head are the mixed features, and the condition
    averaged down to their size. All convolutions of a head have spectral normalization.

    It learns faster than `PatchDiscriminator`, because the features are pretrained.
    `keras_pix2pix.losses.Perceptual` uses the same features, which are computed only once.

    Args:
        condition_shape: tuple `(height, width, channels)`. `None` gives a discriminator that does
            not see the condition. Defaults to `(None, None, 3)`.
        target_shape: tuple `(height, width, channels)` of the target or the generated picture, with
            1 or 3 channels. Defaults to `(None, None, 3)`.
        filters: int, the channels of the mixed features and of the heads. Defaults to `64`.
        dtype: dtype policy of the heads. Defaults to the global one. Features and logits are always
            float32.
        name: str. Defaults to `None`: the name of the class.
        trainable: bool. Defaults to `True`.

    Attributes:
        heads: functional model of all heads. Its inputs are the condition, if there is one, and the
            four feature maps. Its outputs are the logits.

    Call arguments:
        inputs: list `[condition, picture]` of tensors of shape `(batch, height, width, channels)`
            in [-1, 1]; without a condition, the picture alone.
        training: bool, whether spectral normalization makes its estimates better.

    Returns:
        A list of four float32 tensors of logits of shape `(batch, rows, columns, 1)`: for 128
        pixels, 16 x 16, 8 x 8, 8 x 8 and 4 x 4.

    Raises:
        ImportError: when called, if the weights are not installed. The message says what to
            install.
        ValueError: if the pictures do not have 1 or 3 channels.

    Example:

    ```python
    discriminator = kp.ProjectedDiscriminator()
    model = kp.Pix2Pix(kp.UNetGenerator(), discriminator)
    model.compile(
        adversarial_loss="hinge",
        reconstruction_weight=10.0,
        generator_terms=[kp.losses.Perceptual(5.0)],
    )
    ```

    References:
        Sauer et al. 2021, arXiv 2111.01007 (Projected GANs); spectral normalization, Miyato et al.
        2018, arXiv 1802.05957.
    """

    def __init__(
        self,
        condition_shape: tuple[int | None, int | None, int] | None = (None, None, 3),
        target_shape: tuple[int | None, int | None, int] = (None, None, 3),
        filters: int = 64,
        dtype: Any = None,
        name: str | None = None,
        trainable: bool = True,
    ) -> None:
        check_counts(filters=filters)
        check_colors(target_shape[-1], "ProjectedDiscriminator")
        policy = keras.dtype_policies.get(dtype)
        target = keras.Input(target_shape, name="target")
        conditions = []
        if condition_shape is not None:
            conditions = [keras.Input(condition_shape, name="condition")]
        maps = FrozenFeatures(name="features")(target)[-len(SCALES) :]
        heads = _heads(condition_shape, [m.shape[-1] for m in maps], filters, policy)
        inputs = [*conditions, target] if conditions else target
        super().__init__(
            inputs=inputs, outputs=heads([*conditions, *maps]), name=name, trainable=trainable
        )
        self.dtype_policy = policy
        self.heads = heads
        self.condition_shape = condition_shape and tuple(condition_shape)
        self.target_shape = tuple(target_shape)
        self.filters = filters

    def judge_features(
        self, condition: Tensor, maps: list[Tensor], training: bool | None = None
    ) -> list[Tensor]:
        """Return the logits for the features of a picture.

        Args:
            condition: tensor of shape `(batch, height, width, channels)`. It is not used if the
                discriminator is unconditional.
            maps: list of the feature maps that `FrozenFeatures` returns for the picture.
            training: bool, whether spectral normalization makes its estimates better.

        Returns:
            A list of four float32 tensors of logits.
        """
        conditions = [] if self.condition_shape is None else [condition]
        return self.heads([*conditions, *maps[-len(SCALES) :]], training=training)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the discriminator."""
        return {
            **super().get_config(),
            "condition_shape": self.condition_shape,
            "target_shape": self.target_shape,
            "filters": self.filters,
        }


def _heads(
    condition_shape: tuple[int | None, int | None, int] | None,
    channels: list[int],
    filters: int,
    policy: keras.DTypePolicy,
) -> keras.Model:
    """Return the model from the condition and the maps of features to the logits."""
    inputs = [keras.Input((None, None, c), name=f"map_{s}") for s, c in zip(SCALES, channels)]
    mixed = RandomMixing(filters, name="mixing")(inputs)
    if condition_shape is not None:
        condition = keras.Input(condition_shape, name="condition")
        inputs = [condition, *inputs]
        pooled = [
            layers.AveragePooling2D(
                scale, padding="same", data_format="channels_last", name=f"condition_{scale}"
            )(condition)
            for scale in SCALES
        ]
        mixed = [
            layers.Concatenate(name=f"pair_{scale}")(pair)
            for scale, pair in zip(SCALES, zip(mixed, pooled))
        ]
    logits = [_head(x, scale, filters, policy) for scale, x in zip(SCALES, mixed)]
    return Graph(inputs, logits, name="heads")


def _head(x: Tensor, scale: int, filters: int, policy: keras.DTypePolicy) -> Tensor:
    # The maps of the two finest scales are large enough to be halved.
    side, strides = (4, 2) if scale < SCALES[2] else (3, 1)
    shared: dict[str, Any] = {"normalization": None, "padding": "same", "spectral": True}
    blocks: list[dict[str, Any]] = [
        {"filters": filters, "kernel_size": 3, "strides": 1},
        {"filters": filters, "kernel_size": side, "strides": strides},
        {"filters": 1, "kernel_size": 3, "strides": 1, "activation": None},
    ]
    for number, block in enumerate(blocks, start=1):
        x = ConvBlock(**block, **shared, dtype=policy, name=f"head_{scale}_{number}")(x)
    return layers.Activation("linear", dtype="float32", name=f"logits_{scale}")(x)


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class RandomMixing(keras.Layer):
    """Mixes maps of features across channels and across scales, by convolutions that do not learn.

    From the coarsest to the finest scale: a 1x1 convolution of the map, plus what the next coarser
    scale gives, doubled in height and width; then a 3x3 convolution.

    Args:
        filters: int, the channels of the mixed maps.
        **kwargs: `name`, as any Keras layer takes it.

    Call arguments:
        inputs: list of tensors of shape `(batch, rows, columns, channels)`, from the finest to the
            coarsest. Each has half of the height and width of the one before, rounded up.

    Returns:
        A list of tensors of shape `(batch, rows, columns, filters)`.

    References:
        Sauer et al. 2021, arXiv 2111.01007, section 3.2.
    """

    def __init__(self, filters: int, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.filters = filters
        self.trainable = False

    def build(self, input_shape: list[tuple[int | None, ...]]) -> None:
        """Draw the kernels."""

        def convolution(side: int, name: str, shape: tuple[Any, ...]) -> keras.Layer:
            # As He et al. 2015: each convolution keeps the variance of what ReLU has halved.
            spread = math.sqrt(2 / (side * side * shape[-1]))
            layer = layers.Conv2D(
                self.filters,
                side,
                padding="same",
                data_format="channels_last",
                use_bias=False,
                kernel_initializer=Normal(stddev=spread),
                dtype="float32",
                trainable=False,
                name=name,
            )
            layer.build(shape)
            return layer

        self.across_channels = [
            convolution(1, f"channels_{i}", shape) for i, shape in enumerate(input_shape)
        ]
        self.across_scales = [
            convolution(3, f"scales_{i}", (*shape[:3], self.filters))
            for i, shape in enumerate(input_shape)
        ]

    def call(self, inputs: list[Tensor]) -> list[Tensor]:
        """Return the mixed maps."""
        mixed: list[Tensor] = []
        for features, channels, scales in reversed(
            list(zip(inputs, self.across_channels, self.across_scales))
        ):
            x = called(channels, features)
            if mixed:
                height, width = ops.shape(x)[1:3]
                x = x + doubled(mixed[0], "bilinear")[:, :height, :width]
            # Each convolution makes the values larger; the heads shall see about the same of all.
            mixed.insert(0, called(scales, x) / 3.0)
        return mixed

    def compute_output_shape(
        self, input_shape: list[tuple[int | None, ...]]
    ) -> list[tuple[int | None, ...]]:
        """Return the shapes of the mixed maps."""
        return [(*shape[:3], self.filters) for shape in input_shape]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        return {**super().get_config(), "filters": self.filters}
