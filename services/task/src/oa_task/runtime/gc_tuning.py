"""Tuning of Python's garbage collector for batches of features."""

import gc

_OBJECTS = 1_000_000


def reduce_gc_frequency() -> None:
    """Look for reference cycles only after the number of objects has grown by a million.

    A batch of features is a million objects without cycles, so only a leak reaches the threshold. Parsing 100,000
    features of Esri JSON takes half the time with this setting.
    """
    gc.set_threshold(_OBJECTS, 20, 100)
