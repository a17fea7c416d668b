"""The pass over the data: reading, conforming, text and outputs, each stage in a thread of its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from oa_task.clock import Clock
from oa_task.conform.conformer import Conformer
from oa_task.features import Attributes, FeatureBatch, Geometry
from oa_task.outputs import Outputs
from oa_task.pipeline import ReadAhead, Worker
from oa_task.stats import Stats
from oa_task.validation import judge
from oa_task.write.lines import output_batch

Conformed = tuple[Attributes, Geometry]


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass over a layer needs; `progress` is told how many features are through."""

    layer: str
    conformer: Conformer
    stats: Stats
    outputs: Outputs
    clock: Clock
    progress: Callable[[int], None]

    def run(self, batches: Iterable[FeatureBatch]) -> None:
        """Take all batches through. Conforming stays in this thread: its time limits are signals."""
        text = Worker("text", self._write)
        try:
            with ReadAhead(batches) as ahead:
                for batch in ahead:
                    with self.clock.phase("conform"):
                        attributes = self.conformer.conform(batch)
                    text.put((attributes, batch.geometry))
                    self.progress(self.stats.count)
            text.end()
            text.join()
        finally:
            text.stop()
        self.clock.note({"read": ahead.busy_s, "text": text.busy_s - self.outputs.waited_s})

    def _write(self, conformed: Conformed) -> None:
        batch = output_batch(*conformed, self.layer)
        verdict = judge(batch.attributes, batch.geometry, self.layer)
        self.stats.add(batch.attributes, batch.geometry, verdict)
        self.outputs.put(batch, verdict)
