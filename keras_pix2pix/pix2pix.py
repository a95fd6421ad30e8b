"""Pix2Pix: a generator and a discriminator, trained on pairs with `fit`."""

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import keras
from keras import ops

from keras_pix2pix import keras_private
from keras_pix2pix.data import PairDataset, Picture, PictureCondition
from keras_pix2pix.data.loading.seen import SeenImages
from keras_pix2pix.freed_memory import keep_freed_memory
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
from keras_pix2pix.training.devices import agreement
from keras_pix2pix.training.devices.callbacks import callbacks_of
from keras_pix2pix.training.devices.together import shared
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

    The discriminator learns to tell targets from generated pictures. The generator learns to be
    close to the target, and to convince the discriminator. `Pix2Pix()` without arguments is the
    paper's model. Images are channels-last float32 in [-1, 1]. Height and width are free: an image
    that the generator cannot halve often enough is extended by mirrored pixels at the bottom and at
    the right, and the picture is cropped.

    `fit` and `evaluate` report four losses. `generator_loss` is high if the discriminator
    recognizes generated pictures. `reconstruction_loss` is the distance from the target.
    `discriminator_loss` is high if the discriminator confuses real and generated pictures. The
    generator minimizes `loss`: `generator_loss` plus `reconstruction_weight` times
    `reconstruction_loss`, plus its terms.

    Args:
        generator: a functional or sequential Keras model. Its input is a condition, and its output
            is a picture. Defaults to `UNetGenerator()`.
        discriminator: a functional or sequential Keras model. Its input is `[condition, picture]`,
            or the picture alone. Its outputs are logits. Defaults to a `PatchDiscriminator` with
            the channels of the generator.
        **kwargs: `name` and other arguments of `keras.Model`.

    Attributes:
        formats: tuple `(conditions, target)`, the pixel formats of the last training pairs.
            `conditions` is a tuple with one format for each condition image. For example,
            `((Labels(21),), Picture(3))`. The formats are saved with the model, and `translate`
            uses them.
        condition: the `keras_pix2pix.data.PictureCondition` that computed the conditions of the
            last training pairs, or `None`. It is saved with the model.
        seen: what a usual image of that `PairDataset` was, or `None`: `translate` warns of images
            of another scale, and of both halves of a pair.

    Call arguments:
        inputs: tensor of conditions of shape `(batch, height, width, channels)` in [-1, 1].
        training: bool, whether dropout and batch statistics are active.

    Raises:
        ValueError: if a network is not functional, or if the channels of the networks do not fit
            together.

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

    # What Keras' trainer runs for each batch.
    train_function: Any
    test_function: Any
    predict_function: Any
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
        self.seen: SeenImages | None = None
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
        reconstruction loss, plus its terms. The discriminator minimizes half of the following sum:
        its loss on real pairs, its loss on generated pairs, and its terms. Terms are reported under
        their names. Losses that layers add (regularizers, `add_loss`) count for the network of the
        layer.

        Args:
            generator_optimizer: a Keras optimizer or its name. Defaults to `Adam(2e-4, beta_1=0.5,
                beta_2=0.999, epsilon=1e-8)`.
            discriminator_optimizer: the same, another instance.
            adversarial_loss: `"vanilla"`, `"lsgan"`, `"hinge"`, `"wgan_gp"`, `"relativistic"`, or
                `None` to train without a discriminator. `"relativistic"` compares the logits of the
                target and of the generated picture of a pair. The discriminator minimizes
                `softplus(generated - target)`, and the generator `softplus(target - generated)`.
                Use it with the terms `R1` and `R2` (R3GAN, Huang et al. 2024, arXiv 2501.05441).
                Defaults to `"vanilla"`.
            reconstruction_loss: any loss that `keras.losses.get` accepts. It compares the target
                with the generated picture, in [-1, 1]. Defaults to `"mae"`, the paper's L1.
            reconstruction_weight: float of at least 0. Defaults to `100.0`.
            update: `"sequential"` updates the discriminator first. The gradient of the generator
                then comes from the updated discriminator, as in the reference implementation. With
                `"simultaneous"`, both gradients come from the same discriminator. Defaults to
                `"sequential"`.
            generator_terms: list of further losses of the generator: terms of
                `keras_pix2pix.losses`, or functions of the target and the generated picture.
                Defaults to none.
            discriminator_terms: list of further losses of the discriminator, such as
                `keras_pix2pix.losses.R1`. Defaults to none.
            ema: float between 0 and 1, the momentum of a moving average of the generator's weights,
                such as `0.998`. In each step, an average becomes
                `momentum * average + (1 - momentum) * weight`, with a momentum of
                `min(ema, (1 + step) / (10 + step))`. The averaged weights generate better pictures.
                Validation, `evaluate`, `predict`, `translate`, callbacks and `export` use them. The
                training and `model(images)` use the trained weights. The averages are saved with
                the model. Another call of `compile` resets them. Defaults to `None`: no averages
                (Yaz et al. 2019, arXiv 1806.04498).
            diff_augment: tuple of `"color"`, `"translation"`, `"cutout"`: random changes of real
                and generated pictures before the discriminator sees them. The gradient of the
                generator passes through them. They help if there are few pairs. `"color"` changes
                brightness (by up to 0.5), saturation (0 to 2 times) and contrast (0.5 to 1.5 times)
                of pictures. `"translation"` moves condition and picture alike by up to 1/8 of the
                size; `"cutout"` sets half of the height and of the width to 0 in both. Defaults to
                `None` (Zhao et al. 2020, arXiv 2006.10738).
            pretraining_steps: int, the number of first steps without adversarial training. In these
                steps, the generator is trained without the adversarial loss and feature matching,
                and the discriminator is not trained. Losses that are not computed are reported as
                0. Defaults to `0` (NoGAN of DeOldify, github.com/jantic/DeOldify).
            frozen_encoder_steps: int, the number of first steps in which the pretrained encoder of
                the generator is frozen, such as `5 * len(train)` for five epochs. See
                `EfficientNetGenerator`. A step with a frozen encoder takes as long as any other
                step. Defaults to `0`.
            **kwargs: `metrics` (see `keras_pix2pix.metrics`), `run_eagerly`,
                `steps_per_execution`, `jit_compile`, as for any Keras model.

        Raises:
            ValueError: for unknown names, for one optimizer given twice, for two terms with the
                same name, for terms that do not fit the networks, and if there is no loss.
            ImportError: if a term needs a package that is not installed. The message says which.

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
            paper_adam() if optimizer is None else options.as_optimizer(optimizer, name)
            for name, optimizer in (
                ("generator_optimizer", generator_optimizer),
                ("discriminator_optimizer", discriminator_optimizer),
            )
        ]
        if optimizers[0] is optimizers[1]:
            raise ValueError("generator and discriminator need an optimizer each, got one twice.")
        check_ema(ema, optimizers[0])
        options.check_frozen_steps(frozen_encoder_steps, self.generator, optimizers[0])
        augmentation = augmentations.check_names(diff_augment)
        objective = objectives.get(adversarial_loss)
        reported = {tracker.name for tracker in self._trackers}
        metrics = [m for m in keras.tree.flatten(kwargs.get("metrics")) if m is not None]
        options.check_metrics(metrics)
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
        backend.prepare(self)

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
        """Train on pairs, with the arguments of `keras.Model.fit` except `class_weight`.

        Sample weights give each pixel of a target a weight. They are arrays of shape
        `(batch, height, width)` or `(batch, height, width, 1)`, or of shape `(batch,)` with one
        weight for each picture. Give them as `sample_weight` with arrays, or as the third part of
        the batches of a dataset or of `validation_data`. They multiply the losses that compare
        pixels: `reconstruction_loss`, functions in `generator_terms`, `CoarseL1` and
        `LabelCrossEntropy`. As in Keras, weighted losses are divided by the number of pixels, not
        by the sum of the weights. The adversarial loss, `FeatureMatching`, `Perceptual` and the
        metrics are not weighted. A weight of 0 in a map marks a hole. There, the generated pixel is
        replaced by the target for all losses and metrics.

        Before the training, `fit` checks the first batch of the training data and of the validation
        data. Of a `PairDataset`, it checks up to 4096 pairs. It passes the number of the epoch to a
        `PairDataset`. So a resumed training gets the same order and augmentation as an
        uninterrupted one. With `steps_per_epoch`, each epoch continues where the last one ended.

        Raises:
            ValueError: if the model is not compiled, or if it cannot train on the data. The message
                names the unsuitable pairs.
        """
        keep_freed_memory()
        # Keras keeps that of an earlier training, which `BackupAndRestore` has set.
        keras_private.set_initial_epoch(self, 0)
        processes = backend.processes(self)
        with agreement.refused_by_all(processes):
            agreement.check_data(processes, x)
            x, validation_data, (condition, target) = self._checked_training(
                x, y, validation_data, kwargs
            )
        # Metrics build on first use. Left to itself, Keras reads a batch for that, and then
        # gives the batches of a dataset with several workers in another order.
        self.compute_metrics(None, target, target)
        self.reset_metrics()
        if self.optimizer.generator_averages is not None:
            self.optimizer.generator_averages.begin()
        callbacks = keras.tree.flatten(callbacks or [])
        logs_rate = any(isinstance(callback, guard.RATE_CALLBACKS) for callback in callbacks)
        callbacks.insert(0, guard.TrainingGuard(logs_rate))
        if processes.count > 1:
            callbacks = callbacks_of(processes, callbacks)
            verbose = 0 if processes.index else verbose
        if isinstance(x, PairDataset):
            self.formats, self.condition = x.formats, x.condition
            self.seen = x.checked.seen
            if kwargs.get("steps_per_epoch"):
                x = x.in_steps(kwargs.pop("steps_per_epoch"))
            if processes.parts > 1:
                settings = {name: kwargs.get(name) for name in ("initial_epoch", "validation_freq")}
                settings["epochs"] = epochs
                x = shared(processes, self, x, (condition, target), validation_data, settings)
            announce = keras.callbacks.LambdaCallback(
                on_epoch_begin=lambda epoch, logs: x.set_epoch(epoch)
            )
            callbacks.insert(0, announce)
            # It has an order of its own; Keras would shuffle the batches once more, unseeded.
            kwargs["shuffle"] = False
        kwargs |= {"callbacks": callbacks, "validation_data": validation_data}
        with backend.kept_weights(self):
            return super().fit(
                x, y, batch_size=batch_size, epochs=epochs, verbose=verbose, **kwargs
            )

    def _checked_training(
        self, x: Any, y: Any, validation_data: Any, kwargs: dict[str, Any]
    ) -> tuple[Any, Any, tuple[Any, Any]]:
        """Return the data of a training and of its validation, and some of its pairs."""
        data_checks.refuse_uncompiled(self, "fit")
        data_checks.refuse_class_weight(kwargs.get("class_weight"))
        networks = guard.ended_schedules(self)
        if "generator" in networks:
            raise ValueError(guard.end_of_schedule(self, networks))
        for data in (x, validation_data):
            if isinstance(data, PairDataset):
                data.check()
                if self.objective is not None:
                    check_judged(self.discriminator, *data.checked[:2])
        x, some = self._checked(x, y, kwargs.get("sample_weight"))
        if isinstance(validation_data, (tuple, list)):
            self._checked(*validation_data[:3])
        elif validation_data is not None:
            validation_data, _ = self._checked(validation_data, None)
        return x, validation_data, some

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
        """Train on one batch, as `keras.Model.train_on_batch`, but without `class_weight`.

        Args:
            x: array of conditions.
            y: array of targets.
            sample_weight: array of weights: see `fit`. Defaults to `None`.
            class_weight: must be `None`.
            return_dict: as for `keras.Model.train_on_batch`. Defaults to `False`.

        Raises:
            ValueError: if the model is not compiled, or if the batch is unsuitable.
        """
        data_checks.refuse_uncompiled(self, "train_on_batch")
        data_checks.refuse_class_weight(class_weight)
        self._checked(x, y, sample_weight)
        with backend.kept_weights(self):
            return super().train_on_batch(x, y, sample_weight, return_dict=return_dict)

    def train_step(self, *args: Any) -> Any:
        """Update both networks once. Keras calls it with a batch, and on JAX also with a state."""
        return backend.run(self, lambda data: step.train(self, data), *args)

    def test_step(self, *args: Any) -> Any:
        """Compute losses and metrics of a batch. Keras calls it in the same way as `train_step`."""
        return backend.run(self, lambda data: step.test(self, data), *args)

    def make_train_function(self, force: bool = False) -> Any:
        """Compile the step, as Keras does, and again after a schedule was replaced."""
        schedules = [keras_private.schedule_of(o) for o in self.optimizer.optimizers]
        changed = any(new is not old for new, old in zip(schedules, self._traced_schedules))
        object.__setattr__(self, "_traced_schedules", schedules)
        before = self.train_function
        super().make_train_function(force or changed)
        if self.train_function is not before:
            self.train_function = backend.safe(self, self.train_function)
        return self.train_function

    def make_test_function(self, force: bool = False) -> Any:
        """Compile the step of an evaluation, as Keras does."""
        before = self.test_function
        super().make_test_function(force)
        if self.test_function is not before:
            self.test_function = backend.safe(self, self.test_function)
        return self.test_function

    def make_predict_function(self, force: bool = False) -> Any:
        """Compile the step of a prediction, as Keras does."""
        before = self.predict_function
        super().make_predict_function(force)
        if self.predict_function is not before:
            keep_freed_memory()
            backend.lay_out(self.generator)
            self.predict_function = backend.safe(self, self.predict_function)
        return self.predict_function

    @property
    def loss_trackers(self) -> list[keras.metrics.Mean]:
        """The running means of all losses, and of the numbers for `GANHealth`."""
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
        """Return the running means. `evaluate` adds the metrics of whole sets."""
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
        """Return losses and metrics of held-out pairs, as `keras.Model.evaluate`.

        Args:
            x: as for `keras.Model.evaluate`.
            y: as for `keras.Model.evaluate`.
            batch_size: as for `keras.Model.evaluate`.
            verbose: as for `keras.Model.evaluate`.
            return_dict: as for `keras.Model.evaluate`.
            **kwargs: as for `keras.Model.evaluate`.
            samples: int, the number of stochastic outputs to judge, with dropout on. The returned
                values are the means. Defaults to `0`: the deterministic output.
            seed: int, of the noise of the samples. Defaults to `0`.
            ema: bool, whether to judge the moving averages of the weights that an optimizer with
                `use_ema=True` keeps. The averages of `compile(ema=...)` are always used. Defaults
                to `False`.

        Raises:
            ValueError: if the model is not compiled, if the data is unsuitable, if `samples` is
                below 0, or if there are no averages.

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
            with backend.kept_weights(self), backend.whole_batches(x, batch_size):
                return super(Pix2Pix, self).evaluate(x, y, **options, **kwargs)

        logs = evaluate.evaluate(self, judge, x, samples, seed, ema)
        guard.check_values(self)
        return logs if return_dict else keras_private.logs_in_order(self, logs)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Return losses and metrics of one batch, as `keras.Model.test_on_batch`."""
        data_checks.refuse_uncompiled(self, "test_on_batch")
        self._checked(x, y, sample_weight)
        with averaged(self), backend.kept_weights(self):
            return super().test_on_batch(x, y, sample_weight, return_dict=return_dict)

    def predict(self, x: Any, batch_size: int | None = None, *args: Any, **kwargs: Any) -> Any:
        """Generate pictures in [-1, 1], as `keras.Model.predict`.

        Raises:
            ValueError: for conditions that are not floats in [-1, 1]. Use `translate` for other
                images.
        """
        x = data_checks.check_conditions(x, self.generator)
        with averaged(self), backend.kept_weights(self), backend.whole_batches(x, batch_size):
            return super().predict(x, batch_size, *args, **kwargs)

    def predict_on_batch(self, x: Any) -> Any:
        """Generate the pictures of one batch, as `keras.Model.predict_on_batch`."""
        data_checks.check_conditions(x, self.generator)
        with averaged(self):
            return super().predict_on_batch(x)

    def save(self, filepath: PathLike, *args: Any, **kwargs: Any) -> None:
        """Save the model in a `.keras` file, as `keras.Model.save` does.

        Raises:
            ValueError: for the old format .h5, which cannot hold two networks.
        """
        if str(filepath).lower().endswith((".h5", ".hdf5")):
            raise ValueError(
                "A model that is saved as .h5 could not be loaded again. Use a path that ends in "
                f".keras. Received: {filepath}"
            )
        with backend.alone(self):
            super().save(filepath, *args, **kwargs)

    def save_weights(self, filepath: PathLike, *args: Any, **kwargs: Any) -> None:
        """Save the weights, as `keras.Model.save_weights` does."""
        with backend.alone(self):
            super().save_weights(filepath, *args, **kwargs)

    def load_weights(self, filepath: PathLike, *args: Any, **kwargs: Any) -> None:
        """Load weights, as `keras.Model.load_weights` does."""
        with backend.alone(self):
            super().load_weights(filepath, *args, **kwargs)

    def export(self, filepath: PathLike, *args: Any, **kwargs: Any) -> None:
        """Export the model as `keras.Model.export` does. See also `keras_pix2pix.export`.

        Raises:
            ValueError: if Keras cannot export the model.
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
        given = backend.never_empty(inputs)
        padded = pad_to_multiple(given, *divisor_of(self.generator))
        generated = self.generator(padded, training=training)
        if padded is not given:
            generated = generated[:, :height, :width]
        return generated if given is inputs else generated[: ops.shape(inputs)[0]]

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
        engine: str | None = None,
    ) -> Any:
        """Generate pictures for conditions. The type of the result is that of the input.

        Conditions and pictures have the formats of the training pairs, such as labels, 16 bits, or
        another value range. The formats are saved with the model. If the model was not trained on a
        `PairDataset`, conditions are unsigned integers, or floats in [-1, 1]. A generator with
        three channels also accepts grey images. A picture has the size of its condition, which can
        be any size from 1 x 1.

        | given | returned |
        | --- | --- |
        | path, open file, or array of shape `(height, width, channels)` | array of that shape |
        | array of shape `(batch, height, width, channels)` | array of that shape |
        | Pillow image | Pillow image |
        | list of any of these, and of any sizes | list |
        | `tf.data.Dataset` of arrays | `tf.data.Dataset`, that generates when it is read |
        | `PairDataset`, loader, or other iterable | iterator, that generates when it is read |

        With `tile`, an image can be too large for the memory. Overlapping tiles are generated one
        after another and blended. The result equals that of the whole image if the generator has no
        normalization or batch norm, and if a pixel influences no pixel that is farther away than a
        quarter of `overlap`. A generator with instance or group norm needs the statistics of the
        whole image. They are computed first, in further passes over the image. docs/design.md
        reports the remaining difference. In a generator of your own, such layers use the statistics
        of each tile.

        A model that a `PairDataset` has trained warns of images of another scale than those of its
        training, unless windows of larger images were its pairs, and of images that seem to hold
        both halves of a pair.

        Args:
            images: see above. If a condition consists of several images, give a tuple of several of
                the same type. Datasets and loaders can also give pairs, as for `fit`: the targets
                are ignored.
            batch_size: int, the number of images of the same size, or of tiles, that are generated
                together. Datasets have their own batch size. Defaults to `1`.
            stochastic: bool, whether dropout is on, as the paper's noise z. Defaults to `False`:
                the picture depends only on the condition.
            seed: int, the seed of the noise. The same seed gives the same noise, if `batch_size`
                and `tile` are also the same. Defaults to `None`: other noise on every call.
            samples: int, the number of stochastic pictures for each condition. Their seeds are
                `seed`, `seed + 1` and so on. Arrays get a leading axis of this length, and a Pillow
                image becomes a list. Defaults to `None`: one picture, and no further axis.
            tile: int, the side of a tile in pixels, a multiple of the generator's `size_divisor`.
                Files are then read row by row. This raises Pillow's limit of 179 megapixels to 537.
                There is no limit for .npy and uncompressed TIFF. Defaults to `None`: no tiles.
            overlap: int, the minimum number of pixels that neighboring tiles share. It can be more,
                because tiles begin at multiples of `size_divisor`. Defaults to `64`.
            from_picture: bool, whether the images are pictures, from which the conditions are
                computed as in the training. The model must have been trained on
                `PairDataset.from_pictures`. `seed` (or 0) is the seed of what is random in the
                conditions. Defaults to `False`: the images are conditions.
            engine: `"onnx"` lets ONNX Runtime generate the pictures, which on a processor takes
                less time for each, with differences of rounding. It needs
                `pip install keras-pix2pix[onnx]`. Before the first picture, and after a training
                or loading of weights, TensorFlow writes the generator anew, which takes some
                seconds. Not for `stochastic`, nor for tiles of a generator with instance or group
                norm. Defaults to `None`: Keras generates.

        Returns:
            Pictures with the dtype and the value range of the targets. Without formats, they are
            uint8.

        Raises:
            FileNotFoundError: if there is no such file.
            ValueError: for a wrong rank or number of channels, for values out of range, for files
                that cannot be read, for tiles that do not fit the generator, for `from_picture` if
                the model has no `condition`, and for what the `engine` cannot do.
            ImportError: if the engine is not installed.

        Example:

        ```python
        picture = model.translate("mask.png")
        several = model.translate("mask.png", stochastic=True, seed=0, samples=4)
        model.translate(PIL.Image.open("large.png"), tile=512).save("picture.png")
        ```
        """
        from keras_pix2pix.inference.translate import translate
        from keras_pix2pix.inference.translator import Translator

        how = batch_size, stochastic, seed, samples, tile, overlap, from_picture, engine
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
        part: tuple[int, int] = (0, 1),
        from_picture: bool = False,
        engine: str | None = None,
    ) -> "Translated":
        r"""Generate a file for every image of a folder, one after another.

        The names of files and sub-folders stay the same. Pictures have the dtype, the channels and
        the palette of the targets. The picture of a TIFF file is TIFF, with its georeference
        (GeoTIFF), resolution, compression and order of axes. Other pictures are written as PNG if
        PNG supports their channels and dtype, else as TIFF, or as .npy for .npy images. There is
        never an incomplete file. After an interruption, even by SIGTERM, call the method again with
        the same arguments: it generates the missing pictures.

        Args:
            source: path of a folder, which is searched with its sub-folders; a pattern such as
                `"masks/*.png"` (`**` for sub-folders); path of an image; or a list of such paths.
                If a condition consists of several images, give a tuple of several of these. Images
                with the same name belong together.
            output: path of the folder to write to. It is created if it is missing.
            overwrite: bool, whether existing pictures are generated again. Defaults to `False`.
            batch_size: as for `translate`. Stochastic pictures are generated one by one.
            stochastic: as for `translate`.
            seed: as for `translate`. The noise of a picture depends on `seed` and on its name.
            samples: as for `translate`. The names of the pictures end in `_1`, `_2` and so on.
            tile: as for `translate`.
            overlap: as for `translate`.
            part: tuple `(index, count)`: of so many parts of the images, the one to translate, from
                0 to `count - 1`. All parts together are what one call without parts would write,
                so several processes or machines may have one each. Two that are given the same
                part do its work twice, but leave the same files. Defaults to `(0, 1)`: all images.
            from_picture: as for `translate`.
            engine: as for `translate`.

        Returns:
            A `Translated` with three lists. `written` and `kept` are paths of pictures. `broken`
            has a tuple for each image without a picture: its path, and the reason.

        Raises:
            ValueError: if no image is found, if two pictures would have the same name, if the
                output folder contains the images, or if there is no such part.
            OSError: if the output folder cannot be written to, or its disk is full.

        Example:

        ```python
        done = model.translate_files("masks/", "pictures/")
        print(len(done.written), "written", *done.broken, sep="\n")
        ```
        """
        from keras_pix2pix.inference.translate_files import translate_files
        from keras_pix2pix.inference.translator import Translator

        how = batch_size, stochastic, seed, samples, tile, overlap, from_picture, engine
        with averaged(self):
            return translate_files(Translator(self, *how), source, output, overwrite, part)

    def batch_to_instance_norm(self) -> "Pix2Pix":
        """Return an equal model with instance norm, for a model that was trained with batch norm.

        It is equal after a training at batch size 1, in which batch norm used the statistics of
        each image. After the training, batch norm uses stored averages, which differ from these.
        The scales and offsets of both networks are kept. This model is not changed.

        Returns:
            A `Pix2Pix`, compiled if this one is, with new optimizers.

        Raises:
            ValueError: if neither network is a network of this package with batch norm.
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
        """Return a model without batch norm, in which the convolutions include it.

        It generates the same pictures with fewer layers. The stored statistics, scales and offsets
        become part of the kernels and biases of the generator. This model is not changed. To
        continue a training, use this model, not the folded one. For a model that was trained at
        batch size 1, see `batch_to_instance_norm`.

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
        backend.refuse_to_wait()
        for i, state in enumerate(seed_states(self)):
            store[f"seed_{i}"] = ops.convert_to_numpy(state)

    def load_own_variables(self, store: Any) -> None:
        """Load the state of the random numbers, if it is stored."""
        # Weights fit whatever the dropout they were trained with; only a resume needs its state.
        stored = set(store.keys())
        for i, state in enumerate(seed_states(self)):
            if f"seed_{i}" in stored:
                state.assign(store[f"seed_{i}"])

    def get_config(self) -> dict[str, Any]:
        """Return the networks and the formats, for `from_config`."""
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "formats": keras.saving.serialize_keras_object(self.formats),
            "condition": keras.saving.serialize_keras_object(self.condition),
            "seen": self.seen,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """Make a model from the result of `get_config`."""
        config = dict(config)
        networks = {
            name: keras.saving.deserialize_keras_object(config.pop(name), custom_objects)
            for name in ("generator", "discriminator")
        }
        conditions, target = keras.saving.deserialize_keras_object(config.pop("formats"))
        # Models that were saved by version 0.1.0 have neither.
        condition = keras.saving.deserialize_keras_object(config.pop("condition", None))
        seen = config.pop("seen", None)
        model = cls(**networks, **config)
        model.formats = tuple(conditions), target
        model.condition = condition
        if seen:
            size, half, half_size = seen
            model.seen = SeenImages(size and tuple(size), half, half_size and tuple(half_size))
        return model
