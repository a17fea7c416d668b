"""The program of the sandbox: `python -m oa_task.sandbox.child LIMITS`, the assignment on its standard input."""

import errno
import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oa_task.definition.source_entry import SourceEntry, read_definition, select_entry
from oa_task.runtime.failure import TaskFailure
from oa_task.runtime.gc_tuning import reduce_gc_frequency
from oa_task.sandbox.limits import SandboxLimits, apply_limits
from oa_task.sandbox.request import SandboxRequest

_EVERY_S = 0.5


def main() -> None:
    """Wait for the assignment, do it and say how it ended. Without one there is nothing to do or to say."""
    run_child(_loaded)


def run_child(load: Callable[[], Callable[[str], dict[str, Any]]]) -> None:
    """Give up what a process needs to be trusted, load what does the work, and do what the first line asks for."""
    apply_limits(SandboxLimits(**json.loads(sys.argv[1])))
    reduce_gc_frequency()
    outcome = _outcome(load)
    if outcome is not None:
        send(outcome)


def _loaded() -> Callable[[str], dict[str, Any]]:
    from oa_task.conversion.convert import convert  # noqa: PLC0415 - under the limits, and before there is work

    return lambda line: _convert(convert, SandboxRequest(**json.loads(line)))


def _outcome(load: Callable[[], Callable[[str], dict[str, Any]]]) -> dict[str, Any] | None:
    try:
        work = load()
        line = sys.stdin.readline()
        return {"report": work(line)} if line else None
    except TaskFailure as failure:
        return {"code": failure.code, "message": failure.message}
    except MemoryError:
        return {"code": "resource.out_of_memory", "message": "the conversion needed more memory than it may have"}
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        return {"code": "resource.disk_full" if full else "bug.crash", "message": f"{type(error).__name__}: {error}"}
    except Exception as error:  # noqa: BLE001 - the entry of a process: every end has a code
        traceback.print_exc()
        return {"code": "bug.crash", "message": f"{type(error).__name__} while converting; see the log"}


def _convert(convert: Callable[..., dict[str, Any]], assignment: SandboxRequest) -> dict[str, Any]:
    said_at = 0.0

    def progress(count: int) -> None:
        nonlocal said_at
        if time.monotonic() - said_at > _EVERY_S:
            said_at = time.monotonic()
            send({"progress": count})

    entry = select_entry(read_definition(Path(assignment.definition)), assignment.layer, assignment.name)
    if assignment.rows is not None:
        return _inspect(entry, assignment)
    return convert(
        [Path(raw) for raw in assignment.raws],
        entry,
        work=Path(assignment.work),
        out=Path(assignment.out),
        progress=progress,
        previous=Path(assignment.previous) if assignment.previous else None,
        title=assignment.title,
        without=frozenset(assignment.without),
    )


def _inspect(entry: SourceEntry, assignment: SandboxRequest) -> dict[str, Any]:
    from oa_task.conversion.row_inspection import column_names, inspect_rows  # noqa: PLC0415 - seldom wanted

    first, count = assignment.rows or (1, 1)
    raws = [Path(raw) for raw in assignment.raws]
    if not count:
        return column_names(raws, entry, work=Path(assignment.work))
    return inspect_rows(raws, entry, work=Path(assignment.work), first=first, count=count)


def send(what: dict[str, Any]) -> None:
    """Send the parent a line of JSON."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
