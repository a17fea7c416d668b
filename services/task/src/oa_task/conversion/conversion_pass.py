"""The pass over the data: reading, conforming, text and outputs, each stage in a thread of its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from oa_task.conform.conformer import Conformer
from oa_task.conversion.outputs import Outputs
from oa_task.conversion.stats import ConversionStats
from oa_task.features.batch import Attributes, FeatureBatch, Geometry
from oa_task.features.validation import validate
from oa_task.runtime.phase_clock import PhaseClock
from oa_task.runtime.pipeline import ConsumerThread, ReadAhead
from oa_task.write.lines import output_batch

Conformed = tuple[Attributes, Geometry]


@dataclass(frozen=True, slots=True)
class ConversionPass:
    """What one pass over a layer needs; `progress` is told how many features are through."""

    layer: str
    conformer: Conformer
    stats: ConversionStats
    outputs: Outputs
    clock: PhaseClock
    progress: Callable[[int], None]

    def run(self, batches: Iterable[FeatureBatch]) -> None:
        """Take all batches through. Conforming stays in this thread: its time limits are signals."""
        text = ConsumerThread("text", self._write)
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
        verdict = validate(batch.attributes, batch.geometry, self.layer)
        self.stats.add(batch.attributes, batch.geometry, verdict)
        self.outputs.put(batch, verdict)
