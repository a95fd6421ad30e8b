"""Metrics of a whole set of images."""

import keras


class SetMetric(keras.metrics.Metric):
    """A metric of a whole set, computed when all of its images were seen.

    `Pix2Pix` updates it in `evaluate` and for the validation data of `fit`, not while it trains.
    """

    def update_state(self, condition, target, generated):
        """Take in a batch.

        Args:
            condition: tensor of shape `(batch, height, width, channels)` in [-1, 1].
            target: tensor of shape `(batch, height, width, channels)` in [-1, 1].
            generated: the same, for what was generated.
        """
        raise NotImplementedError

    def result(self):
        """The values of what was seen since the last `reset_state`: dict of floats."""
        raise NotImplementedError
