"""A short probe of each kind (`make probe` is the long one), and what the probes would find."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import sql

from abuse import findings
from abuse.credentials import Credentials
from abuse.findings import examine
from abuse.hostile_rows import CLOSED, seed
from abuse.page_checks import MARKUP, SCRIPT_URL, read_page
from abuse.probe import KINDS, summarize_errors
from abuse.probed_api import ProbedApi, probed_api
from abuse.raw_http import NO_ANSWER, ProbeAnswer, ProbeRequest, RawClient
from oa_local.postgres import Postgres

_SECONDS = {"generated": 8, "pages": 8, "odd": 8}
_TEXT_COLUMNS = """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type IN ('text', 'jsonb', 'ARRAY') AND is_generated = 'NEVER'
    ORDER BY table_name, column_name
"""
_POLICY = "default-src 'none'; script-src 'self'"


@pytest.fixture(scope="module")
def probed(
    postgres: Postgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ProbedApi, Credentials]]:
    url = postgres.create("probes", template=migrated_template)
    seed(url)
    with probed_api(url, tmp_path_factory.mktemp("probes")) as api:
        yield api, Credentials(url)
    postgres.drop("probes")


def test_every_text_that_rows_hold_is_a_payload(database_url: str) -> None:
    """A new column gets a payload in hostile_rows.sql, or a place among CLOSED."""
    seed(database_url)
    plain = []
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(_TEXT_COLUMNS)
        for table, column in cursor.fetchall():
            statement = sql.SQL("SELECT 1 FROM {} WHERE {}::text LIKE '%%x-probe%%' LIMIT 1")
            cursor.execute(statement.format(sql.Identifier(table), sql.Identifier(column)))
            if cursor.fetchone() is None:
                plain.append(f"{table}.{column}")
    assert sorted(set(plain) - CLOSED) == []
    assert sorted(CLOSED - set(plain)) == []


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.filterwarnings("ignore")
def test_short_probe_finds_nothing(
    probed: tuple[ProbedApi, Credentials], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "_SLOW_S", 60.0)  # next to other tests; `make probe` has the machine for itself
    api, credentials = probed
    figures = KINDS[kind](api.url, credentials, seconds=_SECONDS[kind], order=1)
    print(figures)
    assert [str(finding) for finding in figures.findings.values()] == []
    assert summarize_errors(api.errors()) == []
    assert figures.requests > 5


GOOD_HEADERS = {"content-security-policy": "sandbox; default-src 'none'", "x-content-type-options": "nosniff"}
GOOD_PAGE_HEADERS = {**GOOD_HEADERS, "content-security-policy": _POLICY, "content-type": "text/html; charset=utf-8"}


def answer(status: int = 200, body: str = "", **headers: str) -> ProbeAnswer:
    received = {name.replace("_", "-"): value for name, value in headers.items()}
    return ProbeAnswer(status, {**GOOD_HEADERS, **received}, body.encode(), 0.1)


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (answer(500), "500"),
        (answer(503), "503"),
        (answer(NO_ANSWER), "no answer"),
        (ProbeAnswer(200, GOOD_HEADERS, b"", 20.0), "slow"),
        (answer(content_security_policy=""), "outside of the sandbox"),
        (answer(content_type="text/html"), "page without its policy"),
        (answer(x_content_type_options=""), "without nosniff"),
        (answer(x_probe="1"), "became a header"),
        (answer(303, location="//evil.example"), "another site"),
        (answer(303, location="javascript:probe(1)"), "another site"),
        (answer(body='{"a": NaN}', content_type="application/json"), "not JSON"),
        (answer(body="{", content_type="application/problem+json"), "not JSON"),
        (ProbeAnswer(200, GOOD_PAGE_HEADERS, MARKUP.encode(), 0.1), "became an element"),
    ],
)
def test_bad_answer_is_a_finding(bad: ProbeAnswer, what: str) -> None:
    assert any(what in found for found in examine(bad))


def test_good_answer_and_fault_of_a_health_check_are_no_findings() -> None:
    assert examine(answer(body="{}", content_type="application/json")) == []
    assert examine(answer(303, location="/jobs")) == []
    assert examine(ProbeAnswer(200, GOOD_PAGE_HEADERS, b"<a href='/jobs'>x</a>", 0.1)) == []
    assert examine(answer(503), is_health=True) == []


@pytest.mark.parametrize(
    "context",
    [
        "<p>{}</p>",
        "<a title='{}'>x</a>",
        '<a title="{}">x</a>',
        "<script>var a = '{}'</script>",
        "<title>{}</title>",
        "<textarea>{}</textarea>",
        "<!-- {} -->",
        '<script type="application/json">{}</script>',
    ],
)
def test_payload_that_a_page_does_not_escape_is_found_in_each_context(context: str) -> None:
    assert read_page(context.format(MARKUP)).findings
    assert not read_page("<p>&#39;&#34;--&gt;&lt;x-probe onprobe=1&gt; javascript:probe(1)</p>").findings


@pytest.mark.parametrize(
    "page",
    [
        f'<a href="{SCRIPT_URL[:20]}">x</a>',
        '<form action=" JavaScript:probe(1)"></form>',
        '<img src="data:text/html,x">',
        '<p onclick="x">',
        "<iframe src=/jobs></iframe>",
        "<script>probe(1)</script>",
        "9449772114007",
    ],
)
def test_page_that_runs_a_text_is_found(page: str) -> None:
    assert read_page(page).findings


def test_connection_that_closes_without_an_answer_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def close_each() -> None:
            connection, _ = server.accept()
            connection.recv(1000)
            connection.close()

        thread = threading.Thread(target=close_each)
        thread.start()
        client = RawClient(f"http://127.0.0.1:{server.getsockname()[1]}")
        assert client.send(ProbeRequest("GET", "/", "/")).status == NO_ANSWER
        thread.join(60)


def test_errors_of_a_log_are_summarized_once(tmp_path: Path) -> None:
    trace = 'Traceback\\n  File \\"/x/oa_api/a.py\\", line 1, in f\\nValueError: x'
    line = f'{{"event": "request_failed", "level": "error", "exception": "{trace}"}}'
    (summary,) = summarize_errors([line, line])
    assert summary == 'request_failed | File "/x/oa_api/a.py", line 1, in f | ValueError: x'
