"""Train with and without two devices of JAX: `jax_program.py FOLDER`."""

# ruff: noqa: E402 - TensorFlow is hidden before Keras is imported.
import json
import sys
import warnings
from pathlib import Path

# Keras would import it, which takes seconds.
sys.modules["tensorflow"] = None

import keras
import numpy as np

import keras_pix2pix as kp

FOLDER = Path(sys.argv[1])


def pairs(count, **options):
    images = np.random.default_rng(0).integers(0, 256, (count, 18, 18, 3), dtype="uint8")
    options = {"image_size": 16, "batch_size": 4, "augment": True} | options
    return kp.data.PairDataset(images, images[..., ::-1].copy(), **options)


def model(normalization="instance", **compiled):
    keras.utils.set_random_seed(0)
    networks = kp.Pix2Pix(
        kp.UNetGenerator(depth=2, filters=4, dropout=0.0, normalization=normalization),
        kp.PatchDiscriminator(receptive_field=16, filters=4),
    )
    networks.compile(*(keras.optimizers.SGD(0.02) for _ in range(2)), **compiled)
    return networks


def whole():
    """Train, validate, predict, translate and save, where the devices do not divide all batches."""
    networks = model(ema=0.9, metrics=[kp.metrics.PSNR()])
    data = pairs(6)
    backup = keras.callbacks.BackupAndRestore(FOLDER / "backup", delete_checkpoint=False)
    history = networks.fit(
        data,
        epochs=2,
        verbose=0,
        validation_data=pairs(3, batch_size=1, augment=False),
        callbacks=[backup],
    )
    images = pairs(3, batch_size=3, augment=False)[0][0]
    pictures = networks.predict(images, batch_size=2, verbose=0)
    networks.save(FOLDER / "model.keras")
    loaded = keras.saving.load_model(FOLDER / "model.keras")
    again = loaded.predict(images[:2], batch_size=2, verbose=0)
    translated = networks.translate(list(images), batch_size=2)
    kernel = networks.generator.get_layer("down_1").convolution.kernel.value
    numbers = {"history": history.history, "kernel": str(kernel.sharding)}
    return numbers, [*networks.get_weights(), pictures, again, *translated]


def model_parallel(devices):
    """Divide the kernels of the generator among two devices, which see the same batches."""
    mesh = keras.distribution.DeviceMesh((1, 2), ("batch", "model"), devices)
    layout = keras.distribution.LayoutMap(mesh)
    layout["(down|up)_.*kernel"] = (None, None, None, "model")
    return keras.distribution.ModelParallel(layout_map=layout, batch_dim_name="batch")


def left_out():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        history = model().fit(pairs(5), verbose=0)
    # JAX has warnings of its own.
    said = [str(warning.message) for warning in caught]
    return [text for text in said if "share" in text], history.epoch


def refused(function):
    try:
        function()
    except ValueError as error:
        return str(error)
    return None


def indivisible_batches():
    """Batches of which nothing is known before they come."""
    networks, batch = model(), pairs(3, augment=False, batch_size=3)[0]

    def batches():
        yield batch
        yield batch

    conditions = ((one[0],) for one in batches())
    errors = [
        refused(lambda: networks.fit(batches(), steps_per_epoch=2, verbose=0)),
        refused(lambda: networks.evaluate(batches(), steps=2, verbose=0)),
        refused(lambda: networks.predict(conditions, steps=2, verbose=0)),
        refused(lambda: networks.train_on_batch(*batch)),
        refused(lambda: networks.test_on_batch(*batch)),
    ]
    networks.save(FOLDER / "after.keras")
    return errors


def main():
    devices = keras.distribution.list_devices()
    assert len(devices) == 2
    distributions = {
        "one": None,
        "model": model_parallel(devices),
        "two": keras.distribution.DataParallel(devices=devices),
    }
    for name, distribution in distributions.items():
        keras.distribution.set_distribution(distribution)
        for folder in FOLDER.glob("backup/*"):
            folder.unlink()
        numbers, arrays = whole()
        (FOLDER / f"whole_{name}.json").write_text(json.dumps(numbers))
        np.savez(FOLDER / f"whole_{name}.npz", *arrays)
    said, epochs = left_out()
    results = {
        "left_out": said,
        "epochs": epochs,
        "indivisible": indivisible_batches(),
        "batch_size": refused(lambda: model().fit(pairs(6, batch_size=3), verbose=0)),
        "on": str(model().generator.weights[0].value.sharding),
    }
    (FOLDER / "errors.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main()
