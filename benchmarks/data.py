"""What reading pairs costs, beside the same work in plain PyTorch.

    KERAS_BACKEND=torch python benchmarks/data.py               # all of it, a few minutes
    KERAS_BACKEND=torch python benchmarks/data.py speed --photos PHOTOS

speed    pairs a second at 286 -> 256 pixels, as `fit` reads them, beside a PyTorch Dataset in a
         DataLoader with as many workers, in turns; the median of the rounds, their range, and the
         CPU time of all threads and processes
augment  milliseconds a pair that each kind of augmentation and of resizing takes
conditions
         pairs a second of each condition that is computed from pictures, with two workers, and the
         CPU time of a pair as a share of that of a training step of `recipes.small`
million  seconds to the first batch of 1,000,000 pairs, and the memory that the process took
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from memory import peak
from PIL import Image

ROUNDS = 5
SIZE, LOAD_SIZE = 256, 286


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("part", nargs="?", choices=["speed", "augment", "conditions", "million"])
    parser.add_argument("--photos", help="folder of JPEG files; drawn ones where it is not given")
    parser.add_argument("--pairs", type=int, default=300)
    arguments = parser.parse_args()
    if arguments.part == "million":
        return million()
    with tempfile.TemporaryDirectory() as folder:
        files = layouts(Path(folder), arguments.photos, arguments.pairs)
        if arguments.part in (None, "speed"):
            speed(files)
        if arguments.part in (None, "augment"):
            augment(files)
        if arguments.part in (None, "conditions"):
            conditions(files)
    if arguments.part is None:
        # Memory is measured in a process that has done nothing else.
        subprocess.run([sys.executable, __file__, "million"], check=True)


def layouts(folder, photos, count):
    """JPEG files as two folders and side by side: each photo with its mirror image."""
    sources = sorted(Path(photos).glob("*.jpg"))[:count] if photos else range(count)
    for name in ("one", "two", "wide"):
        (folder / name).mkdir()
    for number, source in enumerate(sources):
        image = Image.open(source).convert("RGB") if photos else drawn(source)
        pair = image, image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        wide = Image.new("RGB", (2 * image.width, image.height))
        for side, (part, name) in enumerate(zip(pair, ("one", "two"))):
            part.save(folder / name / f"{number:05d}.jpg", quality=92)
            wide.paste(part, (side * image.width, 0))
        wide.save(folder / "wide" / f"{number:05d}.jpg", quality=92)
    print(f"{len(sources)} pairs of JPEG files, the last of {image.width} x {image.height}")
    return folder


def drawn(seed):
    """A picture of 320 x 240 pixels with shapes of many scales, as photos have them."""
    rng = np.random.default_rng(seed)
    image = np.zeros((240, 320, 3))
    for scale in (4, 16, 64):
        coarse = rng.uniform(0, 255, (240 // scale + 1, 320 // scale + 1, 3)).astype("uint8")
        layer = Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC)
        image += np.asarray(layer) * scale / 84
    return Image.fromarray(image.astype("uint8"))


def speed(folder):
    import torch

    from keras_pix2pix.data import PairDataset, Picture

    # Each worker of a DataLoader has one thread; so it is here.
    torch.set_num_threads(1)
    photo = Picture(3, interpolation="bicubic")
    options = {"image_size": SIZE, "augment": True, "formats": (photo, photo)}
    for layout in ("two folders", "side by side"):
        for workers in (1, 2):
            loader = torch_loader(folder, layout, workers)
            contestants = {"PyTorch": lambda loader=loader: sum(1 for _ in loader)}
            for name, cache in (("PairDataset", False), ("PairDataset, cached", True)):
                if layout == "two folders":
                    make, sides = PairDataset.from_folders, (folder / "one", folder / "two")
                else:
                    make, sides = PairDataset.from_side_by_side, (folder / "wide",)
                dataset = make(*sides, cache=cache, workers=workers, **options)
                contestants[name] = epochs_as_fit_reads_them(dataset)
            compare(f"{layout}, workers {workers}", contestants)


def torch_loader(folder, layout, workers):
    """What a PyTorch user writes for pairs, after the reference's own dataset."""
    import torch

    wide = layout == "side by side"
    names = sorted(os.listdir(folder / "one"))

    class Pairs(torch.utils.data.Dataset):
        def __len__(self):
            return len(names)

        def __getitem__(self, index):
            if wide:
                image = Image.open(folder / "wide" / names[index]).convert("RGB")
                half = image.width // 2
                boxes = (0, 0, half, image.height), (half, 0, image.width, image.height)
                images = [image.crop(box) for box in boxes]
            else:
                images = [
                    Image.open(folder / side / names[index]).convert("RGB")
                    for side in ("one", "two")
                ]
            left, top = (random.randint(0, LOAD_SIZE - SIZE) for _ in range(2))
            mirrored = random.random() < 0.5
            return [self.tensor(image, left, top, mirrored) for image in images]

        def tensor(self, image, left, top, mirrored):
            image = image.resize((LOAD_SIZE, LOAD_SIZE), Image.Resampling.BICUBIC)
            image = image.crop((left, top, left + SIZE, top + SIZE))
            if mirrored:
                image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
            return (pixels.float().div(255) - 0.5) / 0.5

    return torch.utils.data.DataLoader(
        Pairs(), shuffle=True, num_workers=workers, persistent_workers=True
    )


