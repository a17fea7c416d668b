"""The sample of places: bounded, spread over all features, and the same for any batches."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from oa_task.placement.sample import LARGEST_SAMPLE, PlaceSample


def _boxes(count: int, first: int = 0) -> np.ndarray:
    lon = np.arange(first, first + count) * 1e-5
    return np.column_stack((lon, lon, lon, lon))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=12))
def test_sample_is_bounded_and_spread_over_all_batches(sizes: list[int]) -> None:
    sample, done = PlaceSample(), 0
    for size in sizes:
        sample.add(_boxes(size, done))
        done += size
    lon, lat = sample.points()
    assert sample.count == done
    assert len(lon) == len(lat) <= 2 * LARGEST_SAMPLE
    assert len(lon) >= min(done, LARGEST_SAMPLE // 4)
    if done:
        # No stretch of the data is missing, whatever the batches were.
        steps = np.diff(np.concatenate(([0.0], np.sort(lon), [done * 1e-5])))
        assert steps.max() <= max(16 * done / LARGEST_SAMPLE, 2) * 1e-5


def test_sample_leaves_out_places_that_are_not_finite() -> None:
    sample = PlaceSample()
    sample.add(np.array([[1.0, 2, 1, 2], [np.inf, 0, np.inf, 0], [np.nan] * 4]))
    assert [axis.tolist() for axis in sample.points()] == [[1.0], [2.0]]
