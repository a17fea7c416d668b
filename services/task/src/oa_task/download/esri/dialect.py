"""The parameters of queries for features, from all useful ones down to those that every server supports."""

from collections.abc import Collection

from oa_task.download.esri.layer import Layer

Parameters = dict[str, str]
_GEOMETRY = {"returnGeometry": "true", "outSR": "4326"}
_PRECISION = {"geometryPrecision": "7"}
_FLAT = {"returnZ": "false", "returnM": "false", "returnTrueCurves": "false"}


class Dialect:
    """Levels of parameters: one level down for each query that the server rejects, until one query succeeds."""

    def __init__(self, layer: Layer, columns: Collection[str]) -> None:
        fields = out_fields(layer, columns)
        self._levels: list[tuple[Parameters, bool]]
        self._level = 0
        self._is_proven = False
        all_fields = {"outFields": "*"}
        if not layer.has_geometry:
            without_geometry = {"returnGeometry": "false"}
            self._levels = [
                ({"outFields": fields, **without_geometry}, True),
                ({**all_fields, **without_geometry}, False),
            ]
            return
        self._levels = [
            ({"outFields": fields, **_GEOMETRY, **_PRECISION, **_FLAT}, True),
            ({**all_fields, **_GEOMETRY, **_PRECISION, **_FLAT}, True),
            ({**all_fields, **_GEOMETRY, **_PRECISION}, True),
            ({**all_fields, **_GEOMETRY}, False),
        ]

    @property
    def level(self) -> int:
        """Return the index of the current level."""
        return self._level

    @property
    def is_proven(self) -> bool:
        """Return whether a query at this level has returned features."""
        return self._is_proven

    def parameters(self, query: Parameters) -> Parameters:
        """Return a query with the parameters of the level; the last level drops the order."""
        added, may_order = self._levels[self._level]
        kept = {key: value for key, value in query.items() if may_order or key != "orderByFields"}
        return {**kept, **added}

    def mark_proven(self) -> None:
        """Record that a query has returned features: the parameters do not cause later rejections."""
        self._is_proven = True

    def step_down(self, level: int) -> bool:
        """Leave a rejected level; return False if there is no lower one or this one is proven."""
        if self._is_proven or level >= len(self._levels) - 1:
            return False
        self._level = max(self._level, level + 1)
        return True


def out_fields(layer: Layer, columns: Collection[str]) -> str:
    """Return the fields to request: those that rules read and the object ID, or all if the layer lacks one of them."""
    fields = sorted(columns)
    if not fields or not layer.fields or not set(fields) <= set(layer.fields):
        return "*"
    oid = [layer.oid_field] if layer.oid_field and layer.oid_field not in fields else []
    return ",".join([*fields, *oid])
