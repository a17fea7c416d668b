"""What the parent asks of the child process."""

from dataclasses import dataclass

OPTIONAL_OUTPUTS = ("validated", "parquet", "changes", "profile", "tiles", "preview", "cache")


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """What the child is to do; all but the layer and the name are paths.

    `raws` are the downloaded files in order; `previous` is the `source.geojson.gz` published before, if there is one;
    `title` names the source in the picture, `without` OPTIONAL_OUTPUTS that are not made. `rows`, the number of the
    first one and how many, asks to look at these instead of converting everything; no rows at all, for the names of
    the columns.
    """

    definition: str
    layer: str
    name: str
    raws: tuple[str, ...]
    work: str
    out: str
    previous: str | None = None
    title: str = ""
    without: tuple[str, ...] = ()
    rows: tuple[int, int] | None = None
