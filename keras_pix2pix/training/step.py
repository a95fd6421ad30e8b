"""What one training step minimizes, on every backend."""

import contextlib

import keras
from keras import ops

from keras_pix2pix.losses.objectives import gradient_norm_penalty

# What `callbacks.GANHealth` looks at, reported while it is there.
HEALTH = (
    "real_accuracy",
    "fake_accuracy",
    "generator_gradient_norm",
    "discriminator_gradient_norm",
    "saturated",
    "contrast",
)


class AdversarialObjective:
    """The losses of `Pix2Pix`; the backends differentiate them, each in its own way."""

    # Whether `jit_compile=True` works.
    compiles = True
    # A context in which nothing is kept for gradients.
    inference = staticmethod(contextlib.nullcontext)
    # Metrics of a whole set, as `compile` was given them.
    set_metrics = ()
    # Whether evaluation draws dropout.
    stochastic = False
    # Whether a step reports its health.
    watched = False

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
        losses = {"discriminator_loss": 0.5 * loss}
        if self.watched:
            boundary = objective.boundary(real_logits, fake_logits)
            losses["real_accuracy"] = _share(real_logits > boundary)
            losses["fake_accuracy"] = _share(fake_logits < boundary)
        return losses, fake_logits

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
        if self.watched:
            limits = [ops.abs(images) > 0.99 for images in (fake, target)]
            values["saturated"] = _share(ops.logical_and(limits[0], ops.logical_not(limits[1])))
            values["contrast"] = _contrast(fake) / (_contrast(target) + keras.config.epsilon())
        return self.report(values, target, fake)

    def gradient_norm(self, name, gradients, optimizer):
        """The norm of all gradients of a network together, under its name, where it is watched."""
        if not self.watched:
            return {}
        squares = [ops.sum(ops.square(g)) for g in gradients if g is not None]
        norm = ops.sqrt(sum(squares)) / optimizer.scale_loss(ops.ones(()))
        return {f"{name}_gradient_norm": norm}

    def inspect_and_report(self, condition, target):
        """The logs of the deterministic output, without an update."""
        fake = self(condition, training=self.stochastic)
        fake_logits, values = None, {}
        if self.objective is not None:
            values, fake_logits = self.discriminator_losses(condition, target, fake, training=False)
        values |= self.generator_losses(condition, target, fake, fake_logits)
        for metric in self.set_metrics:
            metric.update_state(condition, target, fake)
        return self.report(values, target, fake)

    def report(self, values, target, fake):
        """Put losses and metrics of a batch into the running means, and return these."""
        for tracker in [self._loss_tracker, *self._trackers]:
            if tracker.name in values:
                tracker.update_state(values[tracker.name], sample_weight=ops.shape(target)[0])
        return self.compute_metrics(None, target, fake)

    @property
    def metrics(self):
        unused = set() if self.watched else set(HEALTH)
        if self.objective is None:
            unused |= {"generator_loss", "discriminator_loss", *HEALTH[:2], HEALTH[3]}
        metrics = [metric for metric in super().metrics if metric.name not in unused]
        return [*metrics, *self.set_metrics]

    def get_metrics_result(self):
        """The running means; what needs the whole set is added by `evaluate`."""
        results = {m.name: m.result() for m in self.metrics if m not in self.set_metrics}
        return results | results.pop("compile_metrics", {})


def _share(condition):
    return ops.mean(ops.cast(condition, "float32"))


def _contrast(images):
    """The mean over images of the standard deviation of their values."""
    return ops.mean(ops.std(images, axis=(1, 2, 3)))
