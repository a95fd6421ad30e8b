"""One training step on TensorFlow."""

import keras
import tensorflow as tf

from keras_pix2pix.training.step import AdversarialObjective


class AdversarialTrainer(AdversarialObjective):
    """How `Pix2Pix` updates its two networks, and looks at them without an update."""

    def train_step(self, data):
        condition, target = self.pair(data)
        # Without this tie, a dataset of unknown length costs an extra update at its end: what does
        # not depend on the data runs before TensorFlow notices that there is none.
        with tf.control_dependencies([condition, target]):
            return self.update_and_report(condition, target)

    def test_step(self, data):
        condition, target = self.pair(data)
        with tf.control_dependencies([condition, target]):
            return self.inspect_and_report(condition, target)

    def _sequential(self, condition, target):
        with tf.GradientTape() as tape:
            fake = self(condition, training=True)
            with tape.stop_recording():
                losses = self._update_discriminator(condition, target, fake)
            # The generator looks through the discriminator without changing its statistics.
            with keras.StatelessScope():
                losses |= self.generator_losses(condition, target, fake)
            loss = self.optimizer.generator.scale_loss(losses["loss"])
        gradients = tape.gradient(loss, self.generator.trainable_variables)
        return fake, losses | self._apply("generator", gradients)

    def _update_discriminator(self, condition, target, fake):
        if self.objective is None:
            return {}
        with tf.GradientTape() as tape:
            losses, _ = self.discriminator_losses(condition, target, fake)
            loss = self.optimizer.discriminator.scale_loss(losses["discriminator_loss"])
        gradients = tape.gradient(loss, self.discriminator.trainable_variables)
        return losses | self._apply("discriminator", gradients)

    def _simultaneous(self, condition, target):
        generator, discriminator = self.optimizer.generator, self.optimizer.discriminator
        with tf.GradientTape(persistent=True) as tape:
            fake = self(condition, training=True)
            losses, fake_logits = self.discriminator_losses(condition, target, fake)
            losses |= self.generator_losses(condition, target, fake, fake_logits)
            discriminator_loss = discriminator.scale_loss(losses["discriminator_loss"])
            generator_loss = generator.scale_loss(losses["loss"])
        gradients = {
            "generator": tape.gradient(generator_loss, self.generator.trainable_variables),
            "discriminator": tape.gradient(
                discriminator_loss, self.discriminator.trainable_variables
            ),
        }
        for name in gradients:
            losses |= self._apply(name, gradients[name])
        return fake, losses

    def _apply(self, name, gradients):
        optimizer, network = getattr(self.optimizer, name), getattr(self, name)
        optimizer.apply(gradients, network.trainable_variables)
        return self.gradient_norm(name, gradients, optimizer)

    @staticmethod
    def input_gradient(function, inputs):
        """The gradient of the sum of `function(inputs)` with respect to `inputs`."""
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = function(inputs)
        return tape.gradient(outputs, inputs)
