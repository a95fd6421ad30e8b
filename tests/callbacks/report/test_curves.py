"""The curves of a report."""

import re
import sys

import pytest

from keras_pix2pix.callbacks.report.curves import COLORS, curve, require_matplotlib

HISTORY = [{"epoch": 1, "ssim": 0.2, "val_ssim": 0.4}, {"epoch": 2, "ssim": 0.3, "val_ssim": 0.5}]


def test_a_curve_takes_its_colors_from_the_page():
    drawn = curve(HISTORY, "ssim", marked=2)
    assert drawn.startswith("<svg")
    assert not set(COLORS) & set(re.findall("#[0-9a-f]{6}", drawn))
    for color in COLORS.values():
        assert color in drawn


def test_who_cannot_see_it_is_told_the_last_numbers():
    drawn = curve(HISTORY, "ssim")
    assert (
        'role="img" aria-label="SSIM: in the last epoch 0.3 in training, 0.5 of held-out pairs"'
        in drawn
    )


def test_a_curve_may_be_of_one_side_only():
    drawn = curve([{"epoch": 1, "val_ssim": 0.4}], "ssim")
    assert COLORS["#030303"] in drawn and COLORS["#020202"] not in drawn


def test_without_the_extra_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'keras-pix2pix\[report\]'"):
        require_matplotlib()
