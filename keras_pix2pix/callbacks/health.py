"""What a GAN's numbers say about its training."""

import math
import warnings

import keras


class GANHealth(keras.callbacks.Callback):
    """Watches both networks while they train, and says what goes wrong, each thing once.

    It adds to what training reports, as means over the epoch so far:

    - `real_accuracy`, `fake_accuracy`: the share of the discriminator's patches that are taken for
      what they are. Near 0.5 it guesses, at 1 it has won.
    - `generator_gradient_norm`, `discriminator_gradient_norm`: of all gradients of the network.
    - `saturated`: the share of generated values at the end of their range, beyond 0.99, whose
      target is not.
    - `contrast`: how much generated pictures vary within themselves, as a share of how much targets
      do. 0 is a single color.

    A discriminator that has won, a generator that gives grey or only extremes, and losses that are
    not finite are named in one warning, with what to try.

    Args:
        after: int, the number of training steps before anything but infinite losses is judged; the
            first pictures of every generator are grey. Defaults to `500`.
        every: int, steps between looks; there is another one at the end of each epoch. Defaults to
            `100`.

    Example:

    ```python
    model.fit(train, epochs=200, callbacks=[kp.callbacks.GANHealth()])
    ```
    """

    def __init__(self, after=500, every=100):
        super().__init__()
        self.after = after
        self.every = every

    def set_model(self, model):
        super().set_model(model)
        self._watch(True)

    def _watch(self, watched):
        self.model.watched = watched
        # The compiled step knows one kind of report.
        self.model.train_function = None

    def on_train_begin(self, logs=None):
        self.steps = 0
        self.named = set()

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1
        if self.steps % self.every == 0:
            self._look(logs)

    def on_epoch_end(self, epoch, logs=None):
        self._look(logs)

    def on_train_end(self, logs=None):
        self._watch(False)

    def _look(self, logs):
        numbers = {name: float(logs[name]) for name in logs if not name.startswith("val_")}
        if not all(map(math.isfinite, numbers.values())):
            found = {"not finite": NOT_FINITE}
        elif self.steps < self.after:
            return
        else:
            found = {name: advice for name, sick, advice in SICKNESSES if sick(numbers)}
        for name, advice in found.items():
            if name not in self.named:
                self.named.add(name)
                warnings.warn(f"Step {self.steps}: {advice.format(**numbers)}", stacklevel=2)


NOT_FINITE = (
    "the losses are not finite, and the weights are lost. Start from the last saved model, with "
    "lower learning rates; keras.callbacks.TerminateOnNaN stops at once."
)


def _won(n):
    return min(n.get("real_accuracy", 0), n.get("fake_accuracy", 0)) > 0.99


# What is wrong, when, and what to say.
SICKNESSES = (
    (
        "won",
        _won,
        "the discriminator has won: it knows {real_accuracy:.1%} of real and {fake_accuracy:.1%} "
        "of generated patches, and teaches nothing. Try adversarial_loss='lsgan', a lower learning "
        "rate of the discriminator, a smaller receptive_field, augment=True, or more pairs.",
    ),
    (
        "grey",
        lambda n: n["contrast"] < 0.1,
        "the generator has collapsed to grey: its pictures have {contrast:.1%} of the contrast of "
        "their targets. Try a lower learning rate of the generator, a higher "
        "reconstruction_weight, and see with preview() whether conditions and targets belong "
        "together.",
    ),
    (
        "saturated",
        lambda n: n["saturated"] > 0.5,
        "the generator gives extremes: {saturated:.1%} of its values are at the end of their range "
        "and should not be. Its tanh is saturated and learns no more. Start anew with a lower "
        "learning rate of the generator.",
    ),
)
