"""A training in a folder: stopped, resumed, finished, and never replaced by accident."""

import csv
import errno
import json
import os
import shutil
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.callbacks.report.history import history_of_page
from keras_pix2pix_cli.__main__ import main
from keras_pix2pix_cli.inputs import model_file
from keras_pix2pix_cli.training import training_folder

OPTIONS = [
    "--image-size=16x16",
    "--depth=2",
    "--filters=4",
    "--receptive-field=16",
    "--batch-size=2",
    "--steps-per-epoch=3",
    "--epochs=3",
    "--learning-rate=0.002",
    "--held-out=0.4",
]
SETTINGS = {"epochs": 3, "batch_size": 2, "dropout": None, "cache": True, "image_size": [16, 8]}


def files(output):
    return {str(path.relative_to(output)) for path in output.rglob("*")}


def test_a_training_is_resumed_with_its_own_settings_only(tmp_path):
    training_folder.prepare(tmp_path, SETTINGS)
    training_folder.prepare(tmp_path, SETTINGS)
    other = {"epochs": 3, "batch_size": 1, "dropout": 0.2, "cache": False, "image_size": 16}
    told = "--batch-size 2, no --dropout, --cache, --image-size 16x8. Use"
    with pytest.raises(ValueError, match=told):
        training_folder.prepare(tmp_path, other)
    assert json.loads((tmp_path / "settings.json").read_text()) == SETTINGS
    # An option that a version before did not know.
    with pytest.raises(ValueError, match="started with no --new"):
        training_folder.prepare(tmp_path, {**SETTINGS, "new": 1})
    # A setting that no option turns on.
    training_folder.prepare(tmp_path / "other", {"cache": False})
    with pytest.raises(ValueError, match="started with no --cache"):
        training_folder.prepare(tmp_path / "other", {"cache": True})


def test_a_finished_training_is_refused_and_replaced_only_when_it_is_said(tmp_path):
    training_folder.prepare(tmp_path, SETTINGS)
    (tmp_path / "settings.json").write_text(json.dumps({**SETTINGS, "finished": True}))
    with pytest.raises(ValueError, match="holds a finished training"):
        training_folder.prepare(tmp_path, SETTINGS)
    training_folder.prepare(tmp_path, {"epochs": 1}, overwrite=True)
    assert json.loads((tmp_path / "settings.json").read_text()) == {"epochs": 1}


LOCK = """
import fcntl, os, sys, time

fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(600)
"""


