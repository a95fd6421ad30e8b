"""The card of a model, and the way of a model and its card to the Hub and back."""

import re

import huggingface_hub
import keras
import numpy as np
import pytest
import yaml
from hub import hub
from huggingface_hub import constants
from PIL import Image

import keras_pix2pix as kp


class Known(kp.Pix2Pix):
    """A model whose generated pictures are known: the condition with half of its contrast."""

    def predict_on_batch(self, x):
        return np.asarray(x) / 2


@pytest.fixture
def model(tiny):
    made = tiny()
    return Known(made.generator, made.discriminator)


@pytest.fixture
def held_out(pairs):
    conditions, _ = pairs
    return kp.data.PairDataset(conditions, conditions, batch_size=2)


def read_card(folder):
    _, front, text = (folder / "README.md").read_text().split("---\n", 2)
    return yaml.safe_load(front), text


def test_the_card_has_measures_pictures_origin_and_license(model, held_out, pairs, tmp_path):
    folder = kp.save_card(
        model,
        tmp_path / "new" / "card",
        held_out,
        name="user/halves",
        trained_on="Eight pairs.",
        license="apache-2.0",
    )
    assert {file.name for file in folder.iterdir()} == {"README.md", "held_out.png"}
    front, text = read_card(folder)
    assert front["license"] == "apache-2.0"
    assert front["library_name"] == "keras"
    assert front["pipeline_tag"] == "image-to-image"
    assert "# halves\n" in text
    assert 'load_model("hf://user/halves")' in text
    assert "Eight pairs." in text
    assert "Of 8 held-out pairs" in text
    rows = dict(re.findall(r"^\| (\w+) \| ([\d.]+) \|", text, re.M))
    half = np.abs(pairs[0]) / 2
    assert float(rows["l1"]) == pytest.approx(half.mean(), rel=1e-3)
    psnr = 10 * np.log10(4 / (half**2).mean(axis=(1, 2, 3))).mean()
    assert float(rows["psnr"]) == pytest.approx(psnr, rel=1e-3)
    assert 0 < float(rows["ssim"]) < 1
    with Image.open(folder / "held_out.png") as picture:
        # Four batches, two pairs of three images beside each other.
        assert picture.width > 6 * 16
        assert np.asarray(picture.convert("L")).std() > 10


def test_what_is_not_known_is_said(model, held_out, tmp_path):
    front, text = read_card(kp.save_card(model, tmp_path, held_out))
    assert "license" not in front
    assert "The training pairs are not stated." in text
    assert "No license is stated." in text


def test_label_maps_are_judged_by_their_classes(tmp_path):
    classes = np.arange(4 * 8 * 8, dtype="uint8").reshape(4, 8, 8, 1) % 2
    formats = (kp.data.Labels(2), kp.data.Labels(2))
    data = kp.data.PairDataset(classes, classes, formats=formats)
    unet = kp.UNetGenerator((None, None, 2), depth=2, filters=2, output_channels=2)
    discriminator = kp.PatchDiscriminator((None, None, 2), (None, None, 2), 1, filters=2)
    model = Known(unet, discriminator)
    model.formats = data.formats
    _, text = read_card(kp.save_card(model, tmp_path, data))
    assert "| mean_iou | 1 |" in text
    assert "| psnr |" not in text


def test_pixels_without_data_count_as_correct(model, tmp_path):
    images = np.full((2, 16, 16, 3), 0.5, "float32")
    weights = np.ones((2, 16, 16, 1), "float32")
    weights[:, :8] = 0
    _, text = read_card(kp.save_card(model, tmp_path, [(images, images, weights)]))
    assert "| l1 | 0.125 |" in text


def test_what_is_there_is_kept(model, held_out, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(FileExistsError, match=r"README\.md exists already"):
        kp.save_card(model, tmp_path, held_out)
    assert (tmp_path / "README.md").read_text() == "mine"
    assert [file.name for file in tmp_path.iterdir()] == ["README.md"]
    kp.save_card(model, tmp_path, held_out, overwrite=True)
    assert (tmp_path / "README.md").read_text() != "mine"


def test_other_models_and_no_pairs_are_refused(model, held_out, tmp_path):
    with pytest.raises(ValueError, match="Received: UNetGenerator"):
        kp.save_card(model.generator, tmp_path, held_out)
    with pytest.raises(ValueError, match="must have held-out pairs"):
        kp.save_card(model, tmp_path, [])
    assert not list(tmp_path.iterdir())


def test_a_model_and_its_card_go_to_the_hub_and_come_back(
    tiny, held_out, pairs, tmp_path, monkeypatch
):
    # Keras would draw the networks where Graphviz is installed, which takes long.
    monkeypatch.setattr("keras.src.saving.saving_lib.check_pydot", lambda: False)
    with hub() as (address, repositories):
        monkeypatch.setattr(constants, "ENDPOINT", address)
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("HF_TOKEN", "hf_none")
        model = tiny()
        model.compile()
        model.formats = held_out.formats
        model.save("hf://user/halves")
        card = kp.save_card(model, tmp_path / "card", held_out, name="user/halves")
        huggingface_hub.upload_folder(repo_id="user/halves", folder_path=card)
        assert repositories["user/halves"]["README.md"] == (card / "README.md").read_bytes()
        assert "held_out.png" in repositories["user/halves"]
        loaded = keras.saving.load_model("hf://user/halves")
    assert loaded.formats == model.formats
    np.testing.assert_allclose(
        loaded.predict_on_batch(pairs[0]), model.predict_on_batch(pairs[0]), atol=1e-6
    )