def epochs_as_fit_reads_them(dataset):
    """A function that reads an epoch as `Pix2Pix.fit` does, and another one every time."""
    from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

    adapter = PyDatasetAdapter(dataset, shuffle=False)

    def epoch():
        dataset.set_epoch(dataset.epoch + 1)
        adapter.on_epoch_begin()
        count = sum(1 for _ in adapter.get_numpy_iterator())
        adapter.on_epoch_end()
        return count

    return epoch


def compare(title, contestants):
    """Pairs a second of each, in turns, and the ratio to the first; and the CPU time of a pair.

    On a busy machine the CPU time tells more: it does not count what others use.
    """
    rates, costs = ({name: [] for name in contestants} for _ in range(2))
    for turn in range(ROUNDS + 1):
        for name, epoch in contestants.items():
            start, used = time.perf_counter(), cpu_seconds()
            count = epoch()
            # The first turn starts workers and fills caches.
            if turn:
                rates[name].append(count / (time.perf_counter() - start))
                costs[name].append(1000 * (cpu_seconds() - used) / count)
    first = statistics.median(next(iter(rates.values())))
    for name, measured in rates.items():
        middle = statistics.median(measured)
        print(
            f"{title:24} {name:20} {middle:6.0f} pairs/s ({min(measured):.0f} to "
            f"{max(measured):.0f})  x {middle / first:.2f}  "
            f"{statistics.median(costs[name]):.2f} ms of CPU a pair"
        )


def cpu_seconds():
    """What this process and its workers have used."""
    process = psutil.Process()
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def augment(folder):
    from keras_pix2pix.data import Augment, PairDataset, Picture

    photo = Picture(3, interpolation="bicubic")
    plain = {"enlargement": 1, "mirror": False}
    settings = {
        "nothing": {},
        "jitter": {"augment": Augment(mirror=False)},
        "mirror": {"augment": Augment(enlargement=1)},
        "rotation": {"augment": Augment(**plain, rotation=10)},
        "scale": {"augment": Augment(**plain, scale=1.2)},
        "color": {"augment": Augment(**plain, color=0.2)},
        "cutout": {"augment": Augment(**plain, cutout=0.2)},
        "resize='crop'": {"resize": "crop"},
        "resize='pad'": {"resize": "pad"},
    }
    sides = folder / "one", folder / "two"
    for name, options in settings.items():
        options = {"image_size": SIZE, "formats": (photo, photo), **options}
        dataset = PairDataset.from_folders(*sides, **options).subset(slice(100))
        times = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            count = sum(1 for _ in dataset)
            times.append(1000 * (time.perf_counter() - start) / count)
        middle = statistics.median(times)
        print(f"{name:24} {middle:6.2f} ms a pair ({min(times):.2f} to {max(times):.2f})")


def conditions(folder, pairs=60, steps=4):
    """Pairs a second, and CPU times, which a busy machine changes less."""
    import keras_pix2pix as kp

    data = kp.data
    kinds = [
        *(data.EdgeDrawing(method) for method in ("canny", "contours")),
        *(data.Lightness(), data.Gray()),
        *(data.Holes(shape) for shape in ("center", "boxes", "strokes")),
        *(data.BlankRectangle(), data.Smaller(4)),
        *(data.Noise(kind) for kind in ("gaussian", "poisson", "salt")),
        *(data.Blur(), data.JPEGArtifacts()),
        data.EdgeDrawing("hed"),
    ]
    options = {"image_size": SIZE, "augment": True, "workers": 2}
    batch = data.PairDataset.from_pictures(folder / "one", data.Gray(), **options)[0]
    model = kp.recipes.small([batch] * steps, epochs=1)
    model.train_on_batch(*batch)
    used = cpu_seconds()
    for _ in range(steps):
        model.train_on_batch(*batch)
    step = 1000 * (cpu_seconds() - used) / steps
    print(f"a training step at {SIZE} px: {step:.0f} ms of CPU, load {os.getloadavg()[0]:.1f}")
    for kind in kinds:
        slow = getattr(kind, "method", None) == "hed"
        dataset = data.PairDataset.from_pictures(folder / "one", kind, **options)
        dataset = dataset.subset(slice(6 if slow else pairs))
        epoch = epochs_as_fit_reads_them(dataset)
        epoch()
        start, used = time.perf_counter(), cpu_seconds()
        count = epoch()
        rate = count / (time.perf_counter() - start)
        cost = 1000 * (cpu_seconds() - used) / count
        name = type(kind).__name__
        name += f" {next(iter(vars(kind).values()))}" if vars(kind) else ""
        print(f"{name:24} {rate:6.1f} pairs/s  {cost:7.1f} ms of CPU a pair  {cost / step:6.1%}")


def million(count=1_000_000, shared=1000):
    """A CSV file of a million pairs of names, of which each thousand is one pair of pictures."""
    from keras_pix2pix.data import PairDataset

    imported = peak()
    with tempfile.TemporaryDirectory() as folder:
        folder = layouts(Path(folder), None, count // shared)
        # Other names for the same files: no two rows are alike.
        with open(folder / "pairs.csv", "w") as file:
            for number in range(count):
                turn, name = number // shared, f"{number % shared:05d}.jpg"
                file.write(f"one/{'./' * (turn % 32)}{name},two/{'./' * (turn // 32)}{name}\n")
        start = time.perf_counter()
        dataset = PairDataset.from_list(folder / "pairs.csv", image_size=SIZE, augment=True)
        made = time.perf_counter() - start
        dataset[0]
        first = time.perf_counter() - start
    print(
        f"{count} pairs: listed in {made:.1f} s, first batch after {first:.1f} s, {peak():.2f} GB "
        f"at most, of which {imported:.2f} GB are the libraries"
    )


if __name__ == "__main__":
    main()
