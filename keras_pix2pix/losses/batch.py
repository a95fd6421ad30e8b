"""One batch of pairs, as loss terms see it."""

from collections.abc import Callable

import keras

from keras_pix2pix.types import Tensor


class Batch:
    """One batch of pairs with the generated pictures, and access to the discriminator.

    `Pix2Pix` makes a `Batch` for each loss that it computes, and passes it to every `Term`.

    Args:
        condition: tensor of shape `(batch, height, width, channels)` in [-1, 1].
        target: tensor of shape `(batch, height, width, channels)` in [-1, 1].
        generated: tensor of the target's shape, the pictures that were generated from `condition`.
        judge: function from an image to the discriminator's logits for it: a list of tensors of
            shape `(batch, rows, columns, 1)`, one for each scale of the discriminator.
        judge_inside: function from an image to a tuple of two lists: the same logits, and the inner
            feature maps of the discriminator.
        differentiate: function of a function and an image, see `image_gradient`.
        photo_features: function from an image to its feature maps in EfficientNet-Lite0.
        seed: `keras.random.SeedGenerator` for terms that draw random numbers.
        training: bool, whether the networks are trained on the batch. Defaults to `True`.
        weights: tensor of shape `(batch, height, width, 1)`, or `(batch, 1, 1, 1)` for one weight
            for each picture: the weight of each pixel in losses that compare pixels. Defaults to
            `None`: all weights are 1.
    """

    def __init__(
        self,
        condition: Tensor,
        target: Tensor,
        generated: Tensor,
        judge: Callable[[Tensor], list[Tensor]],
        judge_inside: Callable[[Tensor], tuple[list[Tensor], list[Tensor]]],
        differentiate: Callable[[Callable[[Tensor], Tensor], Tensor], Tensor],
        photo_features: Callable[[Tensor], list[Tensor]],
        seed: keras.random.SeedGenerator,
        training: bool = True,
        weights: Tensor | None = None,
    ) -> None:
        self.condition = condition
        self.target = target
        self.generated = generated
        self.seed = seed
        self.training = training
        self.weights = weights
        self._judge = judge
        self._judge_inside = judge_inside
        self._differentiate = differentiate
        self._photo_features = photo_features
        # What is known of the target and of the generated image, by the identity of the tensor.
        self._logits: dict[int, list[Tensor]] = {}
        self._features: dict[int, list[Tensor]] = {}

    def logits(self, image: Tensor) -> list[Tensor]:
        """Return the discriminator's logits for an image together with the condition.

        Args:
            image: tensor of shape `(batch, height, width, channels)` in [-1, 1].

        Returns:
            A list of tensors of shape `(batch, rows, columns, 1)`, one for each scale.
        """
        if id(image) in self._logits:
            return self._logits[id(image)]
        logits = self._judge(image)
        if self._is_own(image):
            self._logits[id(image)] = logits
        return logits

    def features(self, image: Tensor) -> list[Tensor]:
        """Return the discriminator's inner feature maps for an image together with the condition.

        Args:
            image: tensor of shape `(batch, height, width, channels)` in [-1, 1].

        Returns:
            A list of tensors of shape `(batch, rows, columns, channels)`: the inputs of every
            convolution but the first one of each scale.
        """
        if id(image) in self._features:
            return self._features[id(image)]
        logits, features = self._judge_inside(image)
        if self._is_own(image):
            # One pass gives both, for the terms that come later.
            self._logits[id(image)], self._features[id(image)] = logits, features
        return features

    def photo_features(self, image: Tensor) -> list[Tensor]:
        """Return the feature maps of an image in EfficientNet-Lite0, a network for photos.

        If a term has `photo_features = True`, the features of the target and of the generated image
        are computed only once, for all terms and for `ProjectedDiscriminator`.

        Args:
            image: tensor of shape `(batch, height, width, channels)` in [-1, 1], of 1 or 3
                channels.

        Returns:
            A list of five tensors of shape `(batch, rows, columns, channels)`, of 1/2, 1/4, 1/8,
            1/16 and 1/32 of the height and width, rounded up.
        """
        return self._photo_features(image)

    def image_gradient(self, function: Callable[[Tensor], Tensor], image: Tensor) -> Tensor:
        """Return the gradient of the sum of `function(image)` with respect to `image`.

        The result can be differentiated again.

        Args:
            function: function from a tensor like `image` to a tensor.
            image: tensor of shape `(batch, height, width, channels)`.

        Returns:
            A tensor of the shape of `image`.
        """
        return self._differentiate(function, image)

    def afresh(self) -> "Batch":
        """Return the same batch without the results that are kept."""
        return Batch(
            self.condition,
            self.target,
            self.generated,
            self._judge,
            self._judge_inside,
            self._differentiate,
            self._photo_features,
            self.seed,
            self.training,
            self.weights,
        )

    def _is_own(self, image: Tensor) -> bool:
        return image is self.target or image is self.generated
