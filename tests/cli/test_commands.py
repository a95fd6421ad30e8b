"""What each command prints, writes, returns and refuses."""

import json
import re
import shutil

import keras
import numpy as np
import pytest
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix.convert import load_pytorch, save_pytorch
from keras_pix2pix.training.averaging import averaged
from keras_pix2pix_cli.__main__ import main

SIZES = ["--image-size", "16"]
TINY = [
    *SIZES,
    "--depth=2",
    "--filters=4",
    "--receptive-field=16",
    "--epochs=1",
    "--steps-per-epoch=4",
]


def run(*arguments):
    return main([str(argument) for argument in arguments])


def answer(capsys):
    """The one line of JSON on stdout."""
    (line,) = capsys.readouterr().out.splitlines()
    return json.loads(line)


def test_train_needs_nothing_but_the_data(folder, tmp_path, capsys):
    assert run("train", "--data", folder, "--output", tmp_path / "out", *TINY, "--json") == 0
    told = capsys.readouterr()
    numbers = json.loads(told.out)
    assert {"loss", "val_loss", "val_psnr", "val_ssim", "files"} <= set(numbers)
    assert (numbers["best_epoch"], numbers["best_val_ssim"]) == (1, numbers["val_ssim"])
    assert "masks/ (condition) -> photos/ (target)" in told.err
    trained = keras.saving.load_model(numbers["files"]["best.keras"])
    assert trained.formats[0][0].interpolation == "nearest"


def test_what_cannot_be_trained_on_costs_no_earlier_training(
    folder, broken_folder, tmp_path, capsys
):
    out = tmp_path / "out"
    assert run("train", "--data", folder, "--output", out, *TINY) == 0
    for wrong in (["--data", broken_folder], ["--data", folder, "--monitor=mean_iou"]):
        assert run("train", *wrong, "--output", out, *TINY, "--overwrite") == 1
        assert run("train", *wrong, "--output", tmp_path / "new", *TINY) == 1
    assert "3.png" in capsys.readouterr().err
    assert (out / "best.keras").exists()
    assert not (tmp_path / "new").exists()


@pytest.mark.filterwarnings("ignore:1 pairs and 0 files are left out")
def test_broken_pairs_are_left_out_of_training_and_evaluation_alike(
    broken_folder, tmp_path, capsys
):
    out = tmp_path / "out"
    assert run("train", broken_folder, "--on-error", "skip", "--output", out, *TINY) == 0
    trained, held_out = map(
        int, re.search(r"(\d+) pairs to train on, (\d+) held out", capsys.readouterr().out).groups()
    )
    assert trained + held_out == 39
    # As settings.json beside the model says.
    assert run("evaluate", out / "best.keras", "--json") == 0
    judged = answer(capsys)
    assert (judged["pairs"], judged["seen_in_training"]) == (held_out, False)


@pytest.mark.parametrize("inside", ["", "masks/new"])
def test_the_output_cannot_be_the_input(folder, inside, capsys):
    assert run("train", "--data", folder, "--output", folder / inside, *TINY) == 1
    assert "is inside the data folder" in capsys.readouterr().err
    assert {path.name for path in folder.iterdir()} == {"masks", "photos"}


