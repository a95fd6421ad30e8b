"""The built wheel, installed into an empty environment, and what an import costs."""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
USE = """
import keras_pix2pix as kp
assert "site-packages" in kp.__file__, kp.__file__
train, val = kp.data.load_sample(image_size=32)
assert (len(train), len(val)) == (320, 40)
generator, discriminator = kp.UNetGenerator(depth=3, filters=4), kp.PatchDiscriminator(filters=4)
model = kp.Pix2Pix(generator, discriminator)
model.compile()
model.fit(train, epochs=1, steps_per_epoch=3, verbose=0)
print(model.translate(val[0][0][0]).shape)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (path,) = folder.glob("*.whl")
    return path


@pytest.mark.slow
def test_the_wheel_holds_the_package_the_sample_and_its_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        sizes = {item.filename: item.compress_size for item in archive.infolist()}
    samples = {name: size for name, size in sizes.items() if "data/sets/samples/" in name}
    assert sum(samples.values()) <= 3e6
    assert len([name for name in samples if name.endswith((".png", ".webp"))]) == 3 * 360
    assert "keras_pix2pix/data/sets/samples/LICENSE" in samples
    maps = {name: size for name, size in sizes.items() if "data/sets/map_sample/" in name}
    assert sum(maps.values()) <= 1.2e6
    assert len([name for name in maps if name.endswith(".jpg")]) == 2 * 120
    assert "keras_pix2pix/data/sets/map_sample/LICENSE" in maps
    assert "keras_pix2pix_cli/options/arguments.py" in sizes
    assert not [name for name in sizes if name.startswith(("tests", "examples", "docs"))]


@pytest.mark.slow
def test_the_description_of_the_wheel_has_no_relative_links(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        text = archive.read(name).decode()
    assert "# keras-pix2pix" in text
    assert re.findall(r"\]\((?!https?:|#)[^)]*", text) == []
    assert "/raw/main/docs/images/maps.webp)" in text
    assert "/blob/main/docs/guides/data.md)" in text


@pytest.mark.slow
def test_the_wheel_works_in_an_empty_environment(wheel, tmp_path):
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "KERAS_BACKEND")}

    def install(*what):
        subprocess.run([python, "-m", "pip", "install", "--quiet", *what], check=True)

    def run(code):
        return subprocess.run(
            [python, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    install(wheel)
    done = run("import keras_pix2pix")
    assert done.returncode == 1
    assert "pip install 'keras-pix2pix[tensorflow]'" in done.stderr
    install(f"keras-pix2pix[tensorflow] @ {wheel.as_uri()}")
    done = run(USE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("(32, 32, 3)")
    command = tmp_path / "venv" / "bin" / "keras-pix2pix"
    done = subprocess.run([command, "train", "--help"], capture_output=True, text=True, check=True)
    assert "keras-pix2pix train facades/" in done.stdout


def test_importing_it_imports_nothing_heavy_beside_keras():
    code = (
        "import sys, keras; before = set(sys.modules); import keras_pix2pix;"
        "new = {name.split('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(new & {'torch', 'jax', 'tensorflow', 'matplotlib', 'skimage', 'scipy'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
