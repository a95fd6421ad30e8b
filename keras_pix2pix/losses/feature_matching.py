"""Distance in the feature maps of the discriminator."""

import keras
from keras import ops

from keras_pix2pix.losses.batch import Batch
from keras_pix2pix.losses.term import Term
from keras_pix2pix.networks.inner_features import with_inner_features
from keras_pix2pix.types import Tensor


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class FeatureMatching(Term):
    """The distance between target and generated picture in the discriminator's feature maps.

    It is the mean absolute difference of each inner feature map, added up over the layers, and
    averaged over the scales of the discriminator.

    Args:
        weight: float, at least 0. Defaults to `10.0`, the paper's.
        name: str. Defaults to `"feature_matching"`.

    Example:

    ```python
    model.compile(adversarial_loss="hinge", generator_terms=[kp.losses.FeatureMatching(5.0)])
    ```

    References:
        Wang et al. 2018, arXiv 1711.11585, section 3.2, equation 4.
    """

    after_pretraining = True
    trains = "generator"

    def __init__(self, weight: float = 10.0, name: str = "feature_matching") -> None:
        super().__init__(weight, name)

    def check(self, generator: keras.Model, discriminator: keras.Model) -> None:
        """Refuse a discriminator with a single convolution: it has no inner feature maps."""
        if with_inner_features(discriminator) is None:
            raise ValueError(
                f"{self.name} compares the inner feature maps of the discriminator, which needs at "
                f"least two convolutions, one after the other. Received: {discriminator.name} "
                "without any inner feature map"
            )

    def __call__(self, batch: Batch) -> Tensor:
        """Return the distance of a batch, a scalar tensor."""
        generated = batch.features(batch.generated)
        # Targets show where to go; nothing is learned from their own features.
        target = [ops.stop_gradient(features) for features in batch.features(batch.target)]
        distances = [ops.mean(ops.abs(one - other)) for one, other in zip(target, generated)]
        return sum(distances) / len(batch.logits(batch.generated))
