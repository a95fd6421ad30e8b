"""What one training step minimizes, on every backend."""

import contextlib

import keras
from keras import ops

from keras_pix2pix.losses import gradient_norm_penalty


class AdversarialObjective:
    """The losses of `Pix2Pix`; the backends differentiate them, each in its own way."""

    # Whether `jit_compile=True` works.
    compiles = True
    # A context in which nothing is kept for gradients.
    inference = staticmethod(contextlib.nullcontext)

    @staticmethod
    def pair(data):
        """Condition and target of a batch, as float32 tensors."""
        condition, target, _ = keras.utils.unpack_x_y_sample_weight(data)
        return ops.cast(condition, "float32"), ops.cast(target, "float32")

    def judge(self, condition, image, training=True):
        """The discriminator's logits for pairs of a condition and an image."""
        conditional = len(self.discriminator.inputs) == 2
        return self.discriminator([condition, image] if conditional else image, training=training)

    def discriminator_losses(self, condition, target, fake, training=True):
        """What the discriminator minimizes, and its logits for the generated images.

        All of it is halved, as in the paper, section 3.3.
        """
        objective = self.objective
        fake_logits = self.judge(condition, fake, training)
        real_logits = self.judge(condition, target, training)
        loss = ops.mean(objective.real(real_logits)) + ops.mean(objective.fake(fake_logits))
        if objective.gradient_penalty and training:
            loss += objective.gradient_penalty * self._penalty(condition, target, fake)
        return {"discriminator_loss": 0.5 * loss}, fake_logits

    def generator_losses(self, condition, target, fake, fake_logits=None, training=True):
        """What the generator minimizes, as `loss`, and its parts."""
        reconstruction = ops.mean(self.reconstruction(target, fake))
        loss = self.reconstruction_weight * reconstruction
        if self.objective is None:
            return {"loss": loss, "reconstruction_loss": reconstruction}
        if fake_logits is None:
            fake_logits = self.judge(condition, fake, training)
        adversarial = ops.mean(self.objective.generator(fake_logits))
        return {
            "loss": adversarial + loss,
            "generator_loss": adversarial,
            "reconstruction_loss": reconstruction,
        }

    def _penalty(self, condition, target, fake):
        """The gradient penalty at random points between real and generated images."""
        share = keras.random.uniform((ops.shape(target)[0], 1, 1, 1), seed=self._penalty_seed)
        between = share * target + (1.0 - share) * fake
        slopes = self.input_gradient(
            lambda image: ops.mean(self.judge(condition, image), axis=(1, 2, 3)), between
        )
        return gradient_norm_penalty(slopes)

    def update_and_report(self, condition, target):
        """Update both networks in the order that `compile` was told, and return the logs."""
        step = self._simultaneous if self.simultaneous else self._sequential
        fake, values = step(condition, target)
        return self.report(values, target, fake)

    def inspect_and_report(self, condition, target):
        """The logs of the deterministic output, without an update."""
        fake = self(condition, training=False)
        fake_logits, values = None, {}
        if self.objective is not None:
            values, fake_logits = self.discriminator_losses(condition, target, fake, training=False)
        values |= self.generator_losses(condition, target, fake, fake_logits)
        return self.report(values, target, fake)

    def report(self, values, target, fake):
        """Put losses and metrics of a batch into the running means, and return these."""
        for tracker in [self._loss_tracker, *self._trackers]:
            if tracker.name in values:
                tracker.update_state(values[tracker.name], sample_weight=ops.shape(target)[0])
        return self.compute_metrics(None, target, fake)

    @property
    def metrics(self):
        unused = () if self.objective else ("generator_loss", "discriminator_loss")
        return [metric for metric in super().metrics if metric.name not in unused]
