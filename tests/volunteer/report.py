"""Print what a volunteer reads of real sources whose data has a fault: `python -m volunteer.report DEFINITIONS`.

DEFINITIONS is a folder of source definitions. For five of each kind of data, the program makes data in the shape that
the definition expects, delivers it with each fault, and runs the engine. It exits with status 1 if a result has fewer,
doubled or wrong rows without any warning or count, or if a failure is a fault of the engine.
"""

import argparse
import asyncio
import gzip
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from aiohttp import web
from aiohttp.test_utils import TestServer

from support.arcgis_server import PATH
from support.programs import started
from volunteer.delivery import Delivery, definition_of
from volunteer.faults import Fault, faults
from volunteer.real_sources import KINDS, RealSource, read_sources

_PARALLEL = 2
_SHOWN = 170
_OA_TASK = Path(sys.executable).with_name("oa-task")


@dataclass(frozen=True)
class Outcome:
    """The answer of a run, its features by content, and what it counts as invalid."""

    answer: dict[str, Any]
    features: Counter[str]
    invalid: dict[str, int]

    @property
    def is_success(self) -> bool:
        """Return whether the run succeeded."""
        return bool(self.answer["status"] == "Success")

    def attributes(self) -> Counter[str]:
        """Return the features without their shapes, but with whether they have one."""
        contents = {feature: json.loads(feature) for feature in self.features}
        without_shapes = Counter[str]()
        for feature, (properties, outline) in contents.items():
            without_shapes[json.dumps([properties, outline is not None])] += self.features[feature]
        return without_shapes

    def words(self) -> set[str]:
        """Return what a success reports about its rows: warnings, bad rows, rows left out, rules that features fail."""
        rows = self.answer.get("rows", {})
        bad = {f"{reason['count']} bad rows: {name}" for name, reason in rows.get("bad", {}).items()}
        left_out = {f"{count} left out: {name}" for name, count in rows.get("left_out", {}).items()}
        invalid = {f"{count} not valid: {name}" for name, count in self.invalid.items() if count}
        return {*self.answer.get("warnings", []), *bad, *left_out, *invalid}


@dataclass(frozen=True)
class Line:
    """One line of the report."""

    kind: str
    source: str
    fault: str
    verdict: str
    text: str

    @property
    def is_wrong(self) -> bool:
        """Return whether the outcome breaks the promise."""
        return self.verdict in {"SILENT", "CRASH", "UNHEALTHY"}


