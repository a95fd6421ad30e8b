"""What each of several processes runs, under torchrun: `torch_program.py FOLDER SCENARIO...`."""

# ruff: noqa: E402 - TensorFlow is hidden before Keras is imported.
import datetime
import json
import os
import sys
import warnings
from pathlib import Path

# Keras would import it, which takes seconds.
sys.modules["tensorflow"] = None

import keras
import numpy as np
import torch.distributed as dist

import keras_pix2pix as kp
from keras_pix2pix.training.backends import torch_processes

# So that the small networks have many.
torch_processes.BUCKET = 2000
FOLDER = Path(sys.argv[1])
RANK = int(os.environ.get("RANK", 0))


def pairs(count=8, **options):
    """Pairs of 16 x 16 pixels, made of larger ones by the paper's jitter."""
    images = np.random.default_rng(0).integers(0, 256, (count, 18, 18, 3), dtype="uint8")
    options = {"image_size": 16, "batch_size": 4, "augment": True} | options
    return kp.data.PairDataset(images, images[..., ::-1].copy(), **options)


def model(optimizer="sgd", dropout=0.0, normalization="instance", **compiled):
    keras.utils.set_random_seed(0)
    networks = kp.Pix2Pix(
        kp.UNetGenerator(depth=2, filters=4, dropout=dropout, normalization=normalization),
        kp.PatchDiscriminator(receptive_field=16, filters=4),
    )
    rates = {"sgd": 0.02, "adam": 2e-3}
    optimizers = [keras.optimizers.get(optimizer) for _ in range(2)]
    for one in optimizers:
        one.learning_rate = rates[optimizer]
    networks.compile(*optimizers, **compiled)
    return networks


def state(networks):
    return {
        str(number): keras.ops.convert_to_numpy(variable)
        for number, variable in enumerate(networks.weights + networks.optimizer.variables)
    }


class Everywhere(keras.callbacks.Callback):
    """Calls a function of itself after each step, in every process."""

    every_process = True

    def __init__(self, after_step):
        super().__init__()
        self.steps = 0
        self._after_step = after_step

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1
        self._after_step(self)


def equal(optimizer="sgd", **options):
    """Train with all that works alike in one process and in two."""
    networks = model(optimizer, ema=0.9, metrics=[kp.metrics.PSNR()])
    rates = []
    callbacks = [
        kp.callbacks.GANHealth(),
        keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=0, min_delta=10.0),
        Everywhere(lambda own: rates.append(float(own.model.optimizer.learning_rate))),
    ]
    history = networks.fit(
        pairs(**options),
        epochs=3,
        verbose=0,
        validation_data=pairs(3, batch_size=2, augment=False),
        callbacks=callbacks,
    )
    return {"history": history.history, "rates": rates}, state(networks)


def adam():
    return equal("adam", workers=2)


def indivisible():
    """Ten pairs in batches of four: the last batch has one pair for each of two processes."""
    networks = model()
    networks.fit(pairs(10), epochs=3, steps_per_epoch=2, verbose=0)
    return {}, state(networks)


def harder():
    """Second derivatives now and then, frozen parts, scaled losses, gradients of two batches."""
    networks = model()
    networks.generator.layers[-2].trainable = False
    optimizers = [keras.optimizers.SGD(0.02, gradient_accumulation_steps=2) for _ in range(2)]
    networks.compile(
        *[keras.optimizers.LossScaleOptimizer(one, initial_scale=64.0) for one in optimizers],
        generator_terms=[kp.losses.FeatureMatching(2.0)],
        discriminator_terms=[kp.losses.R1(5.0, every=2)],
    )
    networks.fit(pairs(), epochs=4, verbose=0)
    return {}, state(networks)


def overlapped():
    """Tell when gradients are sent, and when the one that backward finds last is there."""
    networks, events, send = model(), [], dist.all_reduce

    def sent(tensor, *arguments, **options):
        if options.get("async_op"):
            events.append("sent")
        return send(tensor, *arguments, **options)

    dist.all_reduce = sent
    networks.discriminator.trainable = False
    kernel = networks.generator.trainable_variables[0].value
    kernel.register_hook(lambda gradient: events.append("last"))
    networks.fit(pairs(4), verbose=0)
    dist.all_reduce = send
    return {"events": events}, {}


def one_left_out():
    networks, seen = model(), []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        networks.fit(pairs(5), epochs=2, verbose=0, callbacks=[Everywhere(seen.append)])
    # NumPy has warnings of its own.
    said = [str(warning.message) for warning in caught]
    return {"steps": len(seen), "said": [text for text in said if "share" in text]}, {}


def noise():
    """Dropout, DiffAugment and the noise of a penalty, and what they are drawn from."""
    states = []

    def look(own):
        every = kp.training.random_state.seed_states(own.model)
        states.append([keras.ops.convert_to_numpy(one).tolist() for one in every])

    networks = model(
        dropout=0.5,
        adversarial_loss="wgan_gp",
        discriminator_terms=[kp.losses.GradientPenalty(name="other_penalty")],
        diff_augment=("color", "translation"),
    )
    validation = pairs(2, augment=False, batch_size=2)
    history = networks.fit(
        pairs(), epochs=2, verbose=0, validation_data=validation, callbacks=[Everywhere(look)]
    )
    after = kp.training.random_state.seed_states(networks)
    numbers = {
        "states": states,
        "after": [keras.ops.convert_to_numpy(one).tolist() for one in after],
        "history": history.history,
    }
    return numbers, state(networks)


