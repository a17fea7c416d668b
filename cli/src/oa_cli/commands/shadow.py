"""`oa shadow`."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import aiohttp
import click

from oa_cli.api_errors import RejectedError, UnreachableError
from oa_cli.output import show_json, show_progress
from oa_cli.runner import ExitStatus, json_option, print_answer, print_error
from oa_cli.shadow.comparison import DatasetComparison, Verdict
from oa_cli.shadow.report import comparison_table, progress_line, summary_line, write_page
from oa_cli.shadow.session import ShadowSession
from oa_cli.shadow.sides import Downloads, OurSide, TheirSide
from oa_cli.target import find_target

_STALLED_S = 120
_FILES = "https://v2.openaddresses.io/batch-prod"


@click.command()
@click.option("--theirs", required=True, metavar="URL", help="URL of openaddresses/batch.")
@click.option("--ours", metavar="URL", help="URL of this API; by default OA_API_URL or the local stack.")
@click.option("--their-files", default=_FILES, show_default=True, metavar="URL", help="URL of the folder with `job/`.")
@click.option("--source", metavar="PREFIX", help="Only sources that start with this, such as us/ca/.")
@click.option("--quick", "is_quick", is_flag=True, help="Compare stated counts and bounds only, no files.")
@click.option("--at-once", default=4, show_default=True, type=click.IntRange(1, 32), help="Datasets read concurrently.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="HTML file to write.")
@json_option
def shadow(
    *,
    theirs: str,
    ours: str | None,
    their_files: str,
    source: str | None,
    is_quick: bool,
    at_once: int,
    report: Path | None,
    as_json: bool,
) -> None:
    """Compare published data with openaddresses/batch.

    Compares each dataset that either side has published by number of features, bounds, attribute coverage, and hashes
    that do not depend on order. Prints what differs, and which side is nearer to the number of rows in the source.
    --json prints a line for each dataset once it is compared. Exit status 1 means that a dataset differs, is missing or
    cannot be read.
    """
    with _exit_on_error(report):
        url = ours.rstrip("/") if ours else find_target(os.environ, Path.cwd()).url
        targets = _Targets(theirs.rstrip("/"), their_files.rstrip("/"), url)
        comparisons = asyncio.run(_compare(targets, source, is_quick=is_quick, at_once=at_once, as_json=as_json))
        if report is not None:
            write_page(report, comparisons, theirs=theirs, ours=url)
    if not as_json:
        print_answer(None, comparison_table(comparisons), summary_line(comparisons), as_json=False)
    is_same = all(item.verdict is Verdict.SAME for item in comparisons)
    sys.exit(ExitStatus.DONE if is_same else ExitStatus.JOB_FAILED)


@dataclass(frozen=True, slots=True)
class _Targets:
    theirs: str
    their_files: str
    ours: str


async def _compare(
    targets: _Targets, source: str | None, *, is_quick: bool, at_once: int, as_json: bool
) -> list[DatasetComparison]:
    """Return all comparisons; print each as it ends."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_STALLED_S, sock_read=_STALLED_S)
    done: list[DatasetComparison] = []
    async with aiohttp.ClientSession(timeout=timeout) as http:
        downloads = Downloads(http)
        sides = TheirSide(targets.theirs, targets.their_files, downloads), OurSide(targets.ours, downloads)
        session = ShadowSession(*sides, downloads, is_quick=is_quick)
        async for total, comparison in session.compare_all(source, at_once=at_once):
            done.append(comparison)
            show_progress(progress_line(len(done), total, comparison))
            if as_json:
                show_json(comparison.as_json())
    return done


@contextmanager
def _exit_on_error(report: Path | None) -> Iterator[None]:
    try:
        yield
    except UnreachableError as error:
        _fail(error.detail, ExitStatus.UNREACHABLE)
    except RejectedError as error:
        _fail(error.detail, ExitStatus.REJECTED)
    except OSError as error:
        _fail(f"cannot write {report}: {error.strerror}", ExitStatus.REJECTED)
    except KeyboardInterrupt:
        _fail("interrupted", ExitStatus.INTERRUPTED)


def _fail(text: str, status: ExitStatus) -> NoReturn:
    print_error(text)
    sys.exit(status)
