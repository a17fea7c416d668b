"""`python -m oa_api.commands.examiner_process MEMORY_BYTES CPU_S`: reads untrusted definitions within limits.

Requests come from the standard input and replies go to the standard output, as frames (see
oa_api.definitions.examination_frames): first one frame once the program is loaded; for each request frames
of replies, then its end. The process ends with its input, when a request exceeds its CPU time, and after one that took
much memory.
"""

import gc
import sys
from collections.abc import Callable, Iterator

from oa_api.definitions.examination_frames import DONE, FAILED, OUT_OF_MEMORY, encode_frame, read_frame
from oa_api.definitions.examination_limits import (
    ExaminationLimits,
    limit_process,
    peak_memory_bytes,
    renew_cpu_budget,
)
from oa_api.jobs.examination import DEFINITION, POSTED, examine_definition, examine_posted
from oa_api.pull_requests.examination import REVIEW, examine_change
from oa_api.trials.review import REVIEW_TRIAL, review_posted
from oa_shared.json_types import JsonObject
from oa_shared.source_definition import prepare_validation
from oa_shared.us_places import prepare_names

Operation = Callable[[JsonObject, bytes], Iterator[list[JsonObject]]]
OPERATIONS: dict[str, Operation] = {
    POSTED: examine_posted,
    DEFINITION: examine_definition,
    REVIEW: examine_change,
    REVIEW_TRIAL: review_posted,
}
# Memory that a request took stays with the process: one that took much more than usual makes room for a new one.
_USUAL_BYTES = 64 * 1024 * 1024


def main() -> None:
    """Serve requests until the input ends."""
    memory_bytes, cpu_s = map(int, sys.argv[1:3])
    limits = ExaminationLimits(memory_bytes, cpu_s)
    prepare_validation()
    prepare_names()
    # Decoded JSON has no cycles: collecting them would take a third of the time of a large request.
    gc.freeze()
    gc.disable()
    limit_process(limits)
    most_bytes = peak_memory_bytes() + _USUAL_BYTES
    _write({"end": DONE})
    while (request := read_frame(sys.stdin.buffer.read)) is not None:
        header, body = request
        end = _serve(header, body, limits) if isinstance(header, dict) else {"end": FAILED, "error": "no header"}
        ends = end["end"] != DONE or peak_memory_bytes() > most_bytes
        _write({**end, "ends": ends})
        if ends:
            return
        # After the reply, which the API waits for.
        del request, body
        gc.collect()


def _serve(header: JsonObject, body: bytes, limits: ExaminationLimits) -> JsonObject:
    """Write the replies to a request, and return how it ended."""
    try:
        renew_cpu_budget(limits)
        for replies in OPERATIONS[str(header["operation"])](header, body):
            _write(replies)
            renew_cpu_budget(limits)
    except MemoryError:
        return {"end": OUT_OF_MEMORY}
    except Exception as error:  # noqa: BLE001 - the API reports it as its own
        return {"end": FAILED, "error": f"{type(error).__name__}: {error}"[:500]}
    return {"end": DONE}


def _write(header: JsonObject | list[JsonObject]) -> None:
    sys.stdout.buffer.write(encode_frame(header))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