def test_two_processes_do_not_train_in_one_folder(small_folder, tmp_path, capsys):
    """The lock is gone with its process, also one that was killed."""
    folder = tmp_path / "out"
    folder.mkdir()
    command = [sys.executable, "-c", LOCK, folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"locked\n"
        assert main(["train", "--data", str(small_folder), "--output", str(folder), *OPTIONS]) == 1
        assert f"Another process trains in {folder}" in capsys.readouterr().err
        assert not files(folder)
        process.kill()
    with training_folder.locked(tmp_path / "new"):
        training_folder.prepare(tmp_path / "new", SETTINGS)
    assert files(tmp_path / "new") == {"settings.json"}


def test_a_file_system_without_locks_trains_all_the_same(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl", reason="Windows has no such lock")

    def refuse(*args):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with training_folder.locked(tmp_path / "new"):
        assert (tmp_path / "new").is_dir()


def test_a_training_of_before_some_options_existed_goes_on(tmp_path):
    new = {"monitor": "ssim", "schedule": "linear", "from": None, "freeze_encoder": False}
    training_folder.prepare(tmp_path / "out", SETTINGS)
    assert training_folder.prepare(tmp_path / "out", {**SETTINGS, **new, "version": 1}) == 0
    training_folder.prepare(tmp_path / "old", SETTINGS)
    with pytest.raises(ValueError, match=r"started with --schedule linear\. Use"):
        training_folder.prepare(tmp_path / "old", {**SETTINGS, "schedule": "constant"})


def test_a_finished_training_goes_on_with_more_epochs_and_nothing_else_changed(tmp_path):
    training_folder.prepare(tmp_path, SETTINGS)
    (tmp_path / "settings.json").write_text(json.dumps({**SETTINGS, "finished": True}))
    more = {**SETTINGS, "epochs": 5}
    with pytest.raises(ValueError, match=r"--epochs 3. Train on with more --epochs"):
        training_folder.prepare(tmp_path, {**SETTINGS, "epochs": 2})
    with pytest.raises(ValueError, match="was started with --batch-size 2"):
        training_folder.prepare(tmp_path, {**more, "batch_size": 1})
    with pytest.raises(ValueError, match=r"was started with --batch-size 2\. Use"):
        training_folder.prepare(tmp_path, {**more, "batch_size": 1, "schedule": "constant"})
    # Also where it was stopped meanwhile.
    assert [training_folder.prepare(tmp_path, more) for _ in range(2)] == [3, 3]


def test_a_folder_of_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("all of it")
    for overwrite in (False, True):
        with pytest.raises(ValueError, match="holds other files"):
            training_folder.prepare(tmp_path, {}, overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_empty_folder_is_used(tmp_path):
    training_folder.prepare(tmp_path, SETTINGS)
    assert json.loads((tmp_path / "settings.json").read_text()) == SETTINGS


def test_overwriting_removes_what_a_training_has_written_and_nothing_else(tmp_path):
    output = tmp_path / "out"
    training_folder.prepare(output, {"epochs": 1})
    for name in training_folder.FILES:
        if "." in name:
            (output / name).write_text("old")
        else:
            (output / name).mkdir()
            (output / name / "old").write_text("old")
    (output / "notes.txt").write_text("mine")
    training_folder.prepare(output, {"epochs": 2}, overwrite=True)
    assert files(output) == {"settings.json", "notes.txt"}


class Interrupt(kp.callbacks.GANHealth):
    """Stands for a user who presses Ctrl-C in a step of the second epoch."""

    number = signal.SIGINT

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        if (self.epoch, batch) == (1, 1):
            os.kill(os.getpid(), self.number)


@pytest.fixture(scope="module")
def train(small_folder):
    """A function that trains on a few pairs."""

    def train(output, *more):
        return main(["train", f"--data={small_folder}", f"--output={output}", *OPTIONS, *more])

    return train


@pytest.fixture(scope="module")
def interrupted(train):
    """A function that starts a training which is interrupted."""

    def interrupted(output, number=signal.SIGINT, epochs=3):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Interrupt, "number", number)
            patch.setattr(training_folder, "GANHealth", Interrupt)
            return train(output, f"--epochs={epochs}")

    return interrupted


@pytest.fixture
def no_report(monkeypatch):
    """Leave the report out, which takes most of the time of a tiny training."""
    monkeypatch.setattr(training_folder, "HTMLReport", lambda *_, **__: keras.callbacks.Callback())


@pytest.fixture(scope="module")
def finished(train, tmp_path_factory):
    output = tmp_path_factory.mktemp("finished") / "new"
    assert train(output) == 0
    return output


def rows(output):
    with open(output / "losses.csv", newline="") as file:
        return list(csv.DictReader(file))


def rates(optimizer):
    return [float(inner.learning_rate) for inner in (optimizer.generator, optimizer.discriminator)]


def test_a_finished_training_leaves_all_that_it_promises(finished):
    wanted = {"settings.json", *training_folder.FILES} - {"backup"}
    assert {path.name for path in finished.iterdir()} == wanted
    assert len(list((finished / "samples").iterdir())) == 3
    similarities = [float(row["val_ssim"]) for row in rows(finished)]
    assert len(similarities) == 3
    best = keras.saving.load_model(finished / "best.keras")
    assert int(best.optimizer.iterations) == 3 * (1 + int(np.argmax(similarities)))
    last = keras.saving.load_model(finished / "model.keras")
    assert int(last.optimizer.iterations) == 9
    # The rate reaches 0 after the last step.
    assert rates(last.optimizer) == [0, 0]
    assert json.loads((finished / "settings.json").read_text())["finished"] is True


def test_the_warnings_of_gan_health_are_measured(finished):
    assert {"real_accuracy", "contrast"} <= set(rows(finished)[0])


def test_the_numbers_of_the_last_epoch_are_the_result(train, no_report, tmp_path, capsys):
    assert train(tmp_path / "out", "--epochs=2", "--json") == 0
    numbers = json.loads(capsys.readouterr().out)
    assert set(numbers.pop("files")) == set(training_folder.FILES) - {"backup", "report.html"}
    epochs = [{name: float(value) for name, value in row.items()} for row in rows(tmp_path / "out")]
    best = max(epochs, key=lambda row: row["val_ssim"])
    expected = {"best_epoch": best["epoch"] + 1, "best_val_ssim": best["val_ssim"], **epochs[-1]}
    assert numbers == {name: value for name, value in expected.items() if name != "epoch"}


def test_a_finished_training_goes_on(train, finished, no_report, tmp_path, capsys):
    """With the weights and the optimizers of before, and the schedule of all epochs."""
    output = shutil.copytree(finished, tmp_path / "copy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StopAtOnce, "before", model_file.load(output / "model.keras").get_weights())
        patch.setattr(training_folder, "GANHealth", StopAtOnce)
        assert train(output, "--epochs=5") == 128 + signal.SIGINT
    assert train(output, "--epochs=5") == 0
    told = "go on after 3 of 5 epochs: the learning rate falls to 0 at the end (--schedule constant"
    assert told in capsys.readouterr().out
    assert rows(output)[:3] == rows(finished)
    assert [row["epoch"] for row in rows(output)] == ["0", "1", "2", "3", "4"]
    last = keras.saving.load_model(output / "model.keras")
    assert int(last.optimizer.iterations) == 15
    assert rates(last.optimizer) == [0, 0]
    assert train(output, "--epochs=5") == 1


def test_a_finished_training_goes_on_with_the_networks_that_it_has(tmp_path, pairs):
    """Also where the recipe takes others for more steps."""

    def model(filters):
        made = kp.Pix2Pix(
            kp.UNetGenerator(depth=2, filters=filters),
            kp.PatchDiscriminator(receptive_field=16, filters=2),
        )
        rate = kp.ConstantThenLinear(1e-3, total_steps=4 * filters)
        made.compile(keras.optimizers.Adam(rate), keras.optimizers.Adam(rate), ema=0.5)
        return made

    finished, new = model(2), model(4)
    finished.fit(*pairs, batch_size=4, epochs=4, verbose=0)
    weights, steps = finished.get_weights(), int(finished.optimizer.iterations)
    going_on = training_folder.going_on(finished, new)
    for old, kept in zip(weights, going_on.get_weights(), strict=True):
        np.testing.assert_array_equal(old, kept)
    assert int(going_on.optimizer.iterations) == steps == 8
    assert min(rates(going_on.optimizer)) > 0


def test_a_finished_training_goes_on_at_a_constant_rate(train, finished, no_report, tmp_path):
    output = shutil.copytree(finished, tmp_path / "copy")
    assert train(output, "--epochs=4", "--schedule=constant") == 0
    optimizer = keras.saving.load_model(output / "model.keras").optimizer
    assert int(optimizer.iterations) == 12
    # In the last step, before the end of the schedule.
    for inner in (optimizer.generator, optimizer.discriminator):
        inner.iterations.assign(11)
    assert rates(optimizer) == pytest.approx([0.002, 0.002])


class StopAtOnce(keras.callbacks.Callback):
    """Stands for a user who presses Ctrl-C before the first step, and looks at the model."""

    before = None

    def on_epoch_begin(self, epoch, logs=None):
        assert epoch == 3
        assert int(self.model.optimizer.iterations) == 9
        assert min(rates(self.model.optimizer)) > 0
        for old, new in zip(self.before, self.model.get_weights(), strict=True):
            np.testing.assert_array_equal(old, new)
        os.kill(os.getpid(), signal.SIGINT)


def test_a_finished_training_is_not_started_again_by_accident(train, finished, capsys):
    before = files(finished), (finished / "model.keras").stat().st_mtime_ns
    assert train(finished) == 1
    assert "finished training" in capsys.readouterr().err
    assert (files(finished), (finished / "model.keras").stat().st_mtime_ns) == before


def test_a_model_that_could_not_be_saved_is_saved_by_the_same_command(
    train, finished, tmp_path, monkeypatch, capsys
):
    def fail(model, path):
        if path.name == "model.keras":
            raise OSError(28, "No space left on device")
        save(model, path)

    save = model_file.save
    with monkeypatch.context() as full:
        full.setattr(model_file, "save", fail)
        assert train(tmp_path / "out") == 1
    assert "No space left" in capsys.readouterr().err
    # With the backup before the last one, for a training that is killed while it writes.
    backups = {path.suffix for path in (tmp_path / "out" / "backup").iterdir()}
    assert {".h5", ".bkp"} <= backups
    assert train(tmp_path / "out", "--json") == 0
    assert float(rows(finished)[-1]["loss"]) == pytest.approx(
        json.loads(capsys.readouterr().out)["loss"], rel=1e-4
    )
    compare(finished, tmp_path / "out")


def compare(finished, resumed):
    """Both trainings left the same files, and in them the same numbers."""
    assert files(resumed) == files(finished)
    one, other = rows(finished), rows(resumed)
    assert [row["epoch"] for row in other] == ["0", "1", "2"]
    for first, second in zip(one, other, strict=True):
        assert first.keys() == second.keys()
        for name in ("loss", "discriminator_loss", "val_loss", "val_psnr"):
            assert float(first[name]) == pytest.approx(float(second[name]), rel=1e-4), name
    for name in ("best.keras", "model.keras"):
        expected, found = (keras.saving.load_model(folder / name) for folder in (finished, resumed))
        for network in ("generator", "discriminator"):
            steps = [
                int(getattr(model.optimizer, network).iterations) for model in (expected, found)
            ]
            assert steps[0] == steps[1], (name, network)
        assert rates(found.optimizer) == rates(expected.optimizer)
        for pair in zip(expected.get_weights(), found.get_weights(), strict=True):
            np.testing.assert_allclose(*pair, atol=1e-5)
    pages = [history_of_page(folder / "report.html") for folder in (finished, resumed)]
    for first, second in zip(*pages, strict=True):
        assert (first["epoch"], first["step"]) == (second["epoch"], second["step"])
        assert first["loss"] == pytest.approx(second["loss"], rel=1e-4)
    minutes = [row["minutes"] for row in pages[1]]
    assert minutes == sorted(minutes)
    texts = [(folder / "report.html").read_text() for folder in (finished, resumed)]
    # From all parts of the 3 held-out pairs; and each among the best or the worst.
    assert texts[1].count("<figure>") == texts[0].count("<figure>") == 3 + 3
    with Image.open(resumed / "training.gif") as animation:
        assert animation.n_frames == 3
    settings = [
        json.loads((folder / "settings.json").read_text()) for folder in (finished, resumed)
    ]
    assert settings[0] == settings[1]


def test_without_matplotlib_a_training_has_no_report_and_says_so(
    train, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert train(tmp_path / "out", "--epochs=1") == 0
    assert "No report.html is written. The report's curves need matplotlib" in (
        capsys.readouterr().err
    )
    wanted = {"settings.json", *training_folder.FILES} - {"backup", "report.html"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == wanted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_and_resumed_it_ends_as_if_it_had_not_been_stopped(
    train, interrupted, finished, tmp_path, capsys, number
):
    before = signal.getsignal(signal.SIGINT)
    assert interrupted(tmp_path / "out", number) == 128 + number
    assert signal.getsignal(signal.SIGINT) is before
    assert "run the same command again" in capsys.readouterr().err
    # The model has learned from the step in which the signal came. The epoch does not count.
    model = keras.saving.load_model(tmp_path / "out" / "model.keras")
    assert int(model.optimizer.iterations) == 5
    (row,) = rows(tmp_path / "out")
    if number == signal.SIGTERM:
        # As if it was killed between the row of an epoch and the backup of that epoch.
        write_rows(tmp_path / "out", row, dict.fromkeys(row, "777") | {"epoch": 1})
    assert train(tmp_path / "out") == 0
    compare(finished, tmp_path / "out")


def write_rows(output, *rows):
    with open(output / "losses.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_a_resumed_training_has_its_own_settings_and_keeps_a_better_model(
    train, interrupted, no_report, tmp_path, capsys
):
    assert interrupted(tmp_path / "out", epochs=2) == 130
    (row,) = rows(tmp_path / "out")
    write_rows(tmp_path / "out", {**row, "val_ssim": 2.0})
    (tmp_path / "out" / "best.keras").write_text("the best")
    capsys.readouterr()
    assert train(tmp_path / "out", "--epochs=2", "--batch-size=1", "--dropout=0.2") == 1
    told = capsys.readouterr().err
    assert "--batch-size 2" in told and "no --dropout" in told
    assert "--filters" not in told
    assert train(tmp_path / "out", "--epochs=2") == 0
    assert (tmp_path / "out" / "best.keras").read_text() == "the best"
    assert float(rows(tmp_path / "out")[0]["val_ssim"]) == 2.0


def test_a_training_that_was_resumed_with_another_format_is_refused(tmp_path):
    said = {"epochs": 2, "condition_format": ["labels:3", "boundaries"], "target_format": None}
    training_folder.prepare(tmp_path / "out", said, overwrite=False)
    assert training_folder.prepare(tmp_path / "out", said, overwrite=False) == 0
    other = {**said, "condition_format": ["channels:3"]}
    started = r"with --condition-format labels:3 --condition-format boundaries\. Use"
    with pytest.raises(ValueError, match=started):
        training_folder.prepare(tmp_path / "out", other, overwrite=False)
    # Folders of before have no such setting: the model says it.
    (tmp_path / "out" / "settings.json").write_text('{"epochs": 2}')
    assert training_folder.prepare(tmp_path / "out", other, overwrite=False) == 0
