"""Which events a client receives."""

from dataclasses import dataclass

from oa_api.events.rows import EventRow


@dataclass(frozen=True, slots=True)
class EventFilter:
    """The events of a run, of a job, or of some kinds; None matches all."""

    run: int | None = None
    job: int | None = None
    kinds: frozenset[str] | None = None

    def matches(self, event: EventRow) -> bool:
        """Return whether the client receives an event."""
        return (
            self.run in (None, event.run)
            and self.job in (None, event.job)
            and (self.kinds is None or event.kind in self.kinds)
        )

    def matches_run(self, run: int) -> bool:
        """Return whether the client receives the counts of a run."""
        return self.job is None and self.run in (None, run)
