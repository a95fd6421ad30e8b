"""Distance in the feature maps of a network that was trained on photos."""

import keras
from keras import ops

from keras_pix2pix.losses.batch import Batch
from keras_pix2pix.losses.term import Term
from keras_pix2pix.networks.efficientnet import check_colors, feature_maps, unit_distance
from keras_pix2pix.types import Tensor


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class Perceptual(Term):
    """The distance between target and generated picture in features of EfficientNet-Lite0.

    Features of five layers are scaled to unit length at every pixel. Their squared differences are
    added up over the channels, averaged over the pixels, and added up over the layers. This is
    LPIPS without learned weights. The network has its ImageNet weights, which are not trained.

    Pictures of one channel are repeated to three.

    Args:
        weight: float, at least 0. Defaults to `5.0`.
        name: str. Defaults to `"perceptual"`.

    Raises:
        ImportError: in `compile`, if the weights are not installed. The message says what to
            install.
        ValueError: in `compile`, if the pictures do not have 1 or 3 channels.

    Example:

    ```python
    model.compile(reconstruction_weight=10.0, generator_terms=[kp.losses.Perceptual(5.0)])
    ```

    References:
        Zhang et al. 2018, arXiv 1801.03924 (LPIPS); Johnson et al. 2016, arXiv 1603.08155.
    """

    trains = "generator"
    photo_features = True

    def __init__(self, weight: float = 5.0, name: str = "perceptual") -> None:
        super().__init__(weight, name)

    def check(self, generator: keras.Model, discriminator: keras.Model) -> None:
        """Refuse pictures that do not have 1 or 3 channels, and load the weights."""
        check_colors(generator.output_shape[-1], self.name)
        feature_maps()

    def __call__(self, batch: Batch) -> Tensor:
        """Return the distance of a batch, a scalar tensor."""
        pairs = zip(*map(batch.photo_features, (batch.target, batch.generated)))
        return sum(ops.mean(unit_distance(*maps)) for maps in pairs)
