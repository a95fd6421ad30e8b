"""Train the five-level model for some minutes on real pairs, and score held-out pairs meanwhile.

    python benchmarks/experiments.py pascal --data ../shared/data/pascal_s_layout
    python benchmarks/experiments.py emoji --data ../shared/data/fluent_emoji_128

`pascal` is PASCAL-S (mask -> photo, the last tenth held out), `emoji` a folder with `outline` and
`render` in `train` and `val`. Both run at 128 pixels with the paper's losses, optimizers and
jitter. The clock stands while pairs are scored. The learning rate falls linearly to 0 in the second
half of the time. Beside the model, two baselines that need no training: the mean of the training
targets, and the target of the training pair whose condition is nearest.

In the folder of results: scores.json and scores.md, curves.json and curves.png, and at every look
the model and a sheet of held-out pairs.
"""

import argparse
import json
import time
from pathlib import Path

import keras
import numpy as np

import keras_pix2pix as kp
from keras_pix2pix.data.files.writing import atomic_path, write_image
from keras_pix2pix.data.loading.drawing import draw_pairs

SIZE = 128
RATE = 2e-4


def main():
    args = parse_arguments()
    output = Path(args.output or f"experiments/{args.set}")
    output.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(args.seed)
    train, val = load(args)
    print(f"train on {train}\nvalidate on {val}")

    scores = baselines(train, val)
    write_json(output / "scores.json", scores)
    channels = train[0][0].shape[-1]
    model = kp.Pix2Pix(kp.UNetGenerator((None, None, channels), depth=5))
    model.compile(metrics=metrics())
    clock = Clock(args.minutes, args.every, val, output, scores)
    # An epoch is only how often the losses are written down.
    model.fit(
        train,
        epochs=1_000_000,
        steps_per_epoch=args.steps,
        verbose=2,
        callbacks=[kp.callbacks.GANHealth(), clock],
    )
    clock.score("four samples", samples=4)
    (output / "scores.md").write_text(table(scores))
    draw_curves(output / "curves.png", clock.curves)
    print(table(scores))


def load(args):
    options = {"image_size": SIZE, "seed": args.seed}
    if args.set == "pascal":
        return kp.data.load_pascal_s(args.data, **options)
    formats = (kp.data.Picture(1), kp.data.Picture(3))
    folders = [[Path(args.data) / part / side for side in ("outline", "render")] for part in PARTS]
    return tuple(
        kp.data.PairDataset.from_folders(*sides, formats=formats, augment=augment, **options)
        for sides, augment in zip(folders, (True, False))
    )


PARTS = ("train", "val")


def metrics():
    return [
        keras.metrics.MeanAbsoluteError(name="l1"),
        kp.metrics.PSNR(),
        kp.metrics.SSIM(),
        kp.metrics.MultiScaleSSIM(scales=4),
        kp.metrics.FeatureDistances(),
    ]


def baselines(train, val):
    """What two guesses score that need no training."""
    known = stacked(train.subset(slice(None), augment=False, shuffle=False))
    conditions, targets = stacked(val)
    mean = known[1].mean(axis=0, keepdims=True).repeat(len(targets), axis=0)
    nearest = [np.square(known[0] - condition).sum((1, 2, 3)).argmin() for condition in conditions]
    guesses = {"mean training image": mean, "nearest training pair": known[1][nearest]}
    return {name: scored(conditions, targets, guess) for name, guess in guesses.items()}


def stacked(data):
    return tuple(np.concatenate(side) for side in zip(*(data[i] for i in range(len(data)))))


def scored(conditions, targets, guesses):
    results = {}
    for metric in metrics():
        of_set = isinstance(metric, kp.metrics.SetMetric)
        for first in range(0, len(targets), 16):
            batch = [side[first : first + 16] for side in (conditions, targets, guesses)]
            metric.update_state(*batch if of_set else batch[1:])
        values = metric.result() if of_set else {metric.name: float(metric.result())}
        results |= values
    return results


