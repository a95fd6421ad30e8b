"""Pix2Pix: a generator and a discriminator, trained on pairs with `fit`."""

import keras
from keras import ops

from keras_pix2pix.data import PairDataset, Picture
from keras_pix2pix.inference.evaluate import Evaluator
from keras_pix2pix.inference.translate import Translator
from keras_pix2pix.losses import objectives as losses
from keras_pix2pix.metrics import SetMetric
from keras_pix2pix.networks.padding import divisor_of, pad_to_multiple
from keras_pix2pix.networks.patchgan import PatchDiscriminator
from keras_pix2pix.networks.unet import UNetGenerator
from keras_pix2pix.training import AdversarialTrainer
from keras_pix2pix.training.checks import check_networks, checked, refuse_weights
from keras_pix2pix.training.optimizer import GANOptimizer, paper_adam
from keras_pix2pix.training.random_state import seed_states
from keras_pix2pix.training.step import HEALTH

UPDATES = ("sequential", "simultaneous")


@keras.saving.register_keras_serializable(package="keras_pix2pix")
class Pix2Pix(Evaluator, Translator, AdversarialTrainer, keras.Model):
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

    def __init__(self, generator=None, discriminator=None, **kwargs):
        generator = UNetGenerator() if generator is None else generator
        kwargs.setdefault("dtype", generator.dtype_policy)
        super().__init__(**kwargs)
        if discriminator is None:
            discriminator = PatchDiscriminator(
                (None, None, generator.input_shape[-1]),
                (None, None, generator.output_shape[-1]),
                dtype=generator.dtype_policy,
            )
        check_networks(generator, discriminator)
        self.generator = generator
        self.discriminator = discriminator
        self._trackers = [
            keras.metrics.Mean(name=name)
            for name in ("generator_loss", "reconstruction_loss", "discriminator_loss", *HEALTH)
        ]
        self._penalty_seed = keras.random.SeedGenerator()
        self.objective = None
        self.formats = (
            (Picture(generator.input_shape[-1]),),
            Picture(generator.output_shape[-1]),
        )
        self.supports_jit = self.compiles
        self.built = True

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        adversarial_loss="vanilla",
        reconstruction_loss="mae",
        reconstruction_weight=100.0,
        update="sequential",
        **kwargs,
    ):
        """Choose losses and optimizers; without arguments, the paper's.

        Args:
            generator_optimizer: a Keras optimizer or its name. Defaults to `Adam(2e-4, beta_1=0.5,
                beta_2=0.999, epsilon=1e-8)`.
            discriminator_optimizer: the same, another instance.
            adversarial_loss: `"vanilla"`, `"lsgan"`, `"hinge"`, `"wgan_gp"`, or `None` for
                reconstruction alone. Defaults to `"vanilla"`.
            reconstruction_loss: anything `keras.losses.get` takes, between target and generated
                image in [-1, 1]. Defaults to `"mae"`, the paper's L1.
            reconstruction_weight: float; 0 gives the GAN alone. Defaults to `100.0`.
            update: `"sequential"` updates the discriminator, then the generator through the
                updated one, as the reference does; `"simultaneous"` takes both gradients from the
                same discriminator. Defaults to `"sequential"`.
            **kwargs: `metrics` (see `keras_pix2pix.metrics`), `run_eagerly`,
                `steps_per_execution`, `jit_compile`, as for any Keras model.

        Raises:
            ValueError: for unknown names, one optimizer given twice, and nothing to learn from.
        """
        if "optimizer" in kwargs or "loss" in kwargs:
            raise ValueError(
                "Pix2Pix trains two networks: give generator_optimizer and "
                "discriminator_optimizer, adversarial_loss and reconstruction_loss. "
                f"Received: {', '.join(kwargs)}"
            )
        if update not in UPDATES:
            raise ValueError(
                f"update must be one of {', '.join(map(repr, UPDATES))}. Received: {update!r}"
            )
        if reconstruction_weight < 0 or (adversarial_loss is None and not reconstruction_weight):
            raise ValueError(
                "reconstruction_weight must be at least 0, and above 0 where adversarial_loss is "
                f"None. Received: {reconstruction_weight}"
            )
        optimizers = [
            paper_adam() if optimizer is None else keras.optimizers.get(optimizer)
            for optimizer in (generator_optimizer, discriminator_optimizer)
        ]
        if optimizers[0] is optimizers[1]:
            raise ValueError("generator and discriminator need an optimizer each, got one twice.")
        objective = losses.get(adversarial_loss)
        losses.check_discriminator(objective, self.discriminator)
        reconstruction = keras.losses.get(reconstruction_loss)
        # Nothing is set before everything is checked.
        self.objective = objective
        self.simultaneous = update == "simultaneous" and objective is not None
        self.reconstruction = reconstruction
        self.reconstruction_weight = reconstruction_weight
        # What is stored with the model, before loss scaling is wrapped around it.
        arguments = {
            "generator_optimizer": optimizers[0],
            "discriminator_optimizer": optimizers[1],
            "adversarial_loss": adversarial_loss,
            "reconstruction_loss": reconstruction_loss,
            "reconstruction_weight": reconstruction_weight,
            "update": update,
            **kwargs,
        }
        metrics = [m for m in keras.tree.flatten(kwargs.pop("metrics", None)) if m is not None]
        set_metrics = [metric for metric in metrics if isinstance(metric, SetMetric)]
        # Past Keras' tracking, which would take compiled metrics for the model's own as well.
        object.__setattr__(self, "_compile_arguments", arguments)
        object.__setattr__(self, "set_metrics", set_metrics)
        if self.dtype_policy.name == "mixed_float16":
            optimizers = [keras.optimizers.LossScaleOptimizer(o) for o in optimizers]
        super().compile(
            optimizer=GANOptimizer(
                *optimizers,
                self.generator.trainable_variables,
                self.discriminator.trainable_variables,
            ),
            auto_scale_loss=False,
            metrics=[metric for metric in metrics if metric not in set_metrics],
            **kwargs,
        )

    def get_compile_config(self):
        if not self.compiled:
            return {}
        arguments = dict(self._compile_arguments)
        if arguments.get("metrics") is not None:
            # A config holds no weights, so what judges with a network of the user's stays behind.
            metrics = keras.tree.flatten(arguments["metrics"])
            arguments["metrics"] = [m for m in metrics if not getattr(m, "segmenter", None)]
        return keras.saving.serialize_keras_object(arguments)

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        callbacks=None,
        validation_data=None,
        **kwargs,
    ):
        """Train on pairs. Takes what `keras.Model.fit` takes, but for sample weights.

        The first batch of the training and of the validation data is checked before anything is
        trained, and of a `PairDataset` up to 4096 pairs. It is told the epoch, so that a resumed
        training sees the pairs in the order and with the augmentation that an uninterrupted one
        would; with `steps_per_epoch`, an epoch goes on where the last one ended.

        Raises:
            ValueError: if the model is not compiled, or the data is not what it takes, naming the
                pairs that cannot be trained on.
        """
        self._assert_compile_called("fit")
        refuse_weights(kwargs)
        for data in (x, validation_data):
            if isinstance(data, PairDataset):
                data.check()
        x, (_, target) = self._checked(x, y)
        if isinstance(validation_data, (tuple, list)):
            if len(validation_data) > 2:
                refuse_weights({"sample_weight": validation_data[2]})
            self._checked(*validation_data[:2])
        elif validation_data is not None:
            validation_data, _ = self._checked(validation_data, None)
        # Metrics build on first use. Left to itself, Keras reads a batch for that, and then
        # gives the batches of a dataset with several workers in another order.
        self.compute_metrics(None, target, target)
        self.reset_metrics()
        if isinstance(x, PairDataset):
            self.formats = x.formats
            if kwargs.get("steps_per_epoch"):
                x = x.in_steps(kwargs.pop("steps_per_epoch"))
            announce = keras.callbacks.LambdaCallback(
                on_epoch_begin=lambda epoch, logs: x.set_epoch(epoch)
            )
            callbacks = [announce, *keras.tree.flatten(callbacks or [])]
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

    def _checked(self, x, y):
        return checked(x, y, self.generator, self._compile_arguments.get("metrics"))

    def call(self, inputs, training=None):
        height, width = ops.shape(inputs)[1:3]
        padded = pad_to_multiple(inputs, *divisor_of(self.generator))
        generated = self.generator(padded, training=training)
        if padded is inputs:
            return generated
        return generated[:, :height, :width]

    # Keras does not save the state of dropout's random numbers; an exact resume needs it.
    def save_own_variables(self, store):
        for i, state in enumerate(seed_states(self)):
            store[f"seed_{i}"] = ops.convert_to_numpy(state)

    def load_own_variables(self, store):
        # Weights fit whatever the dropout they were trained with; only a resume needs its state.
        stored = set(store.keys())
        for i, state in enumerate(seed_states(self)):
            if f"seed_{i}" in stored:
                state.assign(store[f"seed_{i}"])

    def get_config(self):
        return {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
            "generator": keras.saving.serialize_keras_object(self.generator),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "formats": keras.saving.serialize_keras_object(self.formats),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        config = dict(config)
        networks = {
            name: keras.saving.deserialize_keras_object(config.pop(name), custom_objects)
            for name in ("generator", "discriminator")
        }
        conditions, target = keras.saving.deserialize_keras_object(config.pop("formats"))
        model = cls(**networks, **config)
        model.formats = tuple(conditions), target
        return model