async def run_engine(delivery: Delivery, folder: Path) -> Outcome:
    """Serve a delivery, run the engine on it, and return the outcome."""
    source = delivery.source
    async with _serve(delivery) as url:
        path = folder / "source.json"
        path.write_text(json.dumps(definition_of(source, url)), encoding="utf-8")
        arguments = ["run", path, "--layer", source.entry.layer, "--name", source.entry.name, "--out", folder / "out"]
        without = [part for name in ("tiles", "preview", "cache") for part in ("--without", name)]
        async with started(
            _OA_TASK,
            *map(str, [*arguments, *without, "--json"]),
            env={**os.environ, "OA_ALLOW_HOSTS": "127.0.0.1"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        ) as process:
            printed, _ = await process.communicate()
    answer = json.loads(printed.decode().strip().splitlines()[-1])
    return Outcome(answer, *await asyncio.to_thread(_features, folder / "out"))


def _features(out: Path) -> tuple[Counter[str], dict[str, int]]:
    file = next(out.rglob("source.geojson.gz"), None)
    if file is None:
        return Counter(), {}
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    return Counter(map(_content, lines)), json.loads(file.with_name("stats.json").read_text())["invalid"]


def _content(feature: dict[str, Any]) -> str:
    """Return the content of a feature, whatever the start and direction of its rings and the spelling of numbers."""
    properties = {name: value for name, value in feature["properties"].items() if name != "hash"}
    shape = shapely.from_geojson(json.dumps(feature["geometry"])) if feature["geometry"] else None
    outline = shapely.to_wkt(shapely.normalize(shape), rounding_precision=5) if shape else None
    return json.dumps([{name: None if value == "" else str(value) for name, value in properties.items()}, outline])


@asynccontextmanager
async def _serve(delivery: Delivery) -> AsyncIterator[str]:
    if delivery.source.kind == "ESRI":
        async with TestServer(delivery.arcgis_server().app()) as server:
            yield str(server.make_url(PATH))
        return
    body = await asyncio.to_thread(delivery.response)
    app = web.Application()
    app.router.add_get("/{name}", lambda _request: _respond(body))
    async with TestServer(app) as server:
        yield str(server.make_url("/data.zip" if delivery.source.entry.compression == "zip" else "/data"))


async def _respond(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/octet-stream")


def judge(outcome: Outcome, healthy: Outcome, fault: Fault) -> tuple[str, str]:
    """Return a verdict and the text that a volunteer reads; no success is right if the fault takes rows."""
    if not outcome.is_success:
        code = str(outcome.answer["code"])
        return "CRASH" if code.startswith("bug.") else "fails", f"{code}: {outcome.answer['message']}"
    new = sorted(outcome.words() - healthy.words())
    count = f"{outcome.features.total()} features"
    is_same = outcome.features == healthy.features
    if fault.changes_shapes:
        is_same = outcome.attributes() == healthy.attributes()
    if is_same and not fault.takes_rows:
        return "right", "; ".join([count, *new])
    return ("tells" if new else "SILENT"), "; ".join([f"{count}, {_count_changed(outcome, healthy)} changed", *new])


def _count_changed(outcome: Outcome, healthy: Outcome) -> int:
    return max((outcome.features - healthy.features).total(), (healthy.features - outcome.features).total())


async def report_source(source: RealSource, slots: asyncio.Semaphore) -> list[Line]:
    """Return a line for each fault that can occur in the data of a source."""
    plain = Delivery(source, source.rows(), source.shapes())
    healthy = await _run(plain, slots)
    if not healthy.is_success or healthy.features.total() != len(plain.rows):
        text = healthy.answer.get("message") or f"{healthy.features.total()} features from {len(plain.rows)} rows"
        return [Line(source.kind, source.name, "none", "UNHEALTHY", str(text))]
    return [line for fault in faults() if (line := await _report_fault(fault, plain, healthy, slots)) is not None]


async def _report_fault(fault: Fault, plain: Delivery, healthy: Outcome, slots: asyncio.Semaphore) -> Line | None:
    delivery = fault.commit(plain) if plain.source.kind in fault.kinds else None
    if delivery is None:
        return None
    reference = healthy if delivery.healthy is None else await _run(delivery.healthy, slots)
    verdict, text = judge(await _run(delivery, slots), reference, fault)
    return Line(plain.source.kind, plain.source.name, f"{fault.number} {fault.name}", verdict, text)


async def _run(delivery: Delivery, slots: asyncio.Semaphore) -> Outcome:
    async with slots:
        with tempfile.TemporaryDirectory(prefix="volunteer-") as folder:
            return await run_engine(delivery, Path(folder))


async def report(definitions: Path, kinds: list[str], count: int) -> list[Line]:
    """Return the lines of all sources; print those of each source when it is complete."""
    slots = asyncio.Semaphore(_PARALLEL)
    lines: list[Line] = []

    async def add(source: RealSource) -> None:
        found = await report_source(source, slots)
        lines.extend(found)
        for line in found:
            text = line.text if len(line.text) <= _SHOWN else f"{line.text[:_SHOWN]}…"
            print(f"{line.kind:9} | {line.source:40.40} | {line.fault:30} | {line.verdict:6} | {text}", flush=True)

    # A few sources at a time, so that the report grows from its start.
    chosen = [source for kind in kinds for source in read_sources(definitions, kind, count)]
    for first in range(0, len(chosen), _PARALLEL):
        await asyncio.gather(*map(add, chosen[first : first + _PARALLEL]))
    return lines


def main() -> int:
    """Print the report; return 1 if an outcome is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("definitions", type=Path)
    parser.add_argument("--kind", choices=KINDS, action="append", help="only this kind of data")
    parser.add_argument("--count", type=int, default=5, help="sources of each kind (5)")
    options = parser.parse_args()
    if not options.definitions.is_dir():
        print(f"no definitions in {options.definitions}")
        return 0
    lines = asyncio.run(report(options.definitions, options.kind or list(KINDS), options.count))
    verdicts = Counter(line.verdict for line in lines)
    print(f"{len(lines)} outcomes: " + ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items())))
    return int(not lines or any(line.is_wrong for line in lines))


if __name__ == "__main__":
    sys.exit(main())
