"""Train the model of `kp.load_sample_model`, and write its weights into the package.

    python tools/make_sample_model.py --epochs 25

It takes about 20 minutes on two CPU cores. The learning rate falls to 0 at the end, so a training
of fewer epochs is a whole one, too.
"""

import argparse
import json

import keras
import numpy as np

import keras_pix2pix as kp
from keras_pix2pix.data.files.writing import atomic_path
from keras_pix2pix.sample_model import WEIGHTS
from keras_pix2pix.training.averaging import averaged

# As many as fit into 4 MB.
FILTERS = 28
ARGUMENTS = ("depth", "filters", "max_filters", "upsampling", "plain_levels", "dropout")


def main() -> None:
    """Train, and store what the generator is made with and its weights."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=25, help="passes over the 320 pairs")
    epochs = parser.parse_args().epochs
    keras.utils.set_random_seed(0)
    train, val = kp.data.load_sample(condition="outline", cache=True)
    model = kp.recipes.sharp(train, epochs, filters=FILTERS)
    model.fit(train, validation_data=val, epochs=epochs, verbose=2)
    config = model.generator.get_config()
    with averaged(model):
        weights = [weight.astype("float16") for weight in model.generator.get_weights()]
    with atomic_path(WEIGHTS) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            arguments=json.dumps({name: config[name] for name in ARGUMENTS}),
            **{f"weight_{i}": weight for i, weight in enumerate(weights)},
        )


if __name__ == "__main__":
    main()
