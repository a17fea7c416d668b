"""The cost of authentication and of the account and audit lists, at 2,000 accounts and 1,000,000 audit entries."""

import asyncio
from contextlib import closing

import aiohttp
from api_reads import get, get_page, time_calls
from report import Figure, p50_p99_ms, show
from server import Bench, bench_api, bench_database, statement

ACCOUNTS, ENTRIES, CALLS = 2000, 1_000_000, 300
CALLED = {
    "audit log, latest": "/api/audit?limit=100",
    "audit log of one account": "/api/audit?actor=person-7&limit=100",
    "audit log without a match": "/api/audit?actor=nobody&limit=100",
    "audit log of one action": "/api/audit?action=job.rerun&limit=100",
    "audit log of one job": "/api/audit?subject=job/500000",
    "accounts": "/api/account?limit=100",
    "tokens": "/api/token",
}
PAGES = {"entries": "/audit", "accounts": "/accounts", "profile": "/profile"}
TOKEN, SESSION = {"Authorization": "Bearer oa_person-7"}, {"Cookie": "oa_session=person-7"}


def fill(bench: Bench) -> None:
    """Write accounts, their credentials and their audit entries."""
    with closing(bench.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(statement("fill_people"), {"accounts": ACCOUNTS})
        cursor.execute(statement("fill_credentials"))
        cursor.execute(statement("fill_audit"), {"entries": ENTRIES})
        cursor.execute("VACUUM ANALYZE")


async def measure_authentication(url: str) -> list[Figure]:
    """Return the duration of the smallest request by credential; the baseline has no credential."""
    times = {}
    for who, headers in (("no credential", {}), ("a token", TOKEN), ("a session", SESSION)):
        async with aiohttp.ClientSession(url, headers=headers) as session:
            times[who] = p50_p99_ms(await time_calls(lambda session=session: get(session, "/api"), CALLS))  # type: ignore[misc] # each its own
    return [
        Figure(f"GET /api with {who}", times[who], times["no credential"], "without")
        for who in ("a token", "a session")
    ]


async def measure_lists(url: str) -> list[Figure]:
    """Return one row per list and page."""
    figures = []
    async with aiohttp.ClientSession(url, headers=SESSION) as session:
        for what, path in CALLED.items():
            times = await time_calls(lambda path=path: get(session, path), CALLS)  # type: ignore[misc] # each its own
            figures.append(Figure(what, p50_p99_ms(times)))
        for what, path in PAGES.items():
            times = await time_calls(lambda path=path: get_page(session, path), CALLS)  # type: ignore[misc] # likewise
            figures.append(Figure(f"page, {what}", p50_p99_ms(times)))
    return figures


async def measure(url: str) -> list[Figure]:
    """Return all rows."""
    return [*await measure_authentication(url), *await measure_lists(url)]


def main() -> None:
    with bench_database() as bench:
        fill(bench)
        with bench_api(bench) as (api, _pid):
            title = f"people at {ACCOUNTS:,} accounts and {ENTRIES:,} audit entries, p50 / p99 of {CALLS}"
            show(title, asyncio.run(measure(api.url)))


if __name__ == "__main__":
    main()
