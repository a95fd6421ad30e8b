"""Train with and without a strategy of two replicas: `tensorflow_program.py FOLDER`."""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import keras_pix2pix as kp

FOLDER = Path(sys.argv[1])
cpus = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpus[0], [tf.config.LogicalDeviceConfiguration()] * 2)
STRATEGIES = {
    "one": tf.distribute.get_strategy,
    "two": lambda: tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]),
}


def pairs(count, **options):
    images = np.random.default_rng(0).integers(0, 256, (count, 18, 18, 3), dtype="uint8")
    options = {"image_size": 16, "batch_size": 4, "augment": True} | options
    return kp.data.PairDataset(images, images[..., ::-1].copy(), **options)


def model(optimizer=None, normalization="instance", **compiled):
    keras.utils.set_random_seed(0)
    networks = kp.Pix2Pix(
        kp.UNetGenerator(depth=2, filters=4, dropout=0.0, normalization=normalization),
        kp.PatchDiscriminator(receptive_field=16, filters=4),
    )
    make = optimizer or (lambda: keras.optimizers.SGD(0.02))
    networks.compile(make(), make(), **compiled)
    return networks


def whole(strategy):
    """Train, validate and predict where the second replica has no picture of the last batch."""
    with strategy.scope():
        networks = model(ema=0.9, metrics=[kp.metrics.PSNR()])
    data = pairs(5)
    history = networks.fit(
        data, epochs=2, verbose=0, validation_data=pairs(3, batch_size=2, augment=False)
    )
    images = pairs(3, batch_size=3, augment=False)[0][0]
    pictures = networks.predict(images, batch_size=2, verbose=0)
    return {"history": history.history}, [*networks.get_weights(), pictures]


def clipped(strategy):
    """What each optimizer clips is the gradient of the whole batch."""
    clipping = iter([{"global_clipnorm": 0.01}, {"clipnorm": 0.01}])
    with strategy.scope():
        networks = model(lambda: keras.optimizers.SGD(0.5, **next(clipping)))
    networks.fit(pairs(4), epochs=2, verbose=0)
    return {}, networks.get_weights()


SCENARIOS = whole, clipped


def refused(function):
    try:
        function()
    except ValueError as error:
        return str(error)
    return None


def batch_norm():
    with STRATEGIES["two"]().scope():
        networks = model(normalization="batch")
    networks.fit(pairs(4), verbose=0)


class Wild(kp.data.PairDataset):
    """In training, the last picture of a batch is out of range."""

    def __getitem__(self, index):
        condition, target = super().__getitem__(index)
        target[3:] += 3 * self.epoch
        return condition, target


def out_of_range():
    images = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), dtype="uint8")
    with STRATEGIES["two"]().scope():
        networks = model()
    networks.fit(Wild(images, images[..., ::-1].copy(), batch_size=4), epochs=2, verbose=0)


def several_workers():
    # There is one, but for a TF_CONFIG.
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    with strategy.scope():
        networks = model()
    networks.fit(pairs(4), verbose=0)


def main():
    for scenario in SCENARIOS:
        for strategy, make in STRATEGIES.items():
            numbers, arrays = scenario(make())
            name = scenario.__name__
            (FOLDER / f"{name}_{strategy}.json").write_text(json.dumps(numbers))
            np.savez(FOLDER / f"{name}_{strategy}.npz", *arrays)
    errors = {one.__name__: refused(one) for one in (batch_norm, out_of_range, several_workers)}
    (FOLDER / "errors.json").write_text(json.dumps(errors))


if __name__ == "__main__":
    main()
