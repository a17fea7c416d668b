"""The cost table of docs/deploy.md: its sums, its sources, and that the page has the numbers of the command."""

import re
from pathlib import Path

import pytest

from oa_tools.deployment.costs import CostLine, egress_costs, idle_costs, read_prices, table, weekly_run_costs

ROOT = Path(__file__).parents[3]
PRICES = read_prices()
PRICE = PRICES["prices"]


def total(lines: list[CostLine]) -> float:
    return sum(line.dollars for line in lines)


def lines_of(size: str) -> list[CostLine]:
    has = PRICES["sizes"][size]
    return [*idle_costs(PRICE, has), *weekly_run_costs(PRICE, has, PRICES["weekly_run"])]


def test_page_has_the_table_of_the_command() -> None:
    page = (ROOT / "docs/deploy.md").read_text("utf-8")
    printed = page.partition("<!-- costs: begin -->\n")[2].partition("<!-- costs: end -->")[0]
    assert printed == table(PRICES) + "\n"


def test_table_totals_are_the_sums_of_their_rows() -> None:
    rows = [[cell.strip(" *") for cell in row.split("|")[1:-1]] for row in table(PRICES).splitlines()[2:]]
    for column in (1, 2):
        running = 0.0
        from_s3 = 0.0
        for name, *cells in rows:
            dollars = float(cells[column - 1])
            if name in {"idle", "with a weekly run", "with downloads from S3"}:
                assert dollars == pytest.approx(running, abs=0.06)
                if name == "with downloads from S3":
                    running -= from_s3
            elif name == "with downloads by CloudFront instead":
                assert dollars == pytest.approx(running, abs=0.06)
            else:
                running += dollars
                from_s3 = dollars
    assert [row[0] for row in rows][-1] == "with downloads by CloudFront instead"


@pytest.mark.parametrize("size", ["small", "standard"])
def test_every_line_has_the_page_of_its_price(size: str) -> None:
    lines = [*lines_of(size), *egress_costs(PRICE, PRICES["visitors"])]
    assert len(lines) == 22
    for line in lines:
        assert re.fullmatch(r"https://aws\.amazon\.com/.+/pricing/", PRICES["sources"][line.source]), line


def test_small_size_costs_about_80_dollars_idle() -> None:
    assert total(idle_costs(PRICE, PRICES["sizes"]["small"])) == pytest.approx(80, abs=8)


def test_every_price_is_used() -> None:
    """A price that no line multiplies is a cost that the table misses."""

    class Recorder(dict[str, float]):
        used: set[str] = set()  # noqa: RUF012 - one recorder of the test

        def __getitem__(self, key: str) -> float:
            self.used.add(key)
            return super().__getitem__(key)

    recorder = Recorder(PRICE)
    for has in PRICES["sizes"].values():
        idle_costs(recorder, has)
        weekly_run_costs(recorder, has, PRICES["weekly_run"])
    egress_costs(recorder, PRICES["visitors"])
    assert recorder.used == set(PRICE)


def test_cloudfront_bills_only_what_is_beyond_its_free_amount() -> None:
    use = {**PRICES["visitors"], "downloaded_gb": 1500, "requests_million": 11}
    from_s3, by_cdn = egress_costs(PRICE, use)
    assert from_s3.dollars == pytest.approx(1400 * 0.09 + 11_000 * 0.0004)
    assert by_cdn.dollars == pytest.approx(500 * 0.085 + 100 * 0.01)
