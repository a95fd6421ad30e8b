"""How `Pix2Pix` is judged: its deterministic output, stochastic ones, or averaged weights."""

import contextlib
import types

import numpy as np

from keras_pix2pix.training.checks import refuse_weights
from keras_pix2pix.training.random_state import drawing_noise


class Evaluator:
    """`evaluate` of `Pix2Pix`."""

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        return_dict=False,
        samples=0,
        seed=0,
        ema=False,
        **kwargs,
    ):
        """Losses and metrics of held-out pairs. Takes what `keras.Model.evaluate` takes.

        Args:
            x, y, batch_size, verbose, return_dict, **kwargs: as for `keras.Model.evaluate`.
            samples: int, how many stochastic outputs are judged in turn, with dropout on; the
                values are the means. Defaults to `0`: the deterministic output.
            seed: int, of the noise of the samples. Defaults to `0`.
            ema: bool, whether the moving averages of the weights are judged, which an optimizer
                with `use_ema=True` keeps. Defaults to `False`.

        Raises:
            ValueError: if the model is not compiled, the data is not what it takes, samples is
                below 0, or no averages are kept.

        Example:

        ```python
        model.evaluate(val, samples=4, return_dict=True)
        ```
        """
        self._assert_compile_called("evaluate")
        # `fit` has already checked the data that it evaluates.
        if not kwargs.get("_use_cached_eval_dataset"):
            refuse_weights(kwargs)
            x, _ = self._checked(x, y)
        if samples < 0:
            raise ValueError(f"samples must be 0 or more. Received: samples={samples}")
        if samples > 1 and isinstance(x, types.GeneratorType):
            raise ValueError("A Python generator is read once. Give samples a dataset or arrays.")

        def judge():
            logs = super(Evaluator, self).evaluate(
                x, y, batch_size=batch_size, verbose=verbose, return_dict=True, **kwargs
            )
            for metric in self.set_metrics:
                logs |= metric.result()
            return logs

        averages = self.optimizer.averages() if ema else contextlib.nullcontext()
        noise = self._stochastic(seed) if samples else contextlib.nullcontext()
        # Health is that of training; held-out pairs would report it as 0.
        watched, self.watched = self.watched, False
        try:
            with averages, noise:
                passes = [judge() for _ in range(samples or 1)]
        finally:
            self.watched = watched
        logs = {name: np.mean([logs[name] for logs in passes]).item() for name in passes[0]}
        return logs if return_dict else self._flatten_metrics_in_order(logs)

    @contextlib.contextmanager
    def _stochastic(self, seed):
        """Evaluation with dropout on, until the end."""
        # The compiled step knows one kind of output.
        self.test_function = None
        self.stochastic = True
        try:
            with drawing_noise(self, (seed,)):
                yield
        finally:
            self.stochastic = False
            self.test_function = None
