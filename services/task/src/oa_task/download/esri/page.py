"""One page of features, and the size of page that the server can stand."""

from dataclasses import dataclass, field
from typing import Any

from oa_task.download.esri.client import Answer
from oa_task.download.requests import TransientError

_GOOD_BEFORE_GROWTH = 4


@dataclass(frozen=True, slots=True)
class EsriPage:
    """Features in the server's order, with their object ids (whole numbers or text, None where there is none).

    `is_cut` when the server says that there are more than it sent.
    """

    features: list[dict[str, Any]]
    ids: list[Any]
    is_cut: bool
    spatial_reference: Any = None


def parse_page(answer: Answer, oid_field: str | None) -> EsriPage:
    """Return the page in an answer. Raises Trouble for an answer without a list of features."""
    features = answer.get("features")
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise TransientError("upstream.http_5xx", "the server answered without a list of features")
    attributes = [feature.get("attributes") or {} for feature in features]
    if not all(isinstance(row, dict) for row in attributes):
        raise TransientError("upstream.http_5xx", "the server answered with features whose attributes are no object")
    named = _id_name(attributes, oid_field, answer.get("objectIdFieldName"))
    ids = [_id(row.get(named)) for row in attributes] if named else [None] * len(features)
    return EsriPage(features, ids, bool(answer.get("exceededTransferLimit")), answer.get("spatialReference"))


def _id(value: Any) -> Any:
    """Return an id as a whole number or text; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | str) else None


def _id_name(attributes: list[dict[str, Any]], claimed: str | None, answered: Any) -> str | None:
    """Return the name under which the ids came: servers differ from their metadata in case."""
    names = attributes[0].keys() if attributes else ()
    wanted = [name.casefold() for name in (claimed, answered) if isinstance(name, str)]
    return next((name for want in wanted for name in names if name.casefold() == want), None)


@dataclass(slots=True)
class PageSize:
    """Halved when the server fails, doubled after four good pages, never above `most`."""

    most: int
    now: int = field(init=False)
    _good: int = 0

    def __post_init__(self) -> None:
        self.now = self.most

    def shrink(self, to: int | None = None) -> None:
        """Ask for half as much from now on, or for what was seen to come."""
        self._good = 0
        self.now = max(1, min(self.now, self.now // 2 if to is None else to))

    def worked(self) -> None:
        """Note a good page."""
        self._good += 1
        if self._good >= _GOOD_BEFORE_GROWTH and self.now < self.most:
            self._good = 0
            self.now = min(self.most, self.now * 2)
