"""Pix2Pix: a generator and a discriminator, trained on pairs with `fit`."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import keras
from keras import ops

from keras_pix2pix import keras_private
from keras_pix2pix.data import PairDataset, Picture, PictureCondition
from keras_pix2pix.inference import evaluate
from keras_pix2pix.losses import objectives
from keras_pix2pix.losses.collection import Terms
from keras_pix2pix.losses.term import PairTerm, Term
from keras_pix2pix.metrics import SetMetric
from keras_pix2pix.networks import PatchDiscriminator, UNetGenerator, rewriting
from keras_pix2pix.networks.inner_features import with_inner_features
from keras_pix2pix.networks.padding import divisor_of, pad_to_multiple
from keras_pix2pix.training import backend, batches, health, step
from keras_pix2pix.training import diff_augment as augmentations
from keras_pix2pix.training.averaging import averaged, check_ema
from keras_pix2pix.training.checks import data as data_checks
from keras_pix2pix.training.checks import guard, options
from keras_pix2pix.training.checks.smallest_size import check_judged
from keras_pix2pix.training.optimizer import GANOptimizer, paper_adam, portable
from keras_pix2pix.training.random_state import seed_states
from keras_pix2pix.types import PathLike, Tensor

if TYPE_CHECKING:
    from keras_pix2pix.inference.translate_files import Translated

UPDATES = ("sequential", "simultaneous")
# What `compile` passes on to Keras.
PASSED_ON = {"metrics", "run_eagerly", "steps_per_execution", "jit_compile"}


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class Pix2Pix(keras.Model):
    """A generator that learns from pairs to turn a condition into a picture.

    The generator learns to be close to the target and to convince the discriminator, which learns
    to tell targets from generated pictures. Without arguments this is the paper's model. Images
    are channels-last float32 in [-1, 1], of any height and width: what the generator's depth
    cannot divide is mirrored at the bottom and the right, and cut back.

    `fit` and `evaluate` report `loss` (what the generator minimizes: `generator_loss` plus
    `reconstruction_weight` times `reconstruction_loss`), `generator_loss` (how far the
    discriminator is from being convinced), `reconstruction_loss` (the distance from the target),
    and `discriminator_loss`.

    Args:
        generator: a functional or sequential Keras model from condition to picture. Defaults to
            `UNetGenerator()`.
        discriminator: a functional or sequential Keras model from `[condition, picture]`, or from
            the picture alone, to logits. Defaults to a `PatchDiscriminator` for the generator's
            channels.
        **kwargs: `name` and what else `keras.Model` takes.

    Attributes:
        formats: tuple of a tuple of the formats of the condition images, and the target's: what the
            `PairDataset` holds that the model was last trained on, saved with it.
        condition: the `keras_pix2pix.data.PictureCondition` that computed the conditions of that
            dataset from pictures, saved with the model; or `None`.

    Call arguments:
        inputs: tensor of conditions of shape `(batch, height, width, channels)` in [-1, 1].
        training: bool, whether dropout and batch statistics are active.

    Raises:
        ValueError: for networks that are not functional, or whose channels do not fit together.

    Example:

    ```python
    train, val = keras_pix2pix.data.load_sample()
    model = keras_pix2pix.Pix2Pix()
    model.compile()
    model.fit(train, validation_data=val, epochs=20)
    picture = model.translate("mask.png")
    ```

    References:
        Isola et al. 2017, arXiv 1611.07004.
    """

    # Metrics of a whole set, as `compile` was given them.
    set_metrics: Sequence[SetMetric] = ()
    # Whether evaluation draws dropout.
    stochastic = False
    # What `compile` chooses of a step.
    simultaneous = False
    pretraining_steps = 0
    frozen_encoder_steps = 0
    diff_augment: Sequence[str] = ()
    # Whether a step reports its health.
    watched = False

    def __init__(
        self,
        generator: keras.Model | None = None,
        discriminator: keras.Model | None = None,
        **kwargs: Any,
    ) -> None:
        generator = UNetGenerator() if generator is None else generator
        options.check_generator(generator)
        kwargs.setdefault("dtype", generator.dtype_policy)
        super().__init__(**kwargs)
        if discriminator is None:
            discriminator = PatchDiscriminator(
                (None, None, generator.input_shape[-1]),
                (None, None, generator.output_shape[-1]),
                dtype=generator.dtype_policy,
            )
        options.check_discriminator(discriminator, generator)
        self.generator = generator
        self.discriminator = discriminator
        self._trackers = [
            keras.metrics.Mean(name=name)
            for name in (
                "generator_loss",
                "reconstruction_loss",
                "discriminator_loss",
                *health.HEALTH,
            )
        ]
        self._term_trackers: list[keras.metrics.Mean] = []
        # Past Keras' tracking: it is no part of the logs, and of no file.
        object.__setattr__(self, "largest_value", guard.LargestValue())
        self.penalty_seed = keras.random.SeedGenerator()
        self.objective: objectives.Objective | None = None
        self.formats: tuple[tuple[Any, ...], Any] = (
            (Picture(generator.input_shape[-1]),),
            Picture(generator.output_shape[-1]),
        )
        self.condition: PictureCondition | None = None
        self.supports_jit = backend.JIT_COMPILES
        self.built = True

    def compile(
        self,
        generator_optimizer: Any = None,
        discriminator_optimizer: Any = None,
        adversarial_loss: str | None = "vanilla",
        reconstruction_loss: Any = "mae",
        reconstruction_weight: float = 100.0,
        update: str = "sequential",
        generator_terms: Sequence[Any] = (),
        discriminator_terms: Sequence[Term] = (),
        ema: float | None = None,
        diff_augment: Sequence[str] | None = None,
        pretraining_steps: int = 0,
        frozen_encoder_steps: int = 0,
        **kwargs: Any,
    ) -> None:
        """Choose losses and optimizers; without arguments, the paper's.

        The generator minimizes the adversarial loss, plus `reconstruction_weight` times the
        reconstruction loss, plus its terms. The discriminator minimizes half of the sum of its loss
        on real and on generated pairs and of its terms. Terms are reported under their own names.
        What layers add (regularizers, `add_loss`) is added to the loss of their network.

        Args:
            generator_optimizer: a Keras optimizer or its name. Defaults to `Adam(2e-4, beta_1=0.5,
                beta_2=0.999, epsilon=1e-8)`.
            discriminator_optimizer: the same, another instance.
            adversarial_loss: `"vanilla"`, `"lsgan"`, `"hinge"`, `"wgan_gp"`, `"relativistic"`, or
                `None` to train without a discriminator. `"relativistic"` compares the logits of the
                target and of the generated picture of a pair: the discriminator minimizes
                `softplus(generated - target)`, the generator `softplus(target - generated)`; give
                it the terms `R1` and `R2` (R3GAN, Huang et al. 2024, arXiv 2501.05441). Defaults to
                `"vanilla"`.
            reconstruction_loss: anything `keras.losses.get` takes, between target and generated
                image in [-1, 1]. Defaults to `"mae"`, the paper's L1.
            reconstruction_weight: float of at least 0. Defaults to `100.0`.
            update: `"sequential"` updates the discriminator, then the generator through the
                updated one, as the reference does; `"simultaneous"` takes both gradients from the
                same discriminator. Defaults to `"sequential"`.
            generator_terms: list of what else the generator minimizes: terms of
                `keras_pix2pix.losses`, or functions of target and generated image. Defaults to
                none.
            discriminator_terms: list of terms that the discriminator minimizes, too, such as
                `keras_pix2pix.losses.R1`. Defaults to none.
            ema: float between 0 and 1, the momentum of a moving average of the generator's weights,
                such as `0.998`. In each step, an average becomes `momentum * average + (1 -
                momentum) * weight`, with a momentum of `min(ema, (1 + step) / (10 + step))`. The
                averaged weights generate better pictures, so everything but training uses them:
                validation, `evaluate`, `predict`, `translate`, callbacks, `export`. The averages
                are saved with the model. They start anew when `compile` is called again.
                `model(images)` uses the trained weights. Defaults to `None`: no averages (Yaz et
                al. 2019, arXiv 1806.04498).
            diff_augment: tuple of `"color"`, `"translation"`, `"cutout"`: random changes of all
                that the discriminator sees in training, real or generated, through which the
                generator learns, too. They help where there are few pairs. `"color"` changes
                brightness (by up to 0.5), saturation (0 to 2 times) and contrast (0.5 to 1.5 times)
                of pictures. `"translation"` moves condition and picture alike by up to 1/8 of the
                size; `"cutout"` sets half of the height and of the width to 0 in both. Defaults to
                `None` (Zhao et al. 2020, arXiv 2006.10738).
            pretraining_steps: int, for how many steps the generator learns first without the
                adversarial loss and feature matching, and the discriminator does not learn. Losses
                that are not computed are reported as 0. Defaults to `0` (NoGAN of DeOldify,
                github.com/jantic/DeOldify).
            frozen_encoder_steps: int, for how many steps the pretrained encoder of the generator
                stays as it is, such as `5 * len(train)` for five epochs: see
                `EfficientNetGenerator`. Such a step takes as long as any other. Defaults to `0`.
            **kwargs: `metrics` (see `keras_pix2pix.metrics`), `run_eagerly`,
                `steps_per_execution`, `jit_compile`, as for any Keras model.

        Raises:
            ValueError: for unknown names, one optimizer given twice, two terms of one name, terms
                that the networks do not fit, and nothing to learn from.
            ImportError: saying what to install for a term.

        Example:

        ```python
        model.compile(
            adversarial_loss="hinge",
            reconstruction_weight=10.0,
            generator_terms=[kp.losses.FeatureMatching(5.0), kp.losses.Perceptual(5.0)],
            discriminator_terms=[kp.losses.R1(5.0, every=16)],
        )
        ```
        """
        options.check_options(kwargs, PASSED_ON)
        options.check_model(self)
        if update not in UPDATES:
            raise ValueError(
                f"update must be one of {', '.join(map(repr, UPDATES))}. Received: {update!r}"
            )
        optimizers = [
            paper_adam() if optimizer is None else keras.optimizers.get(optimizer)
            for optimizer in (generator_optimizer, discriminator_optimizer)
        ]
        if optimizers[0] is optimizers[1]:
            raise ValueError("generator and discriminator need an optimizer each, got one twice.")
        check_ema(ema, optimizers[0])
        options.check_frozen_steps(frozen_encoder_steps, self.generator, optimizers[0])
        augmentation = augmentations.check_names(diff_augment)
        objective = objectives.get(adversarial_loss)
        reported = {tracker.name for tracker in self._trackers}
        metrics = [m for m in keras.tree.flatten(kwargs.get("metrics")) if m is not None]
        names = {getattr(m, "name", getattr(m, "__name__", m)) for m in metrics}
        terms = Terms(
            objective,
            PairTerm(reconstruction_loss, reconstruction_weight, name="reconstruction_loss"),
            generator_terms,
            discriminator_terms,
            {"loss", *reported, *names},
        )
        options.check_pretraining(pretraining_steps, objective, terms.generator)
        terms.check(self.generator, self.discriminator)
        # What is stored with the model, before loss scaling is wrapped around the optimizers.
        arguments = {
            "generator_optimizer": optimizers[0],
            "discriminator_optimizer": optimizers[1],
            "adversarial_loss": adversarial_loss,
            "reconstruction_loss": reconstruction_loss,
            "reconstruction_weight": reconstruction_weight,
            "update": update,
            "generator_terms": terms.given[0],
            "discriminator_terms": terms.given[1],
            "ema": ema,
            "diff_augment": diff_augment,
            "pretraining_steps": pretraining_steps,
            "frozen_encoder_steps": frozen_encoder_steps,
            **kwargs,
        }
        # Nothing is set before everything is checked.
        self.objective = objective
        self.simultaneous = update == "simultaneous" and objective is not None
        self.pretraining_steps = pretraining_steps
        self.frozen_encoder_steps = frozen_encoder_steps
        set_metrics = [metric for metric in metrics if isinstance(metric, SetMetric)]
        untracked = {
            "generator_terms": terms.generator,
            "discriminator_terms": terms.discriminator,
            # For terms that look inside of the discriminator.
            "discriminator_inside": with_inner_features(self.discriminator)
            if any(terms.given)
            else None,
            "photo_features": batches.needs_photo_features(self, terms.all, augmentation),
            "_compile_arguments": arguments,
            "_traced_schedules": [],
            "diff_augment": augmentation,
            "set_metrics": set_metrics,
            "_term_trackers": [
                keras.metrics.Mean(name=term.name)
                for term in terms.all
                if term.name not in reported
            ],
        }
        for name, value in untracked.items():
            # Past Keras' tracking, which would take compiled metrics for the model's own as well.
            object.__setattr__(self, name, value)
        if self.dtype_policy.name == "mixed_float16":
            optimizers = [keras.optimizers.LossScaleOptimizer(o) for o in optimizers]
        super().compile(
            optimizer=GANOptimizer(
                optimizers[0],
                optimizers[1],
                self.generator.trainable_variables,
                self.discriminator.trainable_variables,
                ema=ema,
            ),
            auto_scale_loss=False,
            **{**kwargs, "metrics": [m for m in metrics if m not in set_metrics]},
        )

    @property
    def compiled(self) -> bool:
        """Whether the model has losses and optimizers."""
        # Keras says so of every loaded model, also of one whose terms are not installed here.
        return self._was_compiled and hasattr(self, "optimizer")

    @compiled.setter
    def compiled(self, value: bool) -> None:
        self._was_compiled = value

    def get_compile_config(self) -> dict[str, Any]:
        """Return the arguments of `compile`, as they are saved with the model."""
        if not self.compiled:
            return {}
        arguments = dict(self._compile_arguments)
        if arguments.get("metrics") is not None:
            # A config holds no weights, so what judges with a network of the user's stays behind.
            metrics = keras.tree.flatten(arguments["metrics"])
            arguments["metrics"] = [m for m in metrics if not getattr(m, "segmenter", None)]
        return portable(keras.saving.serialize_keras_object(arguments))

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile with the arguments that `get_compile_config` has returned."""
        try:
            self.compile(**keras.saving.deserialize_keras_object(portable(config)))
        except ImportError as error:
            warnings.warn(
                f"{self.name} is loaded without its losses and optimizers. It can translate, and "
                f"must be compiled to be trained. {error}",
                stacklevel=2,
            )

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_data: Any = None,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Train on pairs. Takes what `keras.Model.fit` takes, but for `class_weight`.

        Sample weights say how much each pixel of a target counts: arrays of shape `(batch, height,
        width)` or `(batch, height, width, 1)`, or `(batch,)` for each picture as a whole. Give them
        as `sample_weight` beside arrays, as the third part of the batches of a dataset, or of
        `validation_data`. They weigh the losses that compare pixel by pixel:
        `reconstruction_loss`, functions in `generator_terms`, `CoarseL1` and `LabelCrossEntropy`.
        As in Keras, weighted losses are divided by the number of pixels, not by the sum of the
        weights. The adversarial loss, `FeatureMatching`, `Perceptual` and the metrics are not
        weighed. But a pixel whose weight in a map is 0 is a hole: there, everything sees the target
        in place of the generated picture.

        The first batch of the training and of the validation data is checked before anything is
        trained, and of a `PairDataset` up to 4096 pairs. It is told the epoch, so that a resumed
        training sees the pairs in the order and with the augmentation that an uninterrupted one
        would; with `steps_per_epoch`, an epoch goes on where the last one ended.

        Raises:
            ValueError: if the model is not compiled, or the data is not what it takes, naming the
                pairs that cannot be trained on.
        """
        data_checks.refuse_uncompiled(self, "fit")
        data_checks.refuse_class_weight(kwargs.get("class_weight"))
        networks = guard.ended_schedules(self)
        if "generator" in networks:
            raise ValueError(guard.end_of_schedule(self, networks))
        for data in (x, validation_data):
            if isinstance(data, PairDataset):
                data.check()
                if self.objective is not None:
                    check_judged(self.discriminator, *data.smallest)
        x, (_, target) = self._checked(x, y, kwargs.get("sample_weight"))
        if isinstance(validation_data, (tuple, list)):
            self._checked(*validation_data[:3])
        elif validation_data is not None:
            validation_data, _ = self._checked(validation_data, None)
        # Metrics build on first use. Left to itself, Keras reads a batch for that, and then
        # gives the batches of a dataset with several workers in another order.
        self.compute_metrics(None, target, target)
        self.reset_metrics()
        if self.optimizer.generator_averages is not None:
            self.optimizer.generator_averages.begin()
        callbacks = keras.tree.flatten(callbacks or [])
        logs_rate = any(isinstance(callback, guard.RATE_CALLBACKS) for callback in callbacks)
        callbacks.insert(0, guard.TrainingGuard(logs_rate))
        if isinstance(x, PairDataset):
            self.formats = x.formats
            self.condition = x.condition
            if kwargs.get("steps_per_epoch"):
                x = x.in_steps(kwargs.pop("steps_per_epoch"))
            announce = keras.callbacks.LambdaCallback(
                on_epoch_begin=lambda epoch, logs: x.set_epoch(epoch)
            )
            callbacks.insert(0, announce)
            # It has an order of its own; Keras would shuffle the batches once more, unseeded.
            kwargs["shuffle"] = False
        return super().fit(
            x,
            y,
            batch_size=batch_size,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=validation_data,
            **kwargs,
        )

    def _checked(self, x: Any, y: Any, weights: Any = None) -> tuple[Any, tuple[Any, Any]]:
        metrics = self._compile_arguments.get("metrics")
        x, (condition, target) = data_checks.check_first_batch(
            x, y, self.generator, metrics, weights
        )
        if self.objective is not None:
            check_judged(self.discriminator, target.shape[1:3], "a target")
        if not isinstance(x, PairDataset):
            data_checks.warn_of_zero_to_one(condition=condition, target=target)
        return x, (condition, target)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Train on one batch. Takes what `keras.Model.train_on_batch` takes, but `class_weight`.

        Args:
            x: array of conditions.
            y: array of targets.
            sample_weight: array of weights, see `fit`. Defaults to `None`.
            class_weight: must be `None`.
            return_dict: as for `keras.Model.train_on_batch`. Defaults to `False`.

        Raises:
            ValueError: if the model is not compiled, or the batch is not what it takes.
        """
        data_checks.refuse_uncompiled(self, "train_on_batch")
        data_checks.refuse_class_weight(class_weight)
        self._checked(x, y, sample_weight)
        return super().train_on_batch(x, y, sample_weight, return_dict=return_dict)

    def train_step(self, *args: Any) -> Any:
        """Update both networks once. Keras calls it with a batch, and on JAX with a state, too."""
        return backend.run(self, lambda data: step.train(self, data), *args)

    def test_step(self, *args: Any) -> Any:
        """Judge a batch without an update. Keras calls it as it calls `train_step`."""
        return backend.run(self, lambda data: step.test(self, data), *args)

    def make_train_function(self, force: bool = False) -> Any:
        """Compile the step, as Keras does; again if a schedule has been replaced, a part of it."""
        schedules = [keras_private.schedule_of(o) for o in self.optimizer.optimizers]
        changed = any(new is not old for new, old in zip(schedules, self._traced_schedules))
        object.__setattr__(self, "_traced_schedules", schedules)
        return super().make_train_function(force or changed)

    @property
    def loss_trackers(self) -> list[keras.metrics.Mean]:
        """The running means of all losses, and of what a watched step reports."""
        return [keras_private.loss_tracker(self), *self._trackers, *self._term_trackers]

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """All metrics that a step updates."""
        unused = set() if self.watched else set(health.HEALTH)
        if self.objective is None:
            accuracies, norm = health.HEALTH[:2], health.HEALTH[3]
            unused |= {"generator_loss", "discriminator_loss", *accuracies, norm}
        metrics = [metric for metric in super().metrics if metric.name not in unused]
        return [*metrics, *self._term_trackers, *self.set_metrics, self.largest_value]

    def get_metrics_result(self) -> dict[str, Any]:
        """Return the running means. What needs the whole set is added by `evaluate`."""
        hidden = [*self.set_metrics, self.largest_value]
        results = {m.name: m.result() for m in self.metrics if m not in hidden}
        return results | results.pop("compile_metrics", {})

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        return_dict: bool = False,
        samples: int = 0,
        seed: int = 0,
        ema: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Return losses and metrics of held-out pairs. Takes what `keras.Model.evaluate` takes.

        Args:
            x: as for `keras.Model.evaluate`.
            y: as for `keras.Model.evaluate`.
            batch_size: as for `keras.Model.evaluate`.
            verbose: as for `keras.Model.evaluate`.
            return_dict: as for `keras.Model.evaluate`.
            **kwargs: as for `keras.Model.evaluate`.
            samples: int, how many stochastic outputs are judged in turn, with dropout on; the
                values are the means. Defaults to `0`: the deterministic output.
            seed: int, of the noise of the samples. Defaults to `0`.
            ema: bool, whether the moving averages of the weights are judged, which an optimizer
                with `use_ema=True` keeps. Those of `compile(ema=...)` are judged in any case.
                Defaults to `False`.

        Raises:
            ValueError: if the model is not compiled, the data is not what it takes, samples is
                below 0, or no averages are kept.

        Example:

        ```python
        model.evaluate(val, samples=4, return_dict=True)
        ```
        """
        data_checks.refuse_uncompiled(self, "evaluate")
        # `fit` has already checked the data that it evaluates.
        if not keras_private.called_by_fit(kwargs):
            x, _ = self._checked(x, y, kwargs.get("sample_weight"))

        def judge() -> dict[str, Any]:
            options = {"batch_size": batch_size, "verbose": verbose, "return_dict": True}
            return super(Pix2Pix, self).evaluate(x, y, **options, **kwargs)

        logs = evaluate.evaluate(self, judge, x, samples, seed, ema)
        guard.check_values(self)
        return logs if return_dict else keras_private.logs_in_order(self, logs)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Judge one batch. Takes what `keras.Model.test_on_batch` takes."""
        data_checks.refuse_uncompiled(self, "test_on_batch")
        self._checked(x, y, sample_weight)
        with averaged(self):
            return super().test_on_batch(x, y, sample_weight, return_dict=return_dict)

    def predict(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Generate pictures in [-1, 1]. Takes what `keras.Model.predict` takes.

        Raises:
            ValueError: for conditions that are not floats in [-1, 1]. `translate` takes others.
        """
        x = data_checks.check_conditions(x, self.generator)
        with averaged(self):
            return super().predict(x, *args, **kwargs)

    def predict_on_batch(self, x: Any) -> Any:
        """Generate the pictures of one batch. Takes what `keras.Model.predict_on_batch` takes."""
        data_checks.check_conditions(x, self.generator)
        with averaged(self):
            return super().predict_on_batch(x)

    def save(self, filepath: PathLike, *args: Any, **kwargs: Any) -> None:
        """Save the model as `keras.Model.save` does, in a `.keras` file.

        Raises:
            ValueError: for the old format .h5, which cannot hold two networks.
        """
        if str(filepath).lower().endswith((".h5", ".hdf5")):
            raise ValueError(
                "A model that is saved as .h5 could not be loaded again. Use a path that ends in "
                f".keras. Received: {filepath}"
            )
        super().save(filepath, *args, **kwargs)

    def export(self, filepath: PathLike, *args: Any, **kwargs: Any) -> None:
        """Export the model as `keras.Model.export` does; see also `keras_pix2pix.export`.

        Raises:
            ValueError: where Keras cannot export it.
        """
        channels = self.generator.input_shape[-1]
        signature = [keras.InputSpec(shape=(None, None, None, channels), dtype="float32")]
        try:
            with averaged(self):
                super().export(filepath, *args, **{"input_signature": signature, **kwargs})
        except Exception as error:
            # Each backend and each format has errors of its own.
            raise ValueError(
                "Keras could not export the model. keras_pix2pix.export writes it for other "
                f"runtimes, from stored image to stored picture. {type(error).__name__}: {error}"
            ) from error

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Generate pictures for conditions of any height and width, in [-1, 1]."""
        height, width = ops.shape(inputs)[1:3]
        padded = pad_to_multiple(inputs, *divisor_of(self.generator))
        generated = self.generator(padded, training=training)
        if padded is inputs:
            return generated
        return generated[:, :height, :width]

    def translate(
        self,
        images: Any,
        batch_size: int = 1,
        stochastic: bool = False,
        seed: int | None = None,
        samples: int | None = None,
        tile: int | None = None,
        overlap: int = 64,
        from_picture: bool = False,
    ) -> Any:
        """Generate pictures for conditions: what kind is given, that kind is returned.

        Images hold what those of the `PairDataset` hold that the model was trained on, whose
        formats are saved with the model: labels, 16 bits, another range of values. Without one,
        they are unsigned integers, or floats in [-1, 1]. Grey is repeated for a generator of three
        channels. Pictures have the size of their condition, from 1 x 1 up.

        | given | returned |
        | --- | --- |
        | path, open file, or array of shape `(height, width, channels)` | array of that shape |
        | array of shape `(batch, height, width, channels)` | array of that shape |
        | Pillow image | Pillow image |
        | list of any of these, and of any sizes | list |
        | `tf.data.Dataset` of arrays | `tf.data.Dataset`, that generates when it is read |
        | `PairDataset`, loader, or other iterable | iterator, that generates when it is read |

        With `tile`, an image may be larger than what the generator takes into memory at once: tiles
        are generated one after another and blended where they overlap. A generator without
        normalization, or with batch norm, then computes what it would for the whole image, if a
        quarter of `overlap` is as far as a pixel's influence reaches. One that normalizes by each
        image's own statistics (instance and group norm) gets those of the whole image first, from
        further passes over it; what is left of the difference is in docs/design.md. In a generator
        of your own such layers see one tile at a time.

        Args:
            images: see above; a tuple of several of one kind, if the condition is made up of
                several images. Datasets and loaders may give pairs as `fit` takes them, of which
                the conditions are taken.
            batch_size: int, how many images of the same size, or tiles, are generated at a time;
                datasets have their own. Defaults to `1`.
            stochastic: bool, whether dropout draws noise, the paper's z. Defaults to `False`: the
                same picture every time, whatever else is in the batch.
            seed: int, for the same noise again, given the same `batch_size` and `tile`. Defaults
                to `None`, other noise on every call.
            samples: int, how many stochastic pictures are generated for each condition: with
                `seed`, with `seed + 1` and so on. Arrays get a leading axis of that length, a
                Pillow image becomes a list. Defaults to `None`: one, and no axis.
            tile: int, the side in pixels of the tiles that images are generated in, a multiple of
                the generator's `size_divisor`. Images are then read by rows, which lifts Pillow's
                limit of 179 megapixels to 537, and that of .npy and uncompressed TIFF altogether.
                Defaults to `None`: each as a whole.
            overlap: int, the pixels that neighboring tiles have in common, at least: they lie at
                multiples of `size_divisor`. Defaults to `64`.
            from_picture: bool, whether the images are pictures from which the conditions are
                computed first, as in the training: for a model that was trained on
                `PairDataset.from_pictures`. What is random in them follows from `seed`, or from 0.
                Defaults to `False`: the images are conditions.

        Returns:
            Pictures of the targets' own dtype and range; uint8 where no dataset has said otherwise.

        Raises:
            FileNotFoundError: if there is no such file.
            ValueError: for another rank or number of channels, values out of range, what cannot be
                read, tiles that do not fit the generator, and `from_picture` without a condition.

        Example:

        ```python
        picture = model.translate("mask.png")
        several = model.translate("mask.png", stochastic=True, seed=0, samples=4)
        model.translate(PIL.Image.open("large.png"), tile=512).save("picture.png")
        ```
        """
        from keras_pix2pix.inference.translate import translate
        from keras_pix2pix.inference.translator import Translator

        how = batch_size, stochastic, seed, samples, tile, overlap, from_picture
        # The translator copies weights, too.
        with averaged(self):
            return translate(Translator(self, *how), images)

    def translate_files(
        self,
        source: Any,
        output: PathLike,
        overwrite: bool = False,
        batch_size: int = 1,
        stochastic: bool = False,
        seed: int | None = None,
        samples: int | None = None,
        tile: int | None = None,
        overlap: int = 64,
        from_picture: bool = False,
    ) -> "Translated":
        r"""Generate a file for every image of a folder, one after another.

        Names stay, those of sub-folders, too. Pictures are PNG where that can hold their channels
        and dtype, else .npy. Files are written whole or not at all: broken off, even by SIGTERM,
        and called again with the same arguments, it goes on with what is missing.

        Args:
            source: path of a folder, which is searched with its sub-folders; a pattern such as
                `"masks/*.png"` (`**` for sub-folders); path of an image; or a list of such paths.
                A tuple of several, whose names pair them, if the condition is made up of several
                images.
            output: path of the folder to write to, which is made if it is missing.
            overwrite: bool, whether pictures that are there are generated again. Defaults to
                `False`.
            batch_size: as for `translate`. Stochastic pictures are generated one by one.
            stochastic: as for `translate`.
            seed: as for `translate`. The noise of a picture depends on `seed` and on its name.
            samples: as for `translate`. The names of the pictures end in `_1`, `_2` and so on.
            tile: as for `translate`.
            overlap: as for `translate`.
            from_picture: as for `translate`.

        Returns:
            A `Translated`: lists `written` and `kept` of the paths of pictures, and the list
            `broken` of tuples of a path and the reason why there is no picture for it.

        Raises:
            ValueError: if nothing is found, two images would have the same name, or the output
                folder is where the images are.
            OSError: if the output folder cannot be written to, or its disk is full.

        Example:

        ```python
        done = model.translate_files("masks/", "pictures/")
        print(len(done.written), "written", *done.broken, sep="\n")
        ```
        """
        from keras_pix2pix.inference.translate_files import translate_files
        from keras_pix2pix.inference.translator import Translator

        how = batch_size, stochastic, seed, samples, tile, overlap, from_picture
        with averaged(self):
            return translate_files(Translator(self, *how), source, output, overwrite)

    def batch_to_instance_norm(self) -> "Pix2Pix":
        """Return the model of instance norms that equals one trained with batch norm.

        It is equal for a training at batch size 1, in which batch norm normalized each image by its
        own statistics. The stored statistics, which batch norm uses afterwards, are poor. Scales
        and offsets of generator and discriminator are kept. This model stays as it is.

        Returns:
            A `Pix2Pix`, compiled if this one is, with new optimizers.

        Raises:
            ValueError: if neither network is one of this package with batch norm.
        """
        with averaged(self):
            networks = rewriting.with_instance_norms(self.generator, self.discriminator)
            return self._with(*networks)

    def freeze_normalization(self) -> "Pix2Pix":
        """Call `batch_to_instance_norm`, the new name of this method."""
        warnings.warn(
            "freeze_normalization is now called batch_to_instance_norm; the old name will be "
            "removed in the next release.",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.batch_to_instance_norm()

    def fold(self) -> "Pix2Pix":
        """Return the model whose convolutions do what batch norm did behind them.

        It generates the same pictures with fewer layers. The stored statistics, scales and offsets
        go into the kernels and biases of the generator. This model stays as it is: train it, not
        the folded one. See `batch_to_instance_norm` for a model that was trained at batch size 1.

        Returns:
            A `Pix2Pix`, compiled if this one is, with new optimizers.

        Raises:
            ValueError: if the generator has no batch norm, or is not of this package.
        """
        with averaged(self):
            return self._with(rewriting.without_batch_norm(self.generator), self.discriminator)

    def _with(self, generator: keras.Model, discriminator: keras.Model) -> "Pix2Pix":
        model = rewriting.with_networks(self, generator, discriminator)
        if self.compiled:
            model.compile_from_config(self.get_compile_config())
        return model

    # Keras does not save the state of dropout's random numbers; an exact resume needs it.
    def save_own_variables(self, store: Any) -> None:
        """Store the state of the random numbers."""
        for i, state in enumerate(seed_states(self)):
            store[f"seed_{i}"] = ops.convert_to_numpy(state)

    def load_own_variables(self, store: Any) -> None:
        """Load the state of the random numbers, as far as it is stored."""
        # Weights fit whatever the dropout they were trained with; only a resume needs its state.
        stored = set(store.keys())
        for i, state in enumerate(seed_states(self)):
            if f"seed_{i}" in stored:
                state.assign(store[f"seed_{i}"])

    def get_config(self) -> dict[str, Any]:
        """Return the networks and the formats, from which `from_config` makes the model again."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "formats": keras.saving.serialize_keras_object(self.formats),
            "condition": keras.saving.serialize_keras_object(self.condition),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """Make a model from what `get_config` has returned."""
        config = dict(config)
        networks = {
            name: keras.saving.deserialize_keras_object(config.pop(name), custom_objects)
            for name in ("generator", "discriminator")
        }
        conditions, target = keras.saving.deserialize_keras_object(config.pop("formats"))
        # Files of earlier versions have no such entry.
        condition = keras.saving.deserialize_keras_object(config.pop("condition", None))
        model = cls(**networks, **config)
        model.formats = tuple(conditions), target
        model.condition = condition
        return model
