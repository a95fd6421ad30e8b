"""The pictures of docs/symptoms.md: small trainings that go wrong on purpose, in a few minutes.

KERAS_BACKEND=tensorflow python docs/symptoms.py
"""

from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np

import keras_pix2pix as kp

IMAGES = Path(__file__).parent / "images" / "symptoms"
SHOWN = (8, 13, 35, 31, 16, 2)
STEPS, LONG = 1200, 3200


def main():
    IMAGES.mkdir(parents=True, exist_ok=True)
    train, val = kp.data.load_sample(condition="outline", image_size=64)
    conditions, targets = stacked(val, SHOWN)
    early, _ = trained(train, steps=100)
    model, history = trained(train, steps=LONG)
    pictures = model.predict(conditions, verbose=0)
    given = {"condition": conditions, "target": targets}

    grey(train, given, pictures)
    discriminator_at_0(train, history)
    first = early.predict(conditions, verbose=0)
    draw(
        "checkerboard",
        {"100 steps": zoomed(first), f"{LONG} steps": zoomed(pictures), "target": zoomed(targets)},
    )
    blobs(given, pictures)
    overfitted(train, given)
    colors(train, given, pictures)
    batch(train, conditions)


def trained(train, y=None, steps=STEPS, rates=(5e-4, 5e-4), **generator):
    """A model trained on a dataset, or on arrays, and what `fit` reported."""
    keras.utils.set_random_seed(0)
    options = {"depth": 5, "filters": 16, "dropout": 0.0, **generator}
    normalization = options.get("normalization", "instance")
    model = kp.Pix2Pix(
        kp.UNetGenerator(**options),
        kp.PatchDiscriminator(receptive_field=34, filters=16, normalization=normalization),
    )
    schedules = (kp.ConstantThenLinear(rate, total_steps=steps) for rate in rates)
    model.compile(*(keras.optimizers.Adam(rate, beta_1=0.5, epsilon=1e-8) for rate in schedules))
    length = {"steps_per_epoch": 50, "epochs": steps // 50}
    if y is not None:
        length = {"batch_size": 1, "epochs": steps // len(train)}
    return model, model.fit(train, y, verbose=0, **length).history


def grey(train, given, pictures):
    """Pairs that do not belong together: each condition with the target of another."""
    conditions, targets = stacked(train.subset(slice(None), augment=False, shuffle=False))
    model, _ = trained(conditions, np.roll(targets, 7, axis=0), steps=640)
    mixed = model.predict(given["condition"], verbose=0)
    draw("grey", {**given, "pairs mixed up": mixed, "the same pairs, right": pictures})


def discriminator_at_0(train, healthy):
    """A discriminator that learns a hundred times as fast as the generator."""
    _, won = trained(train, steps=LONG, rates=(2e-5, 2e-3))
    figure, axes = plt.subplots(1, 2, figsize=(8, 2.8), layout="constrained")
    for history, label in ((healthy, "equal rates"), (won, "its rate x 100")):
        steps = np.linspace(0, LONG, len(history["loss"]) + 1)[1:]
        for axis, name in zip(axes, ("discriminator_loss", "generator_loss")):
            axis.plot(steps, history[name], label=label)
            axis.set_title(name, fontsize=10)
            axis.set_xlabel("step")
    axes[0].axhline(np.log(2), color="gray", linestyle=":", label="0.69: guessing")
    axes[0].legend(loc="upper right", fontsize=8)
    for axis in axes:
        axis.set_ylim(0)
    save(figure, "discriminator")


def blobs(given, pictures):
    masks_train, masks_val = kp.data.load_sample(image_size=64)
    model, _ = trained(masks_train, steps=LONG)
    masks, _ = stacked(masks_val, SHOWN)
    draw(
        "blobs",
        {
            "mask": masks,
            "from the mask": model.predict(masks, verbose=0),
            "outline": given["condition"],
            "from the outline": pictures,
            "target": given["target"],
        },
    )


def overfitted(train, given):
    few = train.subset(slice(0, 48, 8), augment=False, shuffle=True)
    model, _ = trained(few)
    seen, answers = stacked(few.subset(slice(None), shuffle=False))
    draw(
        "overfitted",
        {
            "trained on": answers,
            "generated": model.predict(seen, verbose=0),
            "held out": given["target"],
            "generated ": model.predict(given["condition"], verbose=0),
        },
    )


def colors(train, given, pictures):
    conditions, targets = stacked(train.subset(slice(None), augment=False, shuffle=False))
    model, _ = trained(conditions, (targets + 1) / 2, steps=640)
    pale = model.predict(given["condition"], verbose=0)
    draw(
        "colors",
        {
            "target": given["target"],
            "RGB as BGR": pictures[..., ::-1],
            "trained on [0, 1]": pale,
            "right": pictures,
        },
    )


def batch(train, conditions):
    """The same picture alone, and in batches with others, in the mode of training."""
    model, _ = trained(train, normalization="batch")
    # First what is stored: batch norm in training mode changes it.
    stored = model.predict(conditions, verbose=0)
    rows = {"condition": conditions}
    rows["alone"] = np.concatenate([model.generator(c[None], training=True) for c in conditions])
    rows["in a batch of 6"] = np.asarray(model.generator(conditions, training=True))
    rows["stored statistics"] = stored
    draw("batch", rows)


def stacked(data, numbers=None):
    numbers = range(len(data)) if numbers is None else numbers
    return tuple(np.concatenate(side) for side in zip(*(data[i] for i in numbers)))


def zoomed(images):
    """A quarter of each picture, so that its pixels are seen."""
    return images[:, 20:44, 20:44]


def draw(name, rows):
    figure, axes = plt.subplots(
        len(rows), len(SHOWN), figsize=(7.2, 1.2 * len(rows)), layout="constrained"
    )
    for line, (title, images) in zip(axes, rows.items()):
        for axis, image in zip(line, images):
            axis.imshow(np.clip((image + 1) / 2, 0, 1), interpolation="nearest")
            axis.set_xticks([])
            axis.set_yticks([])
        line[0].set_ylabel(title.strip(), fontsize=8)
    save(figure, name)


def save(figure, name):
    figure.savefig(IMAGES / f"{name}.webp", dpi=90, pil_kwargs={"quality": 85})
    plt.close(figure)
    print(IMAGES / f"{name}.webp", flush=True)


if __name__ == "__main__":
    main()