def test_a_folder_that_cannot_be_made_is_an_error(folder, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert run("train", "--data", folder, "--output", tmp_path / "file" / "out", *TINY) == 1
    assert "Not a directory" in capsys.readouterr().err


def test_evaluate_prints_numbers_of_all_or_of_held_out_pairs(folder, model, capsys):
    arguments = ["evaluate", model, "--data", folder, *SIZES, "--json"]
    assert run(*arguments) == 0
    told = capsys.readouterr()
    everything = json.loads(told.out)
    assert everything["pairs"] == 40
    assert "--held-out" in told.err
    assert {"loss", "psnr", "ssim", "reconstruction_loss"} <= set(everything)
    assert run(*arguments, "--held-out", "0.4") == 0
    held_out = answer(capsys)
    pairs = kp.data.PairDataset.from_folders(folder / "masks", folder / "photos", image_size=16)
    val = pairs.split(0.4)[1]
    assert 0 < held_out["pairs"] == len(val) < 40
    loaded = keras.saving.load_model(model)
    judged = loaded.evaluate(val, return_dict=True, verbose=0)
    assert held_out["loss"] == pytest.approx(judged["loss"], rel=1e-4)


def test_evaluate_prints_a_table(folder, model, capsys):
    assert run("evaluate", model, "--data", folder, *SIZES) == 0
    assert "psnr  " in capsys.readouterr().out


def test_check_is_content_with_good_pairs(folder, tmp_path, capsys):
    preview = tmp_path / "pairs.png"
    assert run("check", folder, *SIZES, "--preview", preview) == 0
    printed = capsys.readouterr().out
    assert "40 pairs, 0 that cannot be trained on" in printed
    assert np.asarray(Image.open(preview)).std() > 10
    assert run("check", folder, *SIZES, "--preview", preview) == 1
    assert "exists already" in capsys.readouterr().err


def test_check_names_what_is_wrong_and_exits_with_1(broken_folder, tmp_path, capsys):
    root = shutil.copytree(broken_folder, tmp_path / "data")
    (root / "masks" / "5.png").unlink()
    assert run("check", root, *SIZES, "--json") == 1
    part = answer(capsys)["parts"]["all"]
    assert part["pairs"] == 38
    assert any("3.png" in line for line in part["left_out"])
    assert any("5.png" in line for line in part["left_out"])


def test_report_writes_a_page_of_a_saved_model(folder, model, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert run("report", model, page, "--data", folder, *SIZES, "--pairs", "2") == 0
    assert str(page) in capsys.readouterr().out
    text = page.read_text()
    assert text.count("<figure>") == 3 * 2
    assert "PSNR" in text and "UNetGenerator" in text
    assert "http" not in text.replace("http://www.w3.org", "")
    assert run("report", model, page, "--data", folder, *SIZES) == 1
    assert run("report", model, page, "--data", folder, *SIZES, "--overwrite") == 0


def test_report_finds_the_training_of_the_model(folder, tmp_path, capsys):
    """Its pairs, its curves and its pictures, and which epoch was kept."""
    out, page = tmp_path / "out", tmp_path / "page.html"
    assert run("train", folder, "--output", out, *TINY, "--monitor=psnr") == 0
    told = capsys.readouterr().out
    assert f"pictures in {out / 'samples'}, a page at {out / 'report.html'}" in told
    kept = "best.keras is epoch 1 of 1, which has the highest PSNR on the held-out pairs"
    assert kept in told
    # What GANHealth looks at is in losses.csv only.
    assert "contrast" not in told and "contrast" in (out / "losses.csv").read_text()
    assert "PairDataset(" not in told
    assert run("report", out / "best.keras", page, "--pairs", "1") == 0
    told = capsys.readouterr().out
    assert kept in told and "as settings.json beside the model says" in told
    text = page.read_text()
    assert '"reconstruction_loss"' in text and "step 4" in text


def test_convert_goes_to_pytorch_and_back(model, tmp_path):
    checkpoint, again = tmp_path / "net_G.pth", tmp_path / "new" / "again.keras"
    assert run("convert", model, checkpoint) == 0
    assert run("convert", checkpoint, again) == 0
    one, other = (keras.saving.load_model(path) for path in (model, again))
    weights = zip(one.generator.get_weights(), other.generator.get_weights(), strict=True)
    for pair in weights:
        np.testing.assert_array_equal(*pair)


def test_convert_keeps_files_and_knows_two_endings(model, tmp_path, capsys):
    (tmp_path / "old.pth").write_text("old")
    assert run("convert", model, tmp_path / "old.pth") == 1
    assert (tmp_path / "old.pth").read_text() == "old"
    assert run("convert", model, tmp_path / "new.onnx") == 1
    assert ".pth to .keras" in capsys.readouterr().err
    assert run("convert", model, tmp_path / "old.pth", "--overwrite") == 0


def test_a_model_of_other_channels_is_refused(folder, tmp_path, capsys):
    generator = kp.UNetGenerator((None, None, 2), 3, depth=2, filters=4)
    kp.Pix2Pix(generator).save(tmp_path / "two.keras")
    assert run("evaluate", tmp_path / "two.keras", "--data", folder, *SIZES) == 1
    assert "2 channels are wanted" in capsys.readouterr().err


def test_a_checkpoint_of_the_wrong_kind_is_refused(tiny, tmp_path, capsys):
    save_pytorch(tiny().discriminator, tmp_path / "net_D.pth")
    assert run("convert", tmp_path / "net_D.pth", tmp_path / "d.keras") == 1
    assert "not of a generator" in capsys.readouterr().err
    assert not (tmp_path / "d.keras").exists()


def test_translate_needs_a_model_and_two_folders_and_keeps_what_is_there(
    folder, model, tmp_path, capsys
):
    arguments = ["translate", model, folder / "masks", tmp_path / "out", "--json"]
    assert run(*arguments) == 0
    done = answer(capsys)
    assert (len(done["written"]), done["kept"], done["broken"]) == (40, [], [])
    picture = np.asarray(Image.open(tmp_path / "out" / "7.png"))
    loaded = keras.saving.load_model(model)
    np.testing.assert_array_equal(picture, loaded.translate(folder / "masks" / "7.png"))
    assert run(*arguments) == 0
    assert len(answer(capsys)["kept"]) == 40
    assert run(*arguments, "--overwrite") == 0
    assert len(answer(capsys)["written"]) == 40


def test_translate_names_what_is_broken_and_exits_with_1(folder, model, tmp_path, capsys):
    (tmp_path / "bad.png").write_bytes(b"")
    good = folder / "masks" / "3.png"
    assert run("translate", model, tmp_path / "bad.png", good, tmp_path / "out") == 1
    told = capsys.readouterr()
    assert "1 written, 0 kept, 1 broken" in told.out
    assert "bad.png" in told.err


def test_translate_refuses_to_write_where_it_reads(folder, model, capsys):
    assert run("translate", model, folder / "masks", folder / "masks") == 1
    assert "keras-pix2pix translate: " in capsys.readouterr().err


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="exported by TensorFlow")
def test_export_writes_a_file_and_keeps_it(model, tmp_path, capsys):
    path = tmp_path / "model.tflite"
    assert run("export", model, path, "--weights", "float16") == 0
    assert path.stat().st_size > 1000
    assert run("export", model, path) == 1
    assert str(path) in capsys.readouterr().err
    assert run("export", model, tmp_path / "model.unknown") == 1


@pytest.mark.skipif(keras.backend.backend() == "tensorflow", reason="TensorFlow exports")
def test_export_says_on_which_backend_it_runs(model, tmp_path, capsys):
    assert run("export", model, tmp_path / "model.onnx") == 1
    assert "KERAS_BACKEND=tensorflow" in capsys.readouterr().err


@pytest.fixture
def averaging(tiny, pairs, tmp_path):
    """The file of a model whose averaged weights differ from its last ones, and both as models."""
    model = tiny(dropout=0.0)
    model.compile(*(keras.optimizers.SGD(0.1) for _ in range(2)), ema=0.9)
    model.fit(*pairs, batch_size=2, epochs=3, verbose=0)
    model.save(tmp_path / "averaging.keras")
    with averaged(model):
        weights = model.generator.get_weights()
    assert any(np.abs(a - b).max() > 1e-4 for a, b in zip(weights, model.generator.get_weights()))
    return tmp_path / "averaging.keras", weights


def test_evaluate_and_report_use_averaged_weights(averaging, folder, tmp_path, capsys):
    path, _ = averaging
    assert run("evaluate", path, "--data", folder, *SIZES, "--json") == 0
    loss = answer(capsys)["reconstruction_loss"]
    pairs = kp.data.PairDataset.from_folders(folder / "masks", folder / "photos", image_size=16)
    expected = keras.saving.load_model(path).evaluate(pairs, return_dict=True, verbose=0)
    assert loss == pytest.approx(expected["reconstruction_loss"], rel=1e-4)
    page = tmp_path / "page.html"
    assert run("report", path, page, "--data", folder, *SIZES, "--pairs", "1") == 0
    rows = dict(
        re.findall(r'<th scope="row">([^<]+)</th><td></td><td>([0-9.]+)</td>', page.read_text())
    )
    assert float(rows["reconstruction loss"]) == pytest.approx(loss, rel=1e-3)


def test_convert_writes_averaged_weights(averaging, tmp_path):
    path, weights = averaging
    assert run("convert", path, tmp_path / "net_G.pth") == 0
    converted = load_pytorch(tmp_path / "net_G.pth")
    for pair in zip(converted.get_weights(), weights, strict=True):
        np.testing.assert_allclose(*pair, atol=1e-7)
