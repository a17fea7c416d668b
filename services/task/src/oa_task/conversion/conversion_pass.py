"""The pass over the data: reading, conforming, formatting text and writing outputs, each stage in its own thread."""

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

ConformedBatch = tuple[Attributes, Geometry]


@dataclass(frozen=True, slots=True)
class ConversionPass:
    """One pass over the data of a layer; `on_progress` receives the number of features written so far."""

    layer: str
    conformer: Conformer
    stats: ConversionStats
    outputs: Outputs
    clock: PhaseClock
    on_progress: Callable[[int], None]

    def run(self, batches: Iterable[FeatureBatch]) -> None:
        """Conform and write all batches. Conforming stays in this thread, because its time limits are signals."""
        text = ConsumerThread("text", self._write)
        try:
            with ReadAhead(batches) as ahead:
                for batch in ahead:
                    with self.clock.phase("conform"):
                        attributes = self.conformer.conform(batch)
                    text.put((attributes, batch.geometry))
                    self.on_progress(self.stats.count)
            text.end()
            text.join()
        finally:
            text.stop()
        self.clock.add({"read": ahead.busy_s, "text": text.busy_s - self.outputs.waited_s})

    def _write(self, conformed: ConformedBatch) -> None:
        batch = output_batch(*conformed, self.layer)
        validation = validate(batch.attributes, batch.geometry, self.layer)
        self.stats.add(batch.attributes, batch.geometry, validation)
        self.outputs.put(batch, validation)
