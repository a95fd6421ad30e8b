"""Train, and log parameters, losses, pictures and the model to MLflow, with the callback of MLflow.

    pip install mlflow
    python examples/track_mlflow.py
    mlflow ui --backend-store-uri sqlite:///mlflow.db

No server is needed: runs are stored in mlflow.db and mlruns/.
"""

import argparse
from pathlib import Path

import mlflow

import keras_pix2pix as kp


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--steps", type=int, default=320, help="training steps of an epoch")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--image-size", type=int, default=64)
    args = parser.parse_args()

    train, val = kp.data.load_sample(condition="outline", image_size=args.image_size)
    model = kp.recipes.small(train, args.epochs, steps_per_epoch=args.steps)
    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.set_experiment("outline to picture")
    with mlflow.start_run() as run:
        mlflow.log_params(vars(args))
        model.fit(
            train,
            validation_data=val.subset(slice(8)),
            epochs=args.epochs,
            steps_per_epoch=args.steps,
            verbose=2,
            callbacks=[
                mlflow.keras.MlflowCallback(run),
                kp.callbacks.SampleGrid(val, "samples/"),
            ],
        )
        model.save("model.keras")
        for picture in sorted(Path("samples").glob("*.png")):
            mlflow.log_artifact(picture, "samples")
        mlflow.log_artifact("model.keras")
    logged = mlflow.get_run(run.info.run_id).data.metrics
    print(f"MLflow has {len(logged)} metrics, such as {sorted(logged)[0]}")


if __name__ == "__main__":
    main()
