"""What requests about trials say, after validation."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialForm:
    """A definition as typed, or the URL of one; `source_name` is its path below `sources`, without `.json`.

    `entry` is the layer and the name of the entry to run, with a slash between them; empty for the first one.
    """

    definition: str = ""
    url: str = ""
    source_name: str = ""
    entry: str = ""

    @property
    def selected(self) -> tuple[str, str] | None:
        """Return the layer and the name of the entry to run, None for the first one."""
        layer, slash, name = self.entry.partition("/")
        return (layer, name) if slash else None


@dataclass(frozen=True, kw_only=True, slots=True)
class TrialQuery:
    """The job whose definition fills in the form."""

    job: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSourceForm:
    """The URL of data that has no definition; `layer` and `source_name` are empty if the author leaves them open."""

    url: str = ""
    layer: str = ""
    source_name: str = ""
