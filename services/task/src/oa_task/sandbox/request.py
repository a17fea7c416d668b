"""The request that the parent sends to the child process."""

from dataclasses import dataclass

OPTIONAL_OUTPUTS = ("validated", "parquet", "changes", "profile", "tiles", "preview", "cache")


@dataclass(frozen=True, slots=True)
class SandboxRequest:
    """The work of one child; except for layer and name, all texts are paths.

    `raws` are the downloaded files in order; `previous` is the `source.geojson.gz` published before, if any; `title`
    names the source in the picture; `without` names the OPTIONAL_OUTPUTS to leave out. With `rows`, the number of the
    first row and a count, the child returns those rows instead of a conversion; a count of 0 returns the names of the
    columns. With `writes_evidence` it writes `profile.json` and `sample.json`, as far as the data can be read. With
    `describes`, which is the protocol of the data, the child describes the only raw file, without a definition;
    `layer` may be empty. With `summary`, the number of rows to count, the child counts them in addition to `rows`.
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
    writes_evidence: bool = False
    describes: str | None = None
    summary: int = 0
