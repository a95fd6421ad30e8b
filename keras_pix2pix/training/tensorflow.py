"""One training step on TensorFlow."""

import keras
import tensorflow as tf

from keras_pix2pix.training.objective import AdversarialObjective


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
        variables = self.generator.trainable_variables
        self.optimizer.generator.apply(tape.gradient(loss, variables), variables)
        return fake, losses

    def _update_discriminator(self, condition, target, fake):
        if self.objective is None:
            return {}
        with tf.GradientTape() as tape:
            losses, _ = self.discriminator_losses(condition, target, fake)
            loss = self.optimizer.discriminator.scale_loss(losses["discriminator_loss"])
        variables = self.discriminator.trainable_variables
        self.optimizer.discriminator.apply(tape.gradient(loss, variables), variables)
        return losses

    def _simultaneous(self, condition, target):
        generator, discriminator = self.optimizer.generator, self.optimizer.discriminator
        with tf.GradientTape(persistent=True) as tape:
            fake = self(condition, training=True)
            losses, fake_logits = self.discriminator_losses(condition, target, fake)
            losses |= self.generator_losses(condition, target, fake, fake_logits)
            discriminator_loss = discriminator.scale_loss(losses["discriminator_loss"])
            generator_loss = generator.scale_loss(losses["loss"])
        own, others = self.generator.trainable_variables, self.discriminator.trainable_variables
        own_gradients = tape.gradient(generator_loss, own)
        other_gradients = tape.gradient(discriminator_loss, others)
        generator.apply(own_gradients, own)
        discriminator.apply(other_gradients, others)
        return fake, losses

    @staticmethod
    def input_gradient(function, inputs):
        """The gradient of the sum of `function(inputs)` with respect to `inputs`."""
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = function(inputs)
        return tape.gradient(outputs, inputs)
