"""Search learning rate, L1 weight and filters with Optuna, by the perceptual distance.

Install Optuna first:

    pip install optuna
    python examples/tune.py --trials 20

Each trial trains a new model. The best values are printed at the end.
"""

import argparse

import keras
import optuna

import keras_pix2pix as kp

parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
parser.add_argument("--trials", type=int, default=2)
parser.add_argument("--steps", type=int, default=320, help="training steps of a trial")
parser.add_argument("--image-size", type=int, default=64)
args = parser.parse_args()
train, val = kp.data.load_sample(condition="outline", image_size=args.image_size)
val = val.subset(slice(8))


def train_and_judge(trial: optuna.Trial) -> float:
    keras.utils.set_random_seed(0)
    filters = trial.suggest_categorical("filters", [16, 32])
    model = kp.recipes.sharp(train, epochs=1, steps_per_epoch=args.steps, filters=filters)
    model.compile(
        keras.optimizers.Adam(trial.suggest_float("rate", 2e-4, 2e-3, log=True), beta_1=0.5),
        adversarial_loss="hinge",
        reconstruction_weight=trial.suggest_float("l1", 3.0, 30.0, log=True),
        generator_terms=[kp.losses.Perceptual(5.0)],
        metrics=[kp.metrics.FeatureDistances()],
    )
    model.fit(train, steps_per_epoch=args.steps, verbose=0)
    return model.evaluate(val, verbose=0, return_dict=True)["efficientnet_lite0_perceptual"]


study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
study.optimize(train_and_judge, n_trials=args.trials)
print(f"best distance {study.best_value:.3f} with {study.best_params}")
