"""Pairs as other libraries store them. `make test-ecosystem` installs those."""

import numpy as np
import pytest
from PIL import Image

from keras_pix2pix.data import PairDataset

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 8, 6, 3), dtype="uint8")


def test_rows_of_hugging_face(tmp_path):
    datasets = pytest.importorskip("datasets", reason="part of make test-ecosystem")
    image = datasets.Image()
    columns = {"edges": list(IMAGES[:, :, ::-1]), "photo": list(IMAGES), "scene": list("aabbcc")}
    features = datasets.Features(
        {"edges": image, "photo": image, "scene": datasets.Value("string")}
    )
    split = datasets.Dataset.from_dict(columns, features)
    split.save_to_disk(tmp_path)
    rows = datasets.load_from_disk(tmp_path)
    for given in (rows, rows.with_format("numpy")):
        pairs = PairDataset.from_rows(
            given, "edges", "photo", batch_size=6, groups=list(rows["scene"])
        )
        condition, target = pairs[0]
        np.testing.assert_allclose(target, IMAGES / 127.5 - 1, atol=1e-6)
        np.testing.assert_array_equal(condition, target[:, :, ::-1])
    with pytest.raises(ValueError, match="Received: IterableDataset"):
        PairDataset.from_rows(rows.to_iterable_dataset(), "edges", "photo")
    with pytest.raises(ValueError, match=r"give one of \['train'\]"):
        PairDataset.from_rows(datasets.DatasetDict(train=rows), "edges", "photo")
    with pytest.raises(ValueError, match="no column 'mask'"):
        PairDataset.from_rows(rows, "mask", "photo")


def test_shards_of_webdataset(tmp_path):
    webdataset = pytest.importorskip("webdataset", reason="part of make test-ecosystem")
    with webdataset.ShardWriter(f"{tmp_path}/%02d.tar", maxcount=4, verbose=0) as writer:
        for number, image in enumerate(IMAGES):
            pair = {"edges.png": Image.fromarray(image[..., 0]), "png": Image.fromarray(image)}
            writer.write({"__key__": f"{number:04}", **pair, "json": {"number": number}})
    pairs = PairDataset.from_tars(tmp_path / "*.tar", "edges.png", "png", batch_size=6)
    condition, target = pairs[0]
    np.testing.assert_allclose(target, IMAGES / 127.5 - 1, atol=1e-6)
    np.testing.assert_array_equal(condition[..., 1], target[..., 0])
