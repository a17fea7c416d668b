"""A page of features, and the page size that a server can handle."""

from dataclasses import dataclass, field

from oa_shared.json_types import JsonObject
from oa_task.download.attempts import TransientError

_SUCCESSES_BEFORE_GROWTH = 4
ObjectId = int | str | None


@dataclass(frozen=True, slots=True)
class EsriPage:
    """Features in the order of the server, with their object IDs (integers or text, None for a missing one).

    `is_cut` means that the server reports more features than it sent.
    """

    features: list[JsonObject]
    ids: list[ObjectId]
    is_cut: bool
    spatial_reference: object = None


def parse_page(response: JsonObject, oid_field: str | None) -> EsriPage:
    """Return the page in a response. Raises TransientError for a response without a list of features."""
    features = response.get("features")
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise TransientError("upstream.http_5xx", "the response of the server has no list of features")
    attributes = [feature.get("attributes") or {} for feature in features]
    if not all(isinstance(row, dict) for row in attributes):
        raise TransientError("upstream.http_5xx", "the response of the server has features with invalid attributes")
    id_field = _id_field(attributes, oid_field, response.get("objectIdFieldName"))
    ids = [_id(row.get(id_field)) if id_field else None for row in attributes]
    return EsriPage(features, ids, bool(response.get("exceededTransferLimit")), response.get("spatialReference"))


def _id(value: object) -> ObjectId:
    """Return an ID as an integer or text, None for any other value."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | str) else None


def _id_field(attributes: list[JsonObject], announced: str | None, returned: object) -> str | None:
    """Return the name of the attribute with the IDs: its case may differ from the metadata."""
    names = attributes[0].keys() if attributes else ()
    candidates = [name.casefold() for name in (announced, returned) if isinstance(name, str)]
    return next((name for candidate in candidates for name in names if name.casefold() == candidate), None)


@dataclass(slots=True)
class PageSize:
    """A page size, halved after a failure, doubled after four successes, never above `most`."""

    most: int
    now: int = field(init=False)
    _successes: int = 0

    def __post_init__(self) -> None:
        self.now = self.most

    def shrink(self, to: int | None = None) -> None:
        """Halve the size, or reduce it to `to`, the number of features that the server sent."""
        self._successes = 0
        self.now = max(1, min(self.now, self.now // 2 if to is None else to))

    def record_success(self) -> None:
        """Double the size after four successes in a row."""
        self._successes += 1
        if self._successes >= _SUCCESSES_BEFORE_GROWTH and self.now < self.most:
            self._successes = 0
            self.now = min(self.most, self.now * 2)
