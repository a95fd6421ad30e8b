"""Metrics inside fit and evaluate; those of a whole set are for held-out pairs alone."""

import keras
import numpy as np
import pytest
from checks import pictures, skimage_ssim

import keras_pix2pix as kp

DISTANCES = [f"efficientnet_lite0_{name}" for name in ("perceptual", "frechet", "kernel")]


@keras.saving.register_keras_serializable(package="tests")
class OneScore(kp.metrics.LabelScores):
    """Label scores under a name of its own."""

    def result(self):
        return {"accuracy": super().result()["pixel_accuracy"]}


@pytest.fixture(scope="module")
def validated(tiny, tmp_path_factory):
    """A model that was trained for two epochs with metrics of all kinds, and what was kept."""
    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("best")
    conditions, _ = pictures(16, 16, count=4)
    # Label maps of three classes, which LabelScores compares.
    targets = (2.0 * np.eye(3)[conditions.argmax(-1)] - 1).astype("float32")
    pairs = conditions, targets
    model = tiny()
    model.compile(
        metrics=["mae", kp.metrics.SSIM(), kp.metrics.FeatureDistances(), OneScore(3)],
    )
    keep = [
        keras.callbacks.ModelCheckpoint(
            folder / f"{mode}.keras", "val_ssim", mode=mode, save_best_only=True
        )
        for mode in ("min", "max")
    ]
    history = model.fit(
        *pairs, batch_size=2, epochs=2, validation_data=pairs, callbacks=keep, verbose=0
    )
    return model, pairs, history.history, folder


def test_validation_reports_metrics_of_the_deterministic_output(validated):
    model, (conditions, targets), history, _ = validated
    generated = model.predict(conditions, verbose=0)
    logs = model.evaluate(conditions, targets, batch_size=3, return_dict=True, verbose=0)
    assert logs["mae"] == pytest.approx(np.abs(generated - targets).mean(), rel=1e-4)
    assert logs["ssim"] == pytest.approx(skimage_ssim(targets, generated), abs=1e-4)
    correct = targets.argmax(-1) == generated.argmax(-1)
    assert logs["accuracy"] == pytest.approx(correct.mean())
    metric = kp.metrics.FeatureDistances()
    metric.update_state(conditions, targets, generated)
    distances = metric.result()
    assert {name: logs[name] for name in DISTANCES} == pytest.approx(distances, rel=1e-2, abs=1e-3)
    # What the last epoch said is what the model that came out of it says.
    for name, value in logs.items():
        assert history[f"val_{name}"][-1] == pytest.approx(value, rel=1e-3, abs=1e-3), name


def test_metrics_of_a_set_are_not_measured_while_training(validated):
    _, _, history, _ = validated
    assert {"loss", "mae", "ssim"} <= set(history)
    assert not {*DISTANCES, "accuracy"} & set(history)
    assert {*(f"val_{name}" for name in DISTANCES), "val_accuracy"} <= set(history)


def test_the_best_model_is_kept_and_comes_back_with_its_metrics(validated):
    model, pairs, history, folder = validated
    # Of two epochs the first is the best or the worst: what is kept is not merely the last.
    mode = "max" if history["val_ssim"][0] > history["val_ssim"][1] else "min"
    kept = keras.saving.load_model(folder / f"{mode}.keras")
    logs = kept.evaluate(*pairs, return_dict=True, verbose=0)
    assert logs["ssim"] == pytest.approx(history["val_ssim"][0], abs=1e-4)
    assert {f"val_{name}" for name in logs} == {name for name in history if name[:4] == "val_"}
    assert len(model.evaluate(*pairs, verbose=0)) == len(logs)


class MeanColor(kp.metrics.SetMetric):
    """What the docstring of SetMetric shows."""

    def __init__(self, name="mean_color"):
        super().__init__(name=name)
        self.total = self.add_variable((), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, condition, target, generated):
        self.total.assign_add(keras.ops.sum(keras.ops.mean(generated, axis=(1, 2, 3))))
        self.count.assign_add(keras.ops.cast(keras.ops.shape(generated)[0], self.count.dtype))

    def result(self):
        return {self.name: float(self.total) / float(self.count)}


def test_a_metric_of_a_user_s_own(tiny, pairs):
    model = tiny()
    model.compile(metrics=[MeanColor()])
    logs = model.evaluate(*pairs, batch_size=3, return_dict=True, verbose=0)
    assert logs["mean_color"] == pytest.approx(model.predict(pairs[0], verbose=0).mean(), rel=1e-4)


def test_compiling_again_replaces_the_metrics(tiny, pairs):
    model = tiny()
    model.compile(metrics=[kp.metrics.LabelScores(3), kp.metrics.PSNR()])
    model.compile(metrics="mae", run_eagerly=True)
    names = set(model.evaluate(*pairs, return_dict=True, verbose=0))
    assert names == {
        "loss",
        "generator_loss",
        "reconstruction_loss",
        "discriminator_loss",
        "mae",
    }
