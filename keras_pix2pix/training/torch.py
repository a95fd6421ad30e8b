"""One training step on PyTorch."""

import keras
import torch

from keras_pix2pix.training.objective import AdversarialObjective


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
            gradients = _gradients(
                losses["discriminator_loss"], self.discriminator, self.optimizer.discriminator
            )
            _apply(gradients, self.discriminator, self.optimizer.discriminator)
        # The generator looks through the discriminator without changing its statistics.
        with keras.StatelessScope():
            losses |= self.generator_losses(condition, target, fake)
        gradients = _gradients(losses["loss"], self.generator, self.optimizer.generator)
        _apply(gradients, self.generator, self.optimizer.generator)
        return fake, losses

    def _simultaneous(self, condition, target):
        fake = self(condition, training=True)
        losses, fake_logits = self.discriminator_losses(condition, target, fake)
        losses |= self.generator_losses(condition, target, fake, fake_logits)
        parts = (
            (losses["discriminator_loss"], self.discriminator, self.optimizer.discriminator),
            (losses["loss"], self.generator, self.optimizer.generator),
        )
        gradients = [_gradients(*part, retain_graph=True) for part in parts]
        for gradient, (_, network, optimizer) in zip(gradients, parts):
            _apply(gradient, network, optimizer)
        return fake, losses

    @staticmethod
    def input_gradient(function, inputs):
        """The gradient of the sum of `function(inputs)` with respect to `inputs`."""
        inputs = inputs.detach().requires_grad_()
        return torch.autograd.grad(function(inputs).sum(), inputs, create_graph=True)[0]


def _gradients(loss, network, optimizer, retain_graph=False):
    # Only this network's variables are asked for: nothing flows into the other one's `grad`.
    return torch.autograd.grad(
        optimizer.scale_loss(loss),
        [variable.value for variable in network.trainable_variables],
        retain_graph=retain_graph,
        allow_unused=True,
    )


def _apply(gradients, network, optimizer):
    with torch.no_grad():
        optimizer.apply(list(gradients), network.trainable_variables)