def stopping():
    """One process alone stops in the middle of an epoch; a callback of the first one writes."""

    def stop(own):
        if RANK == 1 and own.steps == 3:
            own.model.stop_training = True

    counter, writer = Everywhere(stop), Everywhere(lambda own: None)
    writer.every_process = False
    history = model().fit(pairs(), epochs=4, verbose=0, callbacks=[counter, writer])
    return {"steps": counter.steps, "writer": writer.steps, "epochs": history.epoch}, {}


class Wild(kp.data.PairDataset):
    """From the second epoch on, a picture of the second process is out of range."""

    def __getitem__(self, index):
        condition, target = super().__getitem__(index)
        return condition, target + 3 * (RANK and self.epoch)


def lost():
    images = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), dtype="uint8")
    return refused(model(), Wild(images, images[..., ::-1].copy(), batch_size=4))


def refused(networks, data, **options):
    try:
        networks.fit(data, epochs=2, verbose=0, **options)
    except (ValueError, RuntimeError) as error:
        return {"error": f"{type(error).__name__}: {error}"}, {}
    return {"error": None}, {}


def missing_files():
    def read(name):
        if RANK == 1 and name == "masks/41.png":
            raise ValueError("masks/41.png is not there")
        return np.zeros((16, 16, 3), "uint8")

    names = [f"masks/{number}.png" for number in range(100)]
    data = kp.data.PairDataset(names, names, batch_size=2, shuffle=True, read=read)
    return refused(model(), data)


def other_images():
    images = np.full((4, 16, 16, 3), 0.5 * RANK, "float32")
    return refused(model(), kp.data.PairDataset(images, images, batch_size=4))


class ChangesRate(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.model.optimizer.learning_rate = 0.5


REFUSED = {
    "no_pairs": lambda: refused(model(), np.zeros((4, 16, 16, 3), "float32")),
    "batch_size": lambda: refused(model(), pairs(batch_size=3)),
    "unequal": lambda: refused(model(), pairs(7, shuffle=False)),
    "shard": lambda: refused(model(), pairs(shard=(0, 2))),
    "batch_norm": lambda: refused(model(normalization="batch"), pairs()),
    "other_count": lambda: refused(model(), pairs(8 + 2 * RANK)),
    "other_seed": lambda: refused(model(), pairs(seed=RANK)),
    "other_images": other_images,
    "other_validation": lambda: refused(
        model(), pairs(), validation_data=pairs() if RANK else None
    ),
    "other_losses": lambda: refused(
        model(generator_terms=[kp.losses.FeatureMatching(1.0 + RANK)]), pairs()
    ),
    "other_average": lambda: refused(model(ema=0.9 if RANK else None), pairs()),
    "too_few": lambda: refused(model(), pairs(1)),
    "one_changed": lambda: refused(model(), pairs(), callbacks=[ChangesRate()]),
    "missing_files": missing_files,
    "lost": lost,
}


class Ends(keras.callbacks.Callback):
    """Ends the second process in the second epoch."""

    every_process = True

    def __init__(self, how):
        super().__init__()
        self._how = how

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if RANK == 1 and self.epoch == 1:
            if self._how == "raise":
                raise KeyError("a fault of the user's")
            os._exit(9)


def resumed():
    """Train in three epochs, and end in the second one the first time."""
    networks = model("adam", dropout=0.5, diff_augment=("color",), ema=0.9)
    first = int(os.environ.get("TORCHELASTIC_RESTART_COUNT", 0)) == 0
    # Each process has a folder of its own, as on machines of their own.
    backup = keras.callbacks.BackupAndRestore(FOLDER / f"backup{RANK}")
    ends = [Ends("exit")] if first and len(sys.argv) > 3 else []
    history = networks.fit(pairs(), epochs=3, verbose=0, callbacks=[backup, *ends])
    return {"epochs": history.epoch}, state(networks)


def raising():
    return refused(model(), pairs(), callbacks=[Ends("raise")])


class Waits(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        dist.barrier()


def waiting():
    """A callback of the first process alone talks to the others."""
    return refused(model(), pairs(), callbacks=[Waits()])


def main():
    limit = 5 if "waiting" in sys.argv else 200
    if "RANK" in os.environ and "alone" not in sys.argv:
        dist.init_process_group("gloo", timeout=datetime.timedelta(seconds=limit))
    for name in sys.argv[2].split(","):
        numbers, arrays = REFUSED.get(name, globals().get(name))()
        (FOLDER / f"{name}{RANK}.json").write_text(json.dumps(numbers))
        np.savez(FOLDER / f"{name}{RANK}.npz", **arrays)


if __name__ == "__main__":
    main()
