"""A sample of the places of all features, taken at even intervals: it stays small, however many features there are."""

import numpy as np

LARGEST_SAMPLE = 8192


class PlaceSample:
    """The centers of every n-th feature with a geometry: n doubles when the sample is full.

    `count` is the number of features with a geometry, `missing` of those without one.
    """

    def __init__(self) -> None:
        self._boxes: list[np.ndarray] = []
        self._size = 0
        self._step = 1
        self._skip = 0
        self.count = 0
        self.missing = 0

    def add(self, boxes: np.ndarray) -> None:
        """Add the boxes of features, shape (n, 4): west, south, east, north."""
        self.count += len(boxes)
        taken = boxes[self._skip :: self._step]
        self._skip = (self._skip - len(boxes)) % self._step
        if not len(taken):
            return
        # A copy: the batch may go.
        self._boxes.append((taken[:, :2] + taken[:, 2:]) / 2)
        self._size += len(taken)
        if self._size > 2 * LARGEST_SAMPLE:
            self._halve()

    def add_missing(self, count: int) -> None:
        """Count features without a geometry."""
        self.missing += count

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """Return longitudes and latitudes, without places that are not finite."""
        places = np.concatenate(self._boxes) if self._boxes else np.empty((0, 2))
        places = places[np.isfinite(places).all(axis=1)]
        return places[:, 0], places[:, 1]

    def _halve(self) -> None:
        while self._size > LARGEST_SAMPLE:
            self._boxes = [np.concatenate(self._boxes)[::2]]
            self._size = len(self._boxes[0])
            self._step *= 2
