"""Generate pictures from their masks: the experiment of the 2018 article, five U-Net levels.

Without arguments it trains on the sample that comes with the package, in a few minutes on two CPU
cores. With `--data DIR` it trains on PASCAL-S: DIR holds datasets/imgs/pascal/*.jpg and
datasets/masks/pascal/*.png. Started again after an interruption, it goes on from the last epoch.

    python examples/pascal_masks.py
    python examples/pascal_masks.py --data salObj --image-size 256 --filters 64 --epochs 200
"""

import argparse
from pathlib import Path

import keras
import numpy as np

import keras_pix2pix as kp
from keras_pix2pix.data.files.writing import write_image
from keras_pix2pix.data.loading.drawing import draw_pairs


def main():
    args = parse_arguments()
    keras.utils.set_random_seed(args.seed)
    options = {"image_size": args.image_size, "batch_size": args.batch_size, "seed": args.seed}
    if args.data:
        train, val = kp.data.load_pascal_s(args.data, **options)
    else:
        train, val = kp.data.load_sample(condition=args.condition, **options)
    print(f"train on {train}\nvalidate on {val}")

    model = kp.Pix2Pix(
        kp.UNetGenerator(depth=args.depth, filters=args.filters),
        kp.PatchDiscriminator(receptive_field=args.receptive_field, filters=args.filters),
    )
    rate = kp.ConstantThenLinear(args.learning_rate, total_steps=args.epochs * len(train))
    model.compile(
        generator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5, epsilon=1e-8),
        discriminator_optimizer=keras.optimizers.Adam(rate, beta_1=0.5, epsilon=1e-8),
    )
    output = Path(args.output)
    output.mkdir(parents=True, exist_ok=True)
    backup = output / "backup"
    if backup.exists():
        print(f"going on from {backup}; remove it to start anew, or with other options")
    model.fit(
        train,
        validation_data=val,
        epochs=args.epochs,
        callbacks=[
            kp.callbacks.SampleGrid(val, output / "epochs"),
            kp.callbacks.GIFRecorder(output / "epochs", output / "training.gif"),
            keras.callbacks.CSVLogger(output / "losses.csv", append=backup.exists()),
            keras.callbacks.BackupAndRestore(backup),
        ],
    )

    model.save(output / "model.keras")
    held_out = [val[i] for i in range(len(val))]
    conditions, targets = (np.concatenate(side) for side in zip(*held_out))
    generated = model.predict(conditions, batch_size=args.batch_size, verbose=0)
    shown = slice(args.sheet)
    images = (side[shown] for side in (conditions, targets, generated))
    page = draw_pairs(model.formats, *images, per_row=4, title="held out")
    write_image(output / "held_out.png", page)

    print(f"a picture after every epoch   {output / 'epochs'}")
    print(f"the same as an animation      {output / 'training.gif'}")
    print(f"losses of every epoch         {output / 'losses.csv'}")
    print(f"held-out results              {output / 'held_out.png'}")
    print(f"the trained model             {output / 'model.keras'}")


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", help="folder of PASCAL-S; the embedded sample where it is not given")
    add("--condition", default="mask", choices=["mask", "outline"], help="of the embedded sample")
    add("--output", default="pascal_masks", help="folder for pictures and model")
    add("--epochs", type=int, default=8, help="passes over the training pairs")
    add("--image-size", type=int, default=64, help="height and width in pixels")
    add("--batch-size", type=int, default=1, help="pairs a training step")
    add("--depth", type=int, default=5, help="levels of the U-Net")
    add("--filters", type=int, default=24, help="channels of the first level")
    add("--receptive-field", type=int, default=34, help="pixels that each patch judges")
    add("--learning-rate", type=float, default=2e-4, help="of Adam; falls to 0 from halfway")
    add("--sheet", type=int, default=40, help="held-out pairs on the final sheet")
    add("--seed", type=int, default=0, help="of weights, order and augmentation")
    return parser.parse_args()


if __name__ == "__main__":
    main()
