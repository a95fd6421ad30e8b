"""A short training with all callbacks that write files."""

import keras
import pytest
from PIL import Image

import keras_pix2pix as kp


@pytest.fixture(scope="session")
def trained(tiny, pairs, tmp_path_factory):
    """A model after three epochs with all that draws, and what it wrote."""
    folder = tmp_path_factory.mktemp("pictures")
    # Left by an earlier, longer training: not part of the animation.
    (folder / "epochs").mkdir()
    Image.new("RGB", (4, 4)).save(folder / "epochs" / "step_00000012.png")
    data = kp.data.PairDataset(*pairs, batch_size=3)
    model = tiny()
    model.compile(*(keras.optimizers.Adam(1e-2) for _ in range(2)))
    model.fit(
        data,
        epochs=3,
        verbose=0,
        validation_data=data,
        callbacks=[
            kp.callbacks.SampleGrid(data, folder / "epochs", pairs=5, log_dir=folder / "board"),
            kp.callbacks.SampleGrid(data, folder / "steps", pairs=5, steps=4),
            kp.callbacks.SampleGrid(data, folder / "last", pairs=5, epochs=3),
            kp.callbacks.GIFRecorder(folder / "epochs", folder / "gif" / "training.gif"),
            kp.callbacks.HTMLReport(data, folder / "report.html", folder / "epochs", pairs=2),
        ],
    )
    return model, data, folder
