"""The tables of docs/moving.md, from services/api/src/oa_api/compatibility/table.json; the rest of the page is text."""

from collections.abc import Iterable
from pathlib import Path

from oa_api.compatibility.table import RecognizedBy, RouteVerdict, TableRow, count_verdicts, read_table

_NONE = "\N{EN DASH}"
_PAGE = Path(__file__).parents[3] / "docs/moving.md"
COMMANDS_HEADING = "Commands of @openaddresses/lib"
COMPATIBLE = "works"
_START, _END = "<!-- table.json: {name} -->", "<!-- end of {name} -->"


def page() -> str:
    """Return the page with its tables. Raises ValueError where the mark of a table is missing."""
    text = _PAGE.read_text("utf-8")
    for name, content in (("requests", _requests()), ("pages", _pages()), ("commands", _commands())):
        start, end = _START.format(name=name), _END.format(name=name)
        before, found, rest = text.partition(start)
        _, ended, after = rest.partition(end)
        if not found or not ended:
            raise ValueError(f"docs/moving.md has no marks of the table {name}: {start} … {end}")
        text = f"{before}{start}\n{content}\n{end}{after}"
    return text


def _requests() -> str:
    counts = count_verdicts()
    total = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    rows = [row for row in read_table() if _is_request(row)]
    head = "| Version 1 | Version 2 | Marked by | Verdict | Remarks | Used by |"
    return "\n".join([f"Requests and pages: **{total}**.", "", head, "|---|---|---|---|---|---|", *map(_request, rows)])


def _request(row: TableRow) -> str:
    version_2 = f"`{row.version_2}`" if row.version_2 else _NONE
    is_unmarked = row.recognized_by is RecognizedBy.NOTHING and row.verdict is RouteVerdict.REFUSED
    mark = _NONE if is_unmarked else str(row.recognized_by)
    clients = ", ".join(row.clients) or _NONE
    return _line(f"`{row.version_1}`", version_2, mark, str(row.verdict), row.note, clients)


def _pages() -> str:
    head = "| openaddresses/batch | This service | Remarks |"
    rows = [
        _line(f"`{row.endpoint[1]}`", f"`{str(row.version_2).removeprefix('GET ')}`", row.note)
        for row in read_table()
        if not _is_request(row)
    ]
    return "\n".join([head, "|---|---|---|", *rows])


def _commands() -> str:
    rows = {command: row for row in read_table() for command in row.commands}
    works = sum(row.verdict is RouteVerdict.COMPATIBLE for row in rows.values())
    counted = f"Of {len(rows)} commands **{works} work** and {len(rows) - works} are refused, with the reason."
    lines = [
        _line(f"`{command}`", f"`{row.version_1}`", _outcome(row))
        for command, row in sorted(rows.items(), key=lambda item: item[0])
    ]
    return "\n".join([counted, "", "| Command | Request | Outcome |", "|---|---|---|", *lines])


def _outcome(row: TableRow) -> str:
    return COMPATIBLE if row.verdict is RouteVerdict.COMPATIBLE else f"refused: {row.note}"


def _is_request(row: TableRow) -> bool:
    return row.endpoint[1].startswith("/api")


def _line(*cells: str) -> str:
    return f"| {' | '.join(_escape(cells))} |"


def _escape(cells: Iterable[str]) -> Iterable[str]:
    return (cell.replace("|", "\\|") for cell in cells)
