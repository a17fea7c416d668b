"""Guides are rendered safely: no raw HTML, no scripts in links, no inline styles, links to served pages only."""

import re
from html.parser import HTMLParser

import pytest

from oa_api.ui.guides import GUIDES, get_guide, glossary, render_guide

_TEXT = "# Title\n\n{}\n"


class _Elements(HTMLParser):
    """The elements of a text: (name, attributes)."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "[a](//evil.example.org)",
        '[a](x.md "onmouseover=alert(1)")',
        "`<b>`",
        "<https://example.org/\"onclick='x'>",
    ],
)
def test_hostile_markdown_becomes_text(hostile: str) -> None:
    guide = render_guide(_TEXT.format(hostile))
    for name, attributes in _Elements(str(guide.body)).elements:
        assert name in {"p", "a", "code"}
        assert set(attributes) <= {"href", "rel"}
        assert (attributes.get("href") or "#").startswith(("#", "/guide/", "https://example.org/"))


@pytest.mark.parametrize(
    ("link", "href"),
    [
        ("data.md", "/guide/data"),
        ("check.md#place-of-the-data", "/guide/check#place-of-the-data"),
        ("#here", "#here"),
        ("https://example.org/a", "https://example.org/a"),
        ("engine.md", None),
        ("decisions/0001.md#x", None),
        ("../README.md", None),
    ],
)
def test_link_leads_to_a_served_guide_or_another_site(link: str, href: str | None) -> None:
    ((_, attributes),) = [
        element
        for element in _Elements(str(render_guide(_TEXT.format(f"[a]({link})")).body)).elements
        if element[0] == "a"
    ]
    assert attributes.get("href") == href
    assert ("rel" in attributes) == (href or "").startswith("https://")


def test_columns_of_numbers_have_no_inline_style() -> None:
    body = str(render_guide(_TEXT.format("| a | b |\n|---|--:|\n| x | 1 |")).body)
    assert "style" not in body
    assert '<td class="number">1</td>' in body
    assert 'id="x"' in body


@pytest.mark.parametrize("name", GUIDES)
def test_each_guide_is_installed_and_its_fragments_exist(name: str) -> None:
    guide = get_guide(name)
    assert guide
    assert guide.title
    ids = set(re.findall(r' id="([^"]+)"', str(guide.body)))
    assert {section for section, _ in guide.sections} <= ids
    assert set(re.findall(r'href="#([^"]+)"', str(guide.body))) <= ids


@pytest.mark.parametrize("term", ["lane", "live run", "trial run", "quality gate"])
def test_term_with_a_help_link_is_in_the_glossary(term: str) -> None:
    guide = get_guide("glossary")
    assert guide
    assert f'id="{term.replace(" ", "-")}"' in str(guide.body)
    assert glossary()[term]
