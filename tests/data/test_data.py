"""The public names of keras_pix2pix.data, and old names that still work."""

import json
import zipfile

import keras
import pytest

import keras_pix2pix as kp
from keras_pix2pix.data import InstanceBoundaries, Labels, Picture


def test_edges_is_instance_boundaries_with_a_warning():
    with pytest.warns(DeprecationWarning, match="use keras_pix2pix.data.InstanceBoundaries"):
        assert kp.data.Edges is InstanceBoundaries
    with pytest.raises(AttributeError, match="has no attribute 'Corners'"):
        _ = kp.data.Corners


# As `Pix2Pix.save` wrote it when InstanceBoundaries was called Edges.
SAVED_EDGES = {
    "module": "keras_pix2pix.data.labels",
    "class_name": "Edges",
    "config": {},
    "registered_name": "keras_pix2pix>Edges",
}


def test_a_model_that_was_saved_with_edges_is_loaded(tiny, tmp_path):
    model = tiny(image_shape=(None, None, 3))
    model.formats = (Labels(2), InstanceBoundaries()), Picture(3, dtype="uint8")
    model.save(tmp_path / "new.keras")
    with (
        zipfile.ZipFile(tmp_path / "new.keras") as new,
        zipfile.ZipFile(tmp_path / "old.keras", "w") as old,
    ):
        for name in new.namelist():
            content = new.read(name)
            if name == "config.json":
                config = json.loads(content)
                config["config"]["formats"][0][1] = SAVED_EDGES
                content = json.dumps(config)
            old.writestr(name, content)
    loaded = keras.saving.load_model(tmp_path / "old.keras")
    assert loaded.formats == model.formats
