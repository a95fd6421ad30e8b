"""The command that reads all pairs and prints their problems."""

import json
import warnings
from argparse import Namespace
from typing import Any

from keras_pix2pix.data import PairDataset
from keras_pix2pix.data.files.writing import write_image
from keras_pix2pix.data.loading.audit import Audit
from keras_pix2pix_cli.inputs.pairs_from_options import detected_layout
from keras_pix2pix_cli.options.formats import as_text, formats_for, with_options
from keras_pix2pix_cli.preparing.kinds import text_of
from keras_pix2pix_cli.waiting import progress, waiting


def check(args: Namespace) -> int:
    """Read every pair, and print the problems."""
    layout = detected_layout(args)
    formats = formats_for(args, layout)
    # The audit lists what is wrong.
    with warnings.catch_warnings(action="ignore"), waiting("looking for broken files"):
        pairs, val = layout.load(
            on_error="skip",
            augment=False,
            image_size=args.image_size,
            resize=args.resize,
            **formats,
        )
    audits = {"training" if val else "all": _audit(pairs)}
    if val:
        audits["held out"] = _audit(val)
        audits["training"].compare(audits["held out"], "the held-out pairs")
    if args.preview:
        write_image(args.preview, pairs.preview())
    texts = _texts_of_formats(pairs)
    for side, text in texts.items():
        option = "from" if pairs.condition and side == "condition" else "format"
        print(f"{side}s: {text} (see --{side}-{option})", file=args.messages)
    parts: dict[str, dict[str, Any]] = {}
    for part, audit in audits.items():
        print(with_options(f"\n{part}: {audit}"), file=args.messages)
        parts[part] = {
            "pairs": audit.count,
            "problems": list(map(with_options, audit.problems.values())),
            "left_out": audit.left_out,
            "suspicious": list(map(with_options, audit.suspicions)),
        }
    if args.json:
        print(json.dumps({"layout": layout.text, "formats": texts, "parts": parts}))
    # As a training would.
    next(iter(audits.values())).refuse_odd_conditions()
    return int(any(part["problems"] or part["left_out"] for part in parts.values()))


def _texts_of_formats(pairs: PairDataset) -> dict[str, str]:
    conditions, target = pairs.formats
    if pairs.condition:
        # Their formats have no text: they are those of what is computed.
        target = pairs.condition.picture_format(target)
        return {"condition": text_of(pairs.condition), "target": as_text(target)}
    return {"condition": " and ".join(map(as_text, conditions)), "target": as_text(target)}


def _audit(pairs: PairDataset) -> Audit:
    with progress(f"reading {len(pairs.numbers)} pairs") as verbose:
        return pairs.audit(verbose=verbose)
