"""Train, and log losses and pictures to Weights & Biases, with its callback for Keras.

    pip install wandb
    WANDB_MODE=offline python examples/track_wandb.py
    wandb sync wandb/offline-run-*      # later, with an account

Offline, everything is stored in wandb/, and nothing is sent. The callback imports TensorFlow, also
on other backends.
"""

import argparse

import keras
import wandb
from wandb.integration.keras import WandbMetricsLogger

import keras_pix2pix as kp


class LogPictures(keras.callbacks.Callback):
    """Log held-out pairs with the generated pictures after each epoch."""

    def __init__(self, data):
        super().__init__()
        self.conditions = [data.formats[0][0].decode(data[i][0][0]) for i in range(4)]

    def on_epoch_end(self, epoch, logs=None):
        pictures = [wandb.Image(self.model.translate(image)) for image in self.conditions]
        wandb.log({"generated": pictures}, commit=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--steps", type=int, default=320, help="training steps of an epoch")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--image-size", type=int, default=64)
    args = parser.parse_args()

    train, val = kp.data.load_sample(condition="outline", image_size=args.image_size)
    model = kp.recipes.small(train, args.epochs, steps_per_epoch=args.steps)
    with wandb.init(project="outline-to-picture", config=vars(args)) as run:
        model.fit(
            train,
            validation_data=val.subset(slice(8)),
            epochs=args.epochs,
            steps_per_epoch=args.steps,
            verbose=2,
            callbacks=[LogPictures(val), WandbMetricsLogger()],
        )
        print(f"Weights & Biases has the run in {run.dir}")


if __name__ == "__main__":
    main()
