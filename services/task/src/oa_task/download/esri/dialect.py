"""How a question for features is put, from all that we want to the least that every server understands."""

from collections.abc import Collection

from oa_task.download.esri.layer import Layer

Parameters = dict[str, str]
_PLACE = {"returnGeometry": "true", "outSR": "4326"}
_PRECISION = {"geometryPrecision": "7"}
_FLAT = {"returnZ": "false", "returnM": "false", "returnTrueCurves": "false"}


class Dialect:
    """A ladder of parameters: a step down for each question that the server refuses, until one was answered."""

    def __init__(self, layer: Layer, columns: Collection[str]) -> None:
        fields = out_fields(layer, columns)
        self._steps: list[tuple[Parameters, bool]]
        self._place = 0
        self._is_proven = False
        everything = {"outFields": "*"}
        if not layer.has_geometry:
            flat = {"returnGeometry": "false"}
            self._steps = [({"outFields": fields, **flat}, True), ({**everything, **flat}, False)]
            return
        self._steps = [
            ({"outFields": fields, **_PLACE, **_PRECISION, **_FLAT}, True),
            ({**everything, **_PLACE, **_PRECISION, **_FLAT}, True),
            ({**everything, **_PLACE, **_PRECISION}, True),
            ({**everything, **_PLACE}, False),
        ]

    @property
    def place(self) -> int:
        """Return which step is in use."""
        return self._place

    @property
    def is_proven(self) -> bool:
        """Return whether a question in this form was answered with features."""
        return self._is_proven

    def parameters(self, asked: Parameters) -> Parameters:
        """Return a question with what is asked of every page; the last step does without an order."""
        given, may_order = self._steps[self._place]
        kept = {key: value for key, value in asked.items() if may_order or key != "orderByFields"}
        return {**kept, **given}

    def proved(self) -> None:
        """Note an answer with features: what is refused from now on is not refused for its form."""
        self._is_proven = True

    def step_down(self, place: int) -> bool:
        """Leave a step that was refused; False when there is none to go to or the form was proven."""
        if self._is_proven or place >= len(self._steps) - 1:
            return False
        self._place = max(self._place, place + 1)
        return True


def out_fields(layer: Layer, columns: Collection[str]) -> str:
    """Return the fields to ask for: those that the rules read and the object id; all when one of them is not listed."""
    wanted = sorted(columns)
    if not wanted or not layer.fields or not set(wanted) <= set(layer.fields):
        return "*"
    oid = [layer.oid_field] if layer.oid_field and layer.oid_field not in wanted else []
    return ",".join([*wanted, *oid])