class Clock(keras.callbacks.Callback):
    """Looks at the model every few minutes of training, and stops it in the end."""

    def __init__(self, minutes, every, val, output, scores):
        super().__init__()
        self.looks = [every * (i + 1) for i in range(round(minutes / every))]
        self.minutes, self.val, self.output, self.scores = minutes, val, output, scores
        shown = np.linspace(0, len(val) - 1, 16).astype(int)
        self.shown = tuple(np.concatenate(side) for side in zip(*(val[i] for i in shown)))
        self.curves = []

    def on_train_begin(self, logs=None):
        self.begun = time.monotonic()

    def spent(self):
        return (time.monotonic() - self.begun) / 60

    def on_train_batch_end(self, batch, logs=None):
        rate = RATE * min(1.0, 2.0 * max(0.0, 1.0 - self.spent() / self.minutes))
        for optimizer in self.model.optimizer.optimizers:
            optimizer.learning_rate = rate

    def on_epoch_end(self, epoch, logs=None):
        spent = self.spent()
        self.curves.append({"minutes": spent, **logs})
        write_json(self.output / "curves.json", self.curves)
        if spent >= self.looks[0]:
            self.score(f"{self.looks.pop(0):g} minutes")
            self.model.stop_training = not self.looks
        # What this took does not count.
        self.begun = time.monotonic() - 60 * spent

    def score(self, name, **options):
        steps = int(keras.ops.convert_to_numpy(self.model.optimizer.iterations))
        values = self.model.evaluate(self.val, verbose=0, return_dict=True, **options)
        self.scores[name] = {"steps": steps, **values}
        write_json(self.output / "scores.json", self.scores)
        if not options:
            conditions, targets = self.shown
            generated = self.model.predict(conditions, batch_size=1, verbose=0)
            page = draw_pairs(
                self.model.formats, conditions, targets, generated, per_row=4, title=name
            )
            stem = name.replace(" ", "_")
            write_image(self.output / f"{stem}.png", page)
            self.model.save(self.output / f"{stem}.keras")


def write_json(path, values):
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(values, indent=1))


def table(scores):
    """The scores as Markdown, a row for what was scored."""
    columns = list(
        dict.fromkeys(key for row in scores.values() for key in row if "loss" not in key)
    )
    lines = [["", *columns], ["---"] * (len(columns) + 1)]
    for name, row in scores.items():
        lines.append([name, *(f"{row[key]:.4g}" if key in row else "" for key in columns)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def draw_curves(path, curves):
    """What training reported, over minutes."""
    from matplotlib.figure import Figure

    shown = (
        (("generator_loss", "discriminator_loss"), "center right"),
        (("reconstruction_loss",), "upper right"),
        (("real_accuracy", "fake_accuracy"), "lower right"),
        (("contrast",), "lower right"),
    )
    figure = Figure(figsize=(12, 2.6), layout="constrained")
    for ax, (names, place) in zip(figure.subplots(1, len(shown)), shown):
        for name in names:
            points = [(row["minutes"], row[name]) for row in curves]
            ax.plot(*zip(*points), label=name.replace("_", " "))
        ax.set_xlabel("minutes")
        ax.grid(alpha=0.3)
        ax.legend(loc=place, fontsize=8)
    figure.savefig(path, dpi=80)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("set", choices=["pascal", "emoji"], help="which pairs")
    add("--data", required=True, help="their folder")
    add("--output", help="folder for the results; experiments/SET where it is not given")
    add("--minutes", type=float, default=20, help="of training; 20 where it is not given")
    add("--every", type=float, default=5, help="minutes between looks; 5 where it is not given")
    add("--steps", type=int, default=100, help="from one row of losses to the next")
    add("--seed", type=int, default=0, help="of weights, order and augmentation")
    return parser.parse_args()


if __name__ == "__main__":
    main()
