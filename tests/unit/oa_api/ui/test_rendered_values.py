"""Templates write no value as Python does: pages and mail share one rule."""

import re
from datetime import UTC, datetime
from enum import Enum

import aiohttp_jinja2
import pytest
from aiohttp import web
from jinja2 import Environment, UndefinedError
from markupsafe import Markup

from oa_api.http.assets import ASSETS, read_assets
from oa_api.identity.authorization import ROLES
from oa_api.reporting import health_digest
from oa_api.ui.charts import column_chart
from oa_api.ui.rendering import set_up_pages
from oa_shared.status import JobStatus


class _Color(Enum):
    RED = "red"


VALUES = {
    "nothing": (None, ""),
    "true": (True, "yes"),
    "false": (False, "no"),
    "list": (["geojson", "parquet"], "geojson, parquet"),
    "mapping": ({"status": ["Fail"], "live": True, "limit": None}, "status: Fail; live: yes; limit: none"),
    "tuple": ((1, "a"), "1, a"),
    "set": ({"b", "a"}, "a, b"),
    "plain enum": (_Color.RED, "red"),
    "text enum": (JobStatus.FAIL, "Fail"),
    "time": (datetime(2026, 11, 30, 7, 5, tzinfo=UTC), "2026-11-30 07:05 UTC"),
    "text": ("<b>", "&lt;b&gt;"),
    "markup": (Markup("<b>"), "<b>"),
    "number": (12, "12"),
}


@pytest.fixture(scope="module")
def pages() -> Environment:
    app = web.Application()
    app[ASSETS], app[ROLES] = read_assets(), {}
    set_up_pages(app)
    return aiohttp_jinja2.get_env(app)


@pytest.mark.parametrize("name", VALUES)
def test_page_writes_values_for_people(pages: Environment, name: str) -> None:
    value, text = VALUES[name]
    assert pages.from_string("{{ value }}").render(value=value) == text


def test_box_of_an_error_prints_code_without_backticks(pages: Environment) -> None:
    box = '{% import "components.html" as ui with context %}{{ ui.error_box("a.b", "Bad `c`", "In `d`", "Set `e`.") }}'
    text = pages.from_string(box).render()
    assert "`" not in text
    assert [code for code in "cde" if f"<code>{code}</code>" not in text] == []


def test_axis_of_a_chart_has_short_numbers(pages: Environment) -> None:
    chart = '{% import "components.html" as ui with context %}{{ ui.chart(chart, "Features") }}'
    text = pages.from_string(chart).render(chart=column_chart([("a", 800_000), ("b", 20)]))
    ticks = re.findall(r'text-anchor="end">([^<]+)</text>', text.partition("<rect")[0])
    assert len(ticks) >= 3
    assert [tick for tick in ticks if len(tick) > 5] == []


def test_missing_value_is_an_error(pages: Environment) -> None:
    with pytest.raises(UndefinedError):
        pages.from_string("{{ value }}").render()


@pytest.mark.parametrize("name", ["nothing", "true", "list", "mapping", "time"])
def test_mail_writes_values_for_people(name: str) -> None:
    value, text = VALUES[name]
    assert health_digest._ENVIRONMENT.from_string("{{ value }}").render(value=value) == text
