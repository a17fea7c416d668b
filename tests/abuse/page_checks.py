"""Reads a page like a browser and finds what stored or sent text made of it, and its links and forms."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

# Markup that leaves every context of a page: an attribute, a script, a title, a text area, a comment, a template.
MARKUP = """'"--></script></title></textarea><x-probe onprobe=1 style=x>{{1234567*7654321}}${1234567*7654321}\u202e"""
# A URL that runs in the page that links to it.
SCRIPT_URL = "javascript:probe(1)//'\"><x-probe>"
# What a template that evaluates MARKUP would print.
_PRODUCT = "9449772114007"
_LINKS = ("href", "src", "action", "formaction", "data", "poster", "xlink:href", "srcset", "ping", "background")
_URL_ATTRIBUTES = frozenset((*_LINKS, "hx-get", "hx-post", "hx-delete"))
_RUNNING_URL = re.compile(r"[\x00-\x20]*(javascript|vbscript|data\s*:\s*text/html)", re.IGNORECASE)
_DATA_TYPES = frozenset({"application/json", "application/ld+json", "importmap", "text/plain"})


@dataclass
class Form:
    """A form of a page; `fields` are the names with their types and values, in order."""

    action: str
    method: str
    fields: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass
class Page:
    """What a browser finds in a page; `findings` are effects of text that must stay text."""

    links: list[str] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)


def read_page(text: str) -> Page:
    """Return the links, forms and findings of a page."""
    parser = _PageParser()
    parser.feed(text)
    parser.close()
    if _PRODUCT in text:
        parser.page.findings.append("a template evaluates a text")
    return parser.page


class _PageParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._examine(tag, values)
        if tag == "a" and "href" in values:
            self.page.links.append(values["href"])
        self.page.links.extend(values[name] for name in ("hx-get", "src", "data-url") if name in values)
        if tag == "form":
            self.page.forms.append(Form(values.get("action", ""), values.get("method", "get").lower()))
        elif self.page.forms and tag in {"input", "textarea", "button"} and values.get("name"):
            kind = values.get("type", "text") if tag == "input" else tag
            self.page.forms[-1].fields.append((values["name"], kind, values.get("value", "")))
        elif self.page.forms and tag == "select":
            self._select = values.get("name", "")
        elif self.page.forms and tag == "option" and self._select:
            self.page.forms[-1].fields.append((self._select, "option", values.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""

    def _examine(self, tag: str, values: dict[str, str]) -> None:
        shown = self.get_starttag_text() or tag
        if tag == "x-probe":
            self.page.findings.append("a text became an element")
        if any(name.startswith("on") for name in values):
            self.page.findings.append(f"an element has a handler: {shown[:200]}")
        if any(_RUNNING_URL.match(values[name]) for name in values.keys() & _URL_ATTRIBUTES):
            self.page.findings.append(f"a URL runs as a script: {shown[:200]}")
        if tag in {"object", "embed", "iframe", "base"}:
            self.page.findings.append(f"a page embeds a document: {shown[:200]}")
        if tag == "script" and "src" not in values and values.get("type", "") not in _DATA_TYPES:
            self.page.findings.append(f"a script is in the page: {shown[:200]}")
