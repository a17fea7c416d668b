"""What the answers of a server say of themselves: how many features there are in all, and whether more follow."""

from dataclasses import dataclass, field

from oa_shared.value_text import plural
from oa_task.runtime.failure import TaskFailure

_ADVICE = "request all features, or set `protocol` to ESRI for a layer of an ArcGIS server"


@dataclass(frozen=True, slots=True)
class FeaturePage:
    """One collection: its file, its number of features, and what it says of those that it lacks.

    `total` is the number of features that it announces under the name `total_name`, None if it announces none. `more`
    names the member or link that announces more features, "" if there is none.
    """

    file: str
    features: int
    total: int | None = None
    total_name: str = ""
    more: str = ""


@dataclass(slots=True)
class FeaturePages:
    """The collections of one job, in input order: pages that a definition lists one by one are a whole together."""

    pages: list[FeaturePage] = field(default_factory=list)

    def add(self, page: FeaturePage) -> None:
        """Add the next collection."""
        self.pages.append(page)

    def check(self) -> None:
        """Raise TaskFailure upstream.truncated if a collection is only a part of what it announces."""
        for page in self.pages:
            present = sum(other.features for other in self.pages if other.total == page.total)
            if page.total is not None and present < page.total:
                text = f"{page.file} announces {plural(page.total, 'feature')} ({page.total_name}) and has {present:,}"
                raise TaskFailure("upstream.truncated", f"{text}: it is a part of the data; {_ADVICE}")
        if self.pages and self.pages[-1].more:
            last = self.pages[-1]
            text = f"{last.file} has {plural(last.features, 'feature')} and announces more ({last.more})"
            raise TaskFailure("upstream.truncated", f"{text}: it is one page of the data; {_ADVICE}")
