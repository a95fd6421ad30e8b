"""Train on several machines with Ray Train, one model in all workers.

Install Ray first:

    pip install "ray[train]"
    KERAS_BACKEND=torch python examples/ray_train.py --workers 2

It is the same on a laptop and on a cluster: there, give `--storage` a folder that all machines
see, and `--gpu` to give each worker a GPU. Each epoch reports its losses, and the first worker's
backup as Ray's checkpoint. If a worker is lost, Ray starts all of them again, from the last
checkpoint that it has received, perhaps on other machines.
"""

import argparse
import os
import tempfile

import keras
import ray.train
import ray.train.torch
import torch

import keras_pix2pix as kp

parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
parser.add_argument("--workers", type=int, default=2)
parser.add_argument("--gpu", action="store_true", help="give each worker a GPU")
parser.add_argument("--storage", default=os.path.abspath("ray_runs"), help="folder or bucket")
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--steps", type=int, default=320, help="training steps of an epoch")
parser.add_argument("--image-size", type=int, default=64)
parser.add_argument("--lose-a-worker", action="store_true", help="once, in the third epoch")


class ReportToRay(keras.callbacks.Callback):
    """Reports the losses of each epoch, and the backup in a folder as the checkpoint."""

    # Ray waits until all workers have reported.
    every_process = True

    def __init__(self, backup: str) -> None:
        super().__init__()
        self.backup = backup

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        numbers = {name: float(value) for name, value in (logs or {}).items()}
        first = ray.train.get_context().get_world_rank() == 0
        checkpoint = ray.train.Checkpoint.from_directory(self.backup) if first else None
        ray.train.report(numbers | {"epoch": epoch + 1}, checkpoint=checkpoint)


class LoseAWorker(keras.callbacks.Callback):
    """Ends the last worker in the third epoch, unless it goes on from a checkpoint.

    Ray has the checkpoint of the first epoch then, since a report waits for the one before.
    """

    every_process = True

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        context = ray.train.get_context()
        last = context.get_world_rank() == context.get_world_size() - 1
        if epoch == 2 and last and ray.train.get_checkpoint() is None:
            os._exit(1)


def train(config: dict) -> None:
    """Run in each worker. Ray has joined the workers already."""
    if torch.cuda.is_available():
        torch.cuda.set_device(ray.train.torch.get_device())
    keras.utils.set_random_seed(0)
    pairs, val = kp.data.load_sample(
        condition="outline", image_size=config["image_size"], batch_size=config["workers"]
    )
    steps = config["steps"]
    model = kp.recipes.small(pairs, epochs=config["epochs"], steps_per_epoch=steps)
    with tempfile.TemporaryDirectory() as backup:
        if (checkpoint := ray.train.get_checkpoint()) is not None:
            checkpoint.to_directory(backup)
        callbacks = [
            keras.callbacks.BackupAndRestore(backup, delete_checkpoint=False),
            ReportToRay(backup),
        ]
        if config["lose_a_worker"]:
            callbacks.append(LoseAWorker())
        model.fit(
            pairs,
            validation_data=val.subset(slice(8)),
            epochs=config["epochs"],
            steps_per_epoch=steps,
            callbacks=callbacks,
            verbose=0,
        )


if __name__ == "__main__":
    args = parser.parse_args()
    trainer = ray.train.torch.TorchTrainer(
        train,
        train_loop_config=vars(args),
        scaling_config=ray.train.ScalingConfig(num_workers=args.workers, use_gpu=args.gpu),
        run_config=ray.train.RunConfig(
            storage_path=args.storage,
            failure_config=ray.train.FailureConfig(max_failures=3),
            # The workers' Keras runs on PyTorch, whatever the machine is set to.
            worker_runtime_env={"env_vars": {"KERAS_BACKEND": "torch"}},
        ),
    )
    result = trainer.fit()
    print({name: round(value, 3) for name, value in result.metrics.items() if "loss" in name})
    print(f"{result.metrics['epoch']} epochs; the last backup is in {result.checkpoint.path}")
