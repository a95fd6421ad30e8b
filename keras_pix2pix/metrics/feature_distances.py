"""Distances between generated pictures and targets in the features of an image network."""

from typing import Any

import keras
from keras import ops

from keras_pix2pix.metrics.set_distances import frechet_distance, kernel_distance
from keras_pix2pix.metrics.set_metric import SetMetric
from keras_pix2pix.networks.efficientnet import SIZE, feature_maps, unit_distance
from keras_pix2pix.types import Tensor


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class FeatureDistances(SetMetric):
    """Distances between generated pictures and targets in features of a network: 0 if equal.

    The network is EfficientNet-Lite0 with its ImageNet weights. You cannot compare the numbers with
    distances in features of Inception or VGG. Pictures are resized to 224 x 224 pixels. There are
    three distances:

    - `efficientnet_lite0_perceptual` compares each picture with its target: the squared distance
      between features of unit length, averaged over the pixels of a layer, added up over five
      layers. It is LPIPS without learned weights.
    - `efficientnet_lite0_frechet` compares the two sets: the distance of two Gaussians, fitted to
      the 1280 features of the last layer. It is too high for fewer than some thousand images, so
      compare only sets of the same size.
    - `efficientnet_lite0_kernel` compares the two sets: the squared maximum mean discrepancy of the
      same features, with a cubic kernel. It is unbiased, so it can be below 0. Use it for small
      sets.

    Args:
        images: int, the number of pictures for the distances between sets: the first ones are used.
            Each takes 10 KB. Defaults to `2048`.
        name: str, the names of the distances start with it. Defaults to `"efficientnet_lite0"`.
        dtype: ignored, features are float32. Defaults to `None`.

    Raises:
        ImportError: if the weights are not installed. The message says what to install.
        ValueError: when updated with pictures that do not have 1 or 3 channels.

    Example:

    ```python
    model.compile(metrics=[kp.metrics.FeatureDistances()])
    best = keras.callbacks.ModelCheckpoint(
        "best.keras", monitor="val_efficientnet_lite0_kernel", mode="min", save_best_only=True
    )
    model.fit(train, validation_data=val, callbacks=[best])
    ```

    References:
        Zhang et al. 2018, arXiv 1801.03924 (LPIPS); Heusel et al. 2017, arXiv 1706.08500
        (Fréchet); Binkowski et al. 2018, arXiv 1801.01401 (kernel).
    """

    def __init__(
        self, images: int = 2048, name: str = "efficientnet_lite0", dtype: Any = None
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self._network = feature_maps(pooled=True)
        self.images = images
        width = self._network.outputs[-1].shape[-1]
        # The last row takes the features of all further images.
        self._real, self._generated = (
            self.add_variable((images + 1, width), "zeros", dtype="float32", name=name)
            for name in ("real", "generated")
        )
        self._count = self.add_variable((), "zeros", dtype="int32", name="count")
        self._perceptual = self.add_variable((), "zeros", dtype="float32", name="perceptual")

    def update_state(self, condition: Tensor, target: Tensor, generated: Tensor) -> None:
        """Add a batch of pictures with 1 or 3 channels. The condition is not used."""
        *real_maps, real = self._features(target)
        *maps, features = self._features(generated)
        count = ops.shape(target)[0]
        rows = ops.minimum(self._count + ops.arange(count, dtype="int32"), self.images)[:, None]
        self._real.assign(ops.scatter_update(self._real, rows, real))
        self._generated.assign(ops.scatter_update(self._generated, rows, features))
        self._count.assign_add(ops.cast(count, "int32"))
        distances = [ops.mean(unit_distance(*pair), axis=(1, 2)) for pair in zip(real_maps, maps)]
        self._perceptual.assign_add(ops.sum(sum(distances)))

    def _features(self, pictures: Tensor) -> list[Tensor]:
        """Return the features of five layers, and those of the last one."""
        if pictures.shape[-1] not in (1, 3):
            raise ValueError(
                "FeatureDistances needs pictures of 1 or 3 channels. "
                f"Received: {pictures.shape[-1]} channels"
            )
        if pictures.shape[-1] == 1:
            pictures = ops.repeat(pictures, 3, axis=-1)
        pictures = ops.image.resize(
            pictures, (SIZE, SIZE), antialias=True, data_format="channels_last"
        )
        return self._network(pictures, training=False)

    def result(self) -> dict[str, float]:
        """Return the three distances. They are NaN before the first batch."""
        count = int(ops.convert_to_numpy(self._count))
        rows = min(count, self.images)
        sets = [
            ops.convert_to_numpy(features)[:rows].astype("float64")
            for features in (self._real, self._generated)
        ]
        total = float(ops.convert_to_numpy(self._perceptual))
        return {
            f"{self.name}_perceptual": total / count if count else float("nan"),
            f"{self.name}_frechet": frechet_distance(*sets),
            f"{self.name}_kernel": kernel_distance(*sets),
        }

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the metric."""
        return {"images": self.images, **super().get_config()}
