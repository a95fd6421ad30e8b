"""Cross-entropy between generated class probabilities and label maps."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_pix2pix.losses.batch import Batch
from keras_pix2pix.losses.term import Term
from keras_pix2pix.types import Tensor

# Added to each probability, so that the logarithm and its slope stay finite.
SMALLEST = 1e-6


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class LabelCrossEntropy(Term):
    """The cross-entropy of generated label maps and targets.

    Targets are encoded by `data.Labels`: one channel for each class, 1 inside of the class and -1
    elsewhere. The generated channels, scaled from [-1, 1] to [0, 1], are the probabilities of the
    classes. Use the output activation `label_probabilities` in the generator, so that they add up
    to 1. Pixels without a class are ignored. Sample weights multiply the losses of the pixels. As
    in Keras, they do not change the number by which the sum is divided.

    Args:
        class_weights: sequence with one float for each class: the weight of its pixels. Defaults to
            `None`: 1 for all classes.
        weight: float, at least 0. Defaults to `1.0`.
        name: str. Defaults to `"cross_entropy"`.

    Raises:
        ValueError: in `compile`, if the number of classes and the number of generated channels
            differ.

    Example:

    ```python
    generator = kp.UNetGenerator(
        output_channels=3, output_activation=kp.losses.label_probabilities
    )
    model = kp.Pix2Pix(generator)
    model.compile(
        adversarial_loss=None,
        reconstruction_weight=0.0,
        generator_terms=[kp.losses.LabelCrossEntropy([1.0, 2.0, 0.5])],
    )
    ```

    References:
        Long et al. 2015, arXiv 1411.4038.
    """

    trains = "generator"

    def __init__(
        self,
        class_weights: Sequence[float] | None = None,
        weight: float = 1.0,
        name: str = "cross_entropy",
    ) -> None:
        super().__init__(weight, name)
        self.class_weights = None if class_weights is None else [float(w) for w in class_weights]

    def check(self, generator: keras.Model, discriminator: keras.Model) -> None:
        """Refuse a number of classes that differs from the channels of the generator."""
        channels = generator.output_shape[-1]
        if self.class_weights is not None and len(self.class_weights) != channels:
            raise ValueError(
                f"{self.name} needs a weight for each of the {channels} channels of the generator. "
                f"Received: {len(self.class_weights)} class_weights"
            )

    def __call__(self, batch: Batch) -> Tensor:
        """Return the weighted mean over the pixels of a batch, a scalar tensor."""
        labels, probabilities = ((side + 1.0) / 2.0 for side in (batch.target, batch.generated))
        if self.class_weights is not None:
            labels = labels * ops.convert_to_tensor(self.class_weights, labels.dtype)
        losses = -labels * ops.log(ops.maximum(probabilities, 0.0) + SMALLEST)
        if batch.weights is not None:
            losses = batch.weights * losses
        return ops.sum(losses) / ops.maximum(ops.sum(labels), SMALLEST)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the term."""
        return {**super().get_config(), "class_weights": self.class_weights}


@keras.saving.register_keras_serializable(package="keras_pix2pix")
def label_probabilities(features: Tensor) -> Tensor:
    """Return the softmax over the channels, scaled from [0, 1] to [-1, 1].

    Args:
        features: tensor of shape `(batch, height, width, classes)`.

    Returns:
        A tensor of the same shape, encoded as by `data.Labels`.
    """
    return 2.0 * ops.softmax(features, axis=-1) - 1.0
