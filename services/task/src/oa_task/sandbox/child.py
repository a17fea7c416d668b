"""The program of the sandbox: `python -m oa_task.sandbox.child CONFINEMENT`, with a SandboxRequest on standard input.

CONFINEMENT is JSON: `limits` (SandboxLimits) and `folders` (SandboxFolders).
"""

import importlib
import json
import select
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from oa_shared.json_types import JsonObject
from oa_task.definition.task_entry import TaskEntry, read_definition, select_entry
from oa_task.runtime.failure import DISK_FULL, TaskFailure
from oa_task.runtime.gc_tuning import reduce_gc_frequency
from oa_task.sandbox.landlock import SandboxFolders
from oa_task.sandbox.limits import SandboxLimits, apply_limits
from oa_task.sandbox.request import SandboxRequest

_PROGRESS_EVERY_S = 0.5
_LATE_MODULES = {
    # Polars loads the first to make columns of arrays, Pillow the others to write a PNG.
    "preview": (
        *("numpy.ma", "oa_task.preview.picture"),
        *(f"PIL.{name}ImagePlugin" for name in ("Bmp", "Gif", "Jpeg", "Png", "Ppm")),
    ),
    "tiles": ("oa_task.tiles.tileset", "pyarrow.compute"),
}
"""The modules that the outputs of a conversion import late, so that other commands start faster."""
_MODULES_OF_FORMATS = ("oa_task.read.coordinates", "pyproj", "oa_task.read.gdal")
"""Those of some formats: a table of places in degrees needs only the first."""
Handler = Callable[[str], JsonObject]
"""Accepts the first line of standard input, returns a report; raises TaskFailure."""


class _Convert(Protocol):
    def __call__(
        self,
        raws: list[Path],
        entry: TaskEntry,
        *,
        work: Path,
        out: Path,
        on_progress: Callable[[int], None],
        previous: Path | None,
        title: str,
        without: frozenset[str],
    ) -> JsonObject: ...


def main() -> None:
    """Wait for the request, serve it and send the outcome; without a request, end without an outcome."""
    run_child(_load_handler)


def run_child(load_handler: Callable[[], Handler]) -> None:
    """Apply the limits in the first argument, load the handler, pass it the first line and send the outcome."""
    confinement = json.loads(sys.argv[1])
    folders = SandboxFolders(**{name: tuple(paths) for name, paths in confinement["folders"].items()})
    apply_limits(SandboxLimits(**confinement["limits"]), folders)
    reduce_gc_frequency()
    outcome = _outcome(load_handler)
    if outcome is not None:
        send(outcome)


def _load_handler() -> Handler:
    from oa_task.conversion.convert import convert  # noqa: PLC0415 - under the limits, and before the request

    _load_early([*(module for modules in _LATE_MODULES.values() for module in modules), *_MODULES_OF_FORMATS])
    return lambda line: _serve(convert, SandboxRequest(**json.loads(line)))


def _load_early(modules: Sequence[str]) -> None:
    """Import modules until the request arrives, while the parent starts and downloads.

    A job that needs another one imports it in its turn.
    """
    for module in modules:
        if select.select([sys.stdin], [], [], 0)[0]:
            return
        importlib.import_module(module)


def _load_for_outputs(without: Sequence[str]) -> None:
    """Import what the outputs need: the threads that write them would each wait for the imports of the others."""
    for output, modules in _LATE_MODULES.items():
        if output not in without:
            for module in modules:
                importlib.import_module(module)


def _outcome(load_handler: Callable[[], Handler]) -> JsonObject | None:
    try:
        handle = load_handler()
        line = sys.stdin.readline()
        return {"report": handle(line)} if line else None
    except TaskFailure as failure:
        return {"code": failure.code, "message": failure.message, "details": failure.details.as_json()}
    except MemoryError:
        return {"code": "resource.out_of_memory", "message": "the conversion exceeded its memory limit"}
    except OSError as error:
        is_full = error.errno in DISK_FULL
        return {"code": "resource.disk_full" if is_full else "bug.crash", "message": f"{type(error).__name__}: {error}"}
    except Exception as error:  # noqa: BLE001 - the entry of a process: every end has a code
        traceback.print_exc()
        return {"code": "bug.crash", "message": f"{type(error).__name__} while converting; see the log"}


def _serve(convert: _Convert, request: SandboxRequest) -> JsonObject:
    sent_at = 0.0

    def on_progress(count: int) -> None:
        nonlocal sent_at
        if time.monotonic() - sent_at > _PROGRESS_EVERY_S:
            sent_at = time.monotonic()
            send({"progress": count})

    if request.describes is not None:
        return _describe(request)
    entry = select_entry(read_definition(Path(request.definition)), request.layer, request.name)
    if request.rows is not None:
        return _inspect(entry, request, *request.rows)
    if request.writes_evidence:
        return _write_evidence(entry, request)
    _load_for_outputs(request.without)
    return convert(
        [Path(raw) for raw in request.raws],
        entry,
        work=Path(request.work),
        out=Path(request.out),
        on_progress=on_progress,
        previous=Path(request.previous) if request.previous else None,
        title=request.title,
        without=frozenset(request.without),
    )


def _inspect(entry: TaskEntry, request: SandboxRequest, first: int, count: int) -> JsonObject:
    from oa_task.conversion.row_inspection import column_names, inspect_rows  # noqa: PLC0415 - rarely needed

    raws = [Path(raw) for raw in request.raws]
    if not count:
        return column_names(raws, entry, work=Path(request.work))
    return inspect_rows(raws, entry, work=Path(request.work), first=first, count=count, summary=request.summary)


def _describe(request: SandboxRequest) -> JsonObject:
    from oa_task.conversion.data_description import describe_data  # noqa: PLC0415 - rarely needed

    raw, is_esri = Path(request.raws[0]), request.describes == "ESRI"
    return describe_data(raw, work=Path(request.work), is_esri=is_esri, layer=request.layer or None)


def _write_evidence(entry: TaskEntry, request: SandboxRequest) -> JsonObject:
    from oa_task.conversion.input_description import describe_input  # noqa: PLC0415 - only after a failure

    return describe_input([Path(raw) for raw in request.raws], entry, work=Path(request.work), out=Path(request.out))


def send(message: JsonObject) -> None:
    """Send the parent a line of JSON."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
