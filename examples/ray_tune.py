"""Compare learning rates and recipes with Ray Tune, by the perceptual distance.

Install Ray first:

    pip install "ray[tune]"
    KERAS_BACKEND=torch python examples/ray_tune.py

Ray runs as many trainings at a time as there are processors, or GPUs with `--gpu`: of this
machine, or of a cluster that it is started on.
"""

import argparse
import os

import ray.tune

parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
parser.add_argument("--steps", type=int, default=320, help="training steps of a trial")
parser.add_argument("--image-size", type=int, default=64)
parser.add_argument("--gpu", action="store_true", help="give each trial a GPU")
parser.add_argument("--storage", default=os.path.abspath("ray_runs"), help="folder or bucket")
args = parser.parse_args()


def train_and_judge(config: dict) -> dict:
    """Train a model, and return the distance of its pictures of held-out pairs."""
    # Here, since each trial is a process of its own.
    import keras

    import keras_pix2pix as kp

    keras.utils.set_random_seed(0)
    train, val = kp.data.load_sample(condition="outline", image_size=config["image_size"])
    recipe = getattr(kp.recipes, config["recipe"])
    options = {"steps_per_epoch": config["steps"], "metrics": [kp.metrics.FeatureDistances()]}
    model = recipe(train, epochs=1, **options)
    model.optimizer.learning_rate = config["rate"]
    model.fit(train, steps_per_epoch=config["steps"], verbose=0)
    logs = model.evaluate(val.subset(slice(8)), verbose=0, return_dict=True)
    return {"distance": logs["efficientnet_lite0_perceptual"]}


tuner = ray.tune.Tuner(
    ray.tune.with_resources(train_and_judge, {"gpu": 1} if args.gpu else {"cpu": 1}),
    param_space={
        "rate": ray.tune.grid_search([2e-4, 1e-3]),
        "recipe": ray.tune.grid_search(["paper", "small"]),
        "steps": args.steps,
        "image_size": args.image_size,
    },
    tune_config=ray.tune.TuneConfig(metric="distance", mode="min"),
    run_config=ray.tune.RunConfig(storage_path=args.storage),
)
results = tuner.fit()
for result in sorted(results, key=lambda result: result.metrics["distance"]):
    config = result.metrics["config"]
    print(f"{result.metrics['distance']:.3f}  {config['recipe']}, learning rate {config['rate']}")
