"""Profiles as registers: nothing drifts, nothing is negative, and a missing package says what to do."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from domain.errors import InputRefused
from simulation.profiles import Watts, load_profiles, register_energy

powers_mw = arrays(
    np.float64, st.tuples(st.integers(1, 3), st.integers(1, 40).map(lambda n: 2 * n)), elements=st.floats(-1e-3, 0.1)
)


@given(powers_mw)
def test_a_sum_of_readings_is_never_a_watt_hour_off(power_mw: Watts) -> None:
    """A register shows the whole part of all energy so far, so sums over any time carry no rounding."""
    energy_wh = register_energy(power_mw).astype(np.int64)
    exact_wh = np.cumsum(np.maximum(power_mw, 0) * 250_000, axis=1)[:, 1::2]
    assert energy_wh.shape == exact_wh.shape
    assert (energy_wh >= 0).all()
    assert (np.abs(energy_wh.cumsum(axis=1) - exact_wh) < 1.001).all()


@given(powers_mw.filter(lambda power: power.shape[1] % 4 == 0), st.sampled_from([(5, 15), (5, 30), (15, 30), (30, 60)]))
def test_longer_slots_are_the_sums_of_shorter_ones(power_mw: Watts, lengths: tuple[int, int]) -> None:
    """Law: every length reads the same register, to the Wh; nothing that does not divide is lost."""
    short_min, long_min = lengths
    short_wh, long_wh = (register_energy(power_mw, each).astype(np.int64) for each in lengths)
    summed_wh = short_wh.reshape(len(power_mw), -1, long_min // short_min).sum(axis=2)
    assert np.array_equal(summed_wh, long_wh)
    assert (short_wh >= 0).all()


def test_profiles_come_back_from_the_cache_as_they_went_in(stored: Path) -> None:
    """The second reading opens two files and no package."""
    first, again = (load_profiles(stored, "1-LV-rural3--2-sw") for _ in range(2))
    assert first.buses == again.buses
    assert np.array_equal(first.load_wh, again.load_wh)
    assert np.array_equal(first.pv_wh, again.pv_wh)


def test_a_grid_that_simbench_does_not_know_is_refused(stored: Path) -> None:
    """The message names the code and one that exists."""
    with pytest.raises(InputRefused, match=r"no grid '1-LV-moon'.*1-LV-rural3--2-sw"):
        load_profiles(stored, "1-LV-moon")


def test_without_the_package_the_error_names_the_extra(tmp_path: Path) -> None:
    """Trading one's own folder does without SimBench; the demonstration says what it lacks."""
    program = (
        "import sys; sys.modules['simbench'] = None\n"
        "from pathlib import Path\n"
        "from domain.errors import OutsideFailed\n"
        "from simulation.profiles import load_profiles\n"
        "try: load_profiles(Path(sys.argv[1]), '1-LV-rural3--2-sw')\n"
        "except OutsideFailed as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert "extra `demo`" in done.stdout
    assert not list(tmp_path.iterdir())
