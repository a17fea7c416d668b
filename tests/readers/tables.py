"""The rows that a format is written from."""

from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from readers.texts import Naming

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with an identifier, a text and a geometry as WKB, None for none, and the way to write them.

    `plain` has the shapes in two dimensions that formats without curves write.
    """

    ids: list[str]
    texts: list[str]
    bodies: Sequence[bytes | None]
    plain: Sequence[shapely.Geometry | None]
    kind: str
    dimensions: str
    encoding: str
    naming: Naming
