"""What each of several processes of JAX runs: `jax_processes_program.py FOLDER RANK COUNT PORT`."""

# ruff: noqa: E402 - TensorFlow is hidden before Keras is imported.
import json
import os
import sys
import warnings
from pathlib import Path

# Keras would import it, which takes seconds.
sys.modules["tensorflow"] = None

import keras
import numpy as np
from jax_program import model, pairs, refused

import keras_pix2pix as kp

FOLDER, (RANK, COUNT, PORT) = Path(sys.argv[1]), map(int, sys.argv[2:])


def made():
    """A model of this process alone, until it is trained. Keras makes one of all slowly."""
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    networks = model("batch", ema=0.9, metrics=[kp.metrics.PSNR()])
    keras.distribution.set_distribution(distribution)
    return networks


def whole():
    """Train, validate, save, go on from a backup, and use the model in the first process alone."""
    backup = keras.callbacks.BackupAndRestore(FOLDER / f"backup{RANK}", delete_checkpoint=False)
    data = pairs(8)
    validation = pairs(3, batch_size=1, augment=False)
    callbacks = [
        backup,
        keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=0, min_delta=100.0),
        keras.callbacks.ModelCheckpoint(FOLDER / f"epoch{RANK}.keras"),
        kp.callbacks.SampleGrid(validation, FOLDER / f"grids{RANK}"),
    ]
    history = made().fit(data, epochs=2, verbose=0, validation_data=validation, callbacks=callbacks)
    networks = made()
    again = networks.fit(data, epochs=3, verbose=0, callbacks=[backup])
    arrays = networks.get_weights()
    if RANK == 0:
        images = pairs(3, batch_size=3, augment=False)[0][0]
        arrays.append(networks.predict(images, batch_size=2, verbose=0))
        arrays += networks.translate(list(images), batch_size=2)
        arrays += [np.array(networks.evaluate(validation, verbose=0))]
        networks.save(FOLDER / "model.keras")
    numbers = {"history": history.history, "epochs": again.epoch}
    numbers["rate"] = float(networks.optimizer.learning_rate)
    (FOLDER / f"whole{RANK}.json").write_text(json.dumps(numbers))
    np.savez(FOLDER / f"whole{RANK}.npz", *arrays)
    return networks


def errors(networks):
    images = pairs(4)[0][0]
    found = {
        "no_pairs": refused(lambda: networks.fit(images, images, verbose=0)),
        "other_count": refused(lambda: networks.fit(pairs(8 + 2 * RANK), verbose=0)),
        "batch_size": refused(lambda: networks.fit(pairs(batch_size=3, count=6), verbose=0)),
    }
    if RANK == 0:
        file = FOLDER / "direct.keras"
        found["direct"] = refused(lambda: keras.saving.save_model(networks, file))
    distribution = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    found["no_distribution"] = refused(lambda: networks.fit(pairs(8), verbose=0))
    layout = keras.distribution.LayoutMap(distribution.device_mesh)
    keras.distribution.set_distribution(keras.distribution.ModelParallel(layout_map=layout))
    found["model_parallel"] = refused(lambda: networks.fit(pairs(8), verbose=0))
    (FOLDER / f"errors{RANK}.json").write_text(json.dumps(found))


class Ends(keras.callbacks.Callback):
    """Ends the second process in a step."""

    every_process = True

    def on_train_batch_end(self, batch, logs=None):
        if RANK == 1:
            os._exit(0)


def ended(networks):
    try:
        networks.fit(pairs(8), verbose=0, callbacks=[Ends()])
    except RuntimeError as error:
        (FOLDER / "ended.txt").write_text(str(error))
    # JAX would wait for the other one for as long as its heartbeat may take.
    os._exit(0)


def main():
    if COUNT > 1:
        keras.distribution.initialize(f"127.0.0.1:{PORT}", COUNT, RANK)
        keras.distribution.set_distribution(keras.distribution.DataParallel())
    networks = whole()
    if COUNT > 1:
        distribution = keras.distribution.distribution()
        errors(networks)
        keras.distribution.set_distribution(distribution)
        ended(networks)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
