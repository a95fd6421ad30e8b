"""One training step on PyTorch."""

import keras
import torch

from keras_pix2pix.training.step import AdversarialObjective


class AdversarialTrainer(AdversarialObjective):
    """How `Pix2Pix` updates its two networks, and looks at them without an update."""

    # Dynamo compiles Keras' layers one by one, and again for each kind, until it gives up.
    compiles = False
    inference = staticmethod(torch.no_grad)

    def train_step(self, data):
        return self.update_and_report(*self.pair(data))

    def test_step(self, data):
        return self.inspect_and_report(*self.pair(data))

    def _sequential(self, condition, target):
        fake = self(condition, training=True)
        losses = {}
        if self.objective is not None:
            losses, _ = self.discriminator_losses(condition, target, fake.detach())
            gradients = self._gradients("discriminator", losses["discriminator_loss"])
            losses |= self._apply("discriminator", gradients)
        # The generator looks through the discriminator without changing its statistics.
        with keras.StatelessScope():
            losses |= self.generator_losses(condition, target, fake)
        gradients = self._gradients("generator", losses["loss"])
        return fake, losses | self._apply("generator", gradients)

    def _simultaneous(self, condition, target):
        fake = self(condition, training=True)
        losses, fake_logits = self.discriminator_losses(condition, target, fake)
        losses |= self.generator_losses(condition, target, fake, fake_logits)
        parts = {"discriminator": losses["discriminator_loss"], "generator": losses["loss"]}
        gradients = {
            name: self._gradients(name, loss, retain_graph=True) for name, loss in parts.items()
        }
        for name in parts:
            losses |= self._apply(name, gradients[name])
        return fake, losses

    def _gradients(self, name, loss, retain_graph=False):
        # Only this network's variables are asked for: nothing flows into the other one's `grad`.
        return torch.autograd.grad(
            getattr(self.optimizer, name).scale_loss(loss),
            [variable.value for variable in getattr(self, name).trainable_variables],
            retain_graph=retain_graph,
            allow_unused=True,
        )

    def _apply(self, name, gradients):
        optimizer, network = getattr(self.optimizer, name), getattr(self, name)
        with torch.no_grad():
            optimizer.apply(list(gradients), network.trainable_variables)
            return self.gradient_norm(name, gradients, optimizer)

    @staticmethod
    def input_gradient(function, inputs):
        """The gradient of the sum of `function(inputs)` with respect to `inputs`."""
        inputs = inputs.detach().requires_grad_()
        return torch.autograd.grad(function(inputs).sum(), inputs, create_graph=True)[0]
