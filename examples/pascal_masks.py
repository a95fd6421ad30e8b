"""Learn to generate pictures from outlines, or photos from masks.

Without arguments, this example trains on the sample in the package, for three minutes on two CPU
cores. With `--data DIR` it trains on PASCAL-S, where DIR has the folders datasets/imgs/pascal/ and
datasets/masks/pascal/. Run it again after an interruption to resume after the last complete epoch.

    python examples/pascal_masks.py
    python examples/pascal_masks.py --data salObj --recipe sharp --image-size 256 --epochs 50
"""

import argparse
from pathlib import Path

import keras
import numpy as np

import keras_pix2pix as kp
from keras_pix2pix.data.files.writing import write_image
from keras_pix2pix.data.loading.drawing import draw_pairs


def main() -> None:
    args = parse_arguments()
    keras.utils.set_random_seed(args.seed)
    options = {"image_size": args.image_size, "batch_size": args.batch_size, "seed": args.seed}
    if args.data:
        train, val = kp.data.load_pascal_s(args.data, **options)
    else:
        train, val = kp.data.load_sample(condition=args.condition, **options)
    print(f"train on {train}\nvalidate on {val}")

    recipe = getattr(kp.recipes, args.recipe)
    model = recipe(train, args.epochs)
    output = Path(args.output)
    output.mkdir(parents=True, exist_ok=True)
    backup = output / "backup"
    if backup.exists():
        print(f"resuming from {backup}; remove it to start a new training")
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

    print(f"pictures after every epoch    {output / 'epochs'}")
    print(f"their animation               {output / 'training.gif'}")
    print(f"losses of every epoch         {output / 'losses.csv'}")
    print(f"held-out results              {output / 'held_out.png'}")
    print(f"the trained model             {output / 'model.keras'}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--data", metavar="DIR", help="folder of PASCAL-S; without it, the sample in the package")
    add(
        "--condition",
        default="outline",
        choices=["outline", "mask"],
        help="condition of the sample",
    )
    add("--output", default="pascal_masks", help="folder for all results")
    add(
        "--recipe",
        default="small",
        choices=["small", "sharp", "paper"],
        help="of keras_pix2pix.recipes",
    )
    add("--epochs", type=int, default=4, help="passes over the training pairs")
    add("--image-size", type=int, default=128, help="height and width of the images in pixels")
    add("--batch-size", type=int, default=1, help="pairs in a training step")
    add("--sheet", type=int, default=40, help="held-out pairs in held_out.png")
    add("--seed", type=int, default=0, help="seed of weights, order and augmentation")
    return parser.parse_args()


if __name__ == "__main__":
    main()
