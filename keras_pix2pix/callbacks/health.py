"""Warnings about problems that a GAN has in training."""

import math
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import keras

from keras_pix2pix.callbacks.recorder import trained_steps


class GANHealth(keras.callbacks.Callback):
    """Measures both networks in training, and warns once about each problem.

    It adds these numbers to the logs. Each is the mean over the steps of the epoch so far.

    - `real_accuracy`, `fake_accuracy`: share of the patches of targets and of generated pictures
      that the discriminator classifies correctly. At 0.5 the discriminator guesses, at 1 it is
      always right.
    - `generator_gradient_norm`, `discriminator_gradient_norm`: norm of all gradients of a network.
    - `saturated`: share of the generated values outside of [-0.99, 0.99], where the target is
      inside.
    - `contrast`: standard deviation of the values of a generated picture, divided by that of its
      target. At 0 a picture has a single color.

    It warns if the discriminator is always right, if the generator generates grey or saturated
    pictures, and if a loss is not finite. Each warning says what to try.

    Args:
        warmup_steps: int, the number of training steps before the first warning, because every new
            generator generates grey. Losses that are not finite are reported at once. Defaults to
            `500`.
        check_every: int, the number of training steps between two checks. There is also a check at
            the end of every epoch. Defaults to `100`.
        after: the old name of `warmup_steps`.
        every: the old name of `check_every`.

    Example:

    ```python
    model.fit(train, epochs=200, callbacks=[kp.callbacks.GANHealth()])
    ```
    """

    def __init__(
        self,
        warmup_steps: int = 500,
        check_every: int = 100,
        after: int | None = None,
        every: int | None = None,
    ) -> None:
        super().__init__()
        for old, new, value in (("after", "warmup_steps", after), ("every", "check_every", every)):
            if value is not None:
                warnings.warn(
                    f"GANHealth({old}=...) is now called GANHealth({new}=...). The old name will "
                    "be removed in the next release.",
                    DeprecationWarning,
                    stacklevel=2,
                )
        self.warmup_steps = warmup_steps if after is None else after
        self.check_every = check_every if every is None else every

    def set_model(self, model: keras.Model) -> None:
        """Ask the training step of the model for the numbers."""
        super().set_model(model)
        self._watch(True)

    def _watch(self, watched: bool) -> None:
        self.model.watched = watched
        # The compiled step has the numbers or not. It must be compiled again.
        self.model.train_function = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget the warnings of an earlier training."""
        self._reported: set[str] = set()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Continue to count from the steps before this epoch, also after a resume."""
        self._steps_before = self._step = trained_steps(self.model)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check every so many steps."""
        before, self._step = self._step, self._steps_before + batch + 1
        if self._step // self.check_every > before // self.check_every:
            self._check(logs or {})

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the numbers of the whole epoch."""
        self._check(logs or {})

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Stop measuring."""
        self._watch(False)

    def _check(self, logs: dict[str, Any]) -> None:
        numbers = {name: float(logs[name]) for name in logs if not name.startswith("val_")}
        if NOT_FINITE.is_present(numbers):
            found = [NOT_FINITE]
        elif self._step < self.warmup_steps:
            return
        else:
            found = [problem for problem in PROBLEMS if problem.is_present(numbers)]
        for problem in found:
            if problem.name not in self._reported:
                self._reported.add(problem.name)
                warnings.warn(
                    f"Step {self._step}: {problem.advice.format(**numbers)}", stacklevel=2
                )


class Problem(NamedTuple):
    """A problem of a training.

    Attributes:
        name: str.
        is_present: function of the dict of the logs. It returns whether the training has the
            problem.
        advice: str, what the problem is and what to try, with names of the logs in braces.
    """

    name: str
    is_present: Callable[[dict[str, float]], bool]
    advice: str


def _discriminator_is_right(logs: dict[str, float]) -> bool:
    # A model without a discriminator has no accuracies.
    return min(logs.get("real_accuracy", 0), logs.get("fake_accuracy", 0)) > 0.99


NOT_FINITE = Problem(
    "not finite",
    lambda logs: not all(map(math.isfinite, logs.values())),
    "a loss is not finite, and the weights cannot be used any more. Load the last saved model, and "
    "train it with lower learning rates. keras.callbacks.TerminateOnNaN stops such a training.",
)
PROBLEMS = (
    Problem(
        "discriminator",
        _discriminator_is_right,
        "the discriminator is too strong: it classifies {real_accuracy:.1%} of the real and "
        "{fake_accuracy:.1%} of the generated patches correctly, and the generator cannot learn "
        "from it. Try adversarial_loss='lsgan', a lower learning rate of the discriminator, a "
        "smaller receptive_field, augment=True, or more pairs.",
    ),
    Problem(
        "grey",
        lambda logs: logs["contrast"] < 0.1,
        "the generator generates grey: its pictures have {contrast:.1%} of the contrast of their "
        "targets. Try a lower learning rate of the generator, or a higher reconstruction_weight. "
        "Look at preview() of the pairs: do conditions and targets belong together?",
    ),
    Problem(
        "saturated",
        lambda logs: logs["saturated"] > 0.5,
        "the generator generates extreme values: {saturated:.1%} of its values are near -1 or 1 "
        "and should not be. Its tanh is saturated and cannot learn any more. Start a new training "
        "with a lower learning rate of the generator.",
    ),
)
