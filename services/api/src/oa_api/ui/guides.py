"""The guides of `docs` as HTML, and the terms of the glossary: rendered once, from the copies in the package."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

# The pages below /guide/, in the order of the menu; services/api/web/build.py copies their texts from docs/.
GUIDES: Mapping[str, str] = {
    "data": "Using the data",
    "check": "Writing a source",
    "first-hour": "First hour",
    "glossary": "Glossary",
}
_NOT_WORD = re.compile(r"[^\w\- ]")
_EXTERNAL = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Guide:
    """A page of documentation: its title, its HTML without the title, and its sections as (id, title)."""

    title: str
    body: Markup
    sections: list[tuple[str, str]]


@cache
def get_guide(name: str) -> Guide | None:
    """Return a guide of GUIDES, or None if its text is not installed."""
    text = _read(name)
    return None if text is None else render_guide(text)


@cache
def glossary() -> Mapping[str, str]:
    """Return the meaning of each term of the glossary, without markup; empty if the glossary is not installed."""
    rows = (line.split("|") for line in (_read("glossary") or "").splitlines() if line.startswith("| "))
    return {cells[1].strip(): cells[2].strip().replace("`", "").replace("**", "") for cells in rows}


def render_guide(text: str) -> Guide:
    """Return Markdown as a guide: raw HTML is escaped, and links lead to other guides or to other sites only."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(text)
    title, tokens = _split_title(tokens)
    sections = _prepare(tokens)
    # The parser escapes the text, and its renderer writes no attributes but those that _prepare leaves.
    return Guide(title, Markup(_Renderer().render(tokens, parser.options, {})), sections)  # noqa: S704 - see above


class _Renderer(RendererHTML):
    """Makes tables and code, which scroll on narrow screens, reachable by keyboard."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Return a block of code."""
        return super().fence(tokens, idx, options, env).replace("<pre>", '<pre tabindex="0">', 1)

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Return the start of a table."""
        return '<div class="table" tabindex="0" role="region" aria-label="Table">' + self.renderToken(
            tokens, idx, options, env
        )

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Return the end of a table."""
        return self.renderToken(tokens, idx, options, env) + "</div>"


def _split_title(tokens: list[Token]) -> tuple[str, list[Token]]:
    """Return the text of the first heading, and the tokens after it."""
    opened, inline, closed, *rest = [*tokens, *([Token("", "", 0)] * 3)][: len(tokens) + 3]
    if opened.type == "heading_open" and opened.tag == "h1" and closed.type == "heading_close":
        return _plain(inline), rest[: len(tokens) - 3]
    return "", tokens


def _prepare(tokens: list[Token]) -> list[tuple[str, str]]:
    """Give headings and terms their IDs, rewrite links, drop inline styles; return the sections."""
    sections: list[tuple[str, str]] = []
    known: set[str] = set()
    for index, token in enumerate(tokens):
        if "style" in token.attrs:
            # Columns of numbers; the policy of the pages allows no inline styles.
            token.attrs = {"class": "number"} if "right" in str(token.attrs["style"]) else {}
        if token.type == "heading_open":
            text = _plain(tokens[index + 1])
            _set_id(token, text, known)
            if token.tag == "h2" and "id" in token.attrs:
                sections.append((str(token.attrs["id"]), text))
        elif token.type == "td_open" and tokens[index - 1].type == "tr_open":
            _set_id(token, _plain(tokens[index + 1]), known)
        for child in token.children or []:
            if child.type == "link_open":
                _rewrite_link(child)
    return sections


def _set_id(token: Token, text: str, known: set[str]) -> None:
    slug = _NOT_WORD.sub("", text.lower()).strip().replace(" ", "-")
    if slug and slug not in known:
        known.add(slug)
        token.attrs["id"] = slug


def _rewrite_link(token: Token) -> None:
    href = str(token.attrs.get("href", ""))
    page, _, fragment = href.partition("#")
    name = page.removesuffix(".md")
    if href.startswith(_EXTERNAL):
        token.attrs = {"href": href, "rel": "noopener nofollow"}
    elif not page:
        token.attrs = {"href": f"#{fragment}"}
    elif name in GUIDES and page.endswith(".md"):
        token.attrs = {"href": f"/guide/{name}" + (f"#{fragment}" if fragment else "")}
    else:
        token.attrs = {}  # a page of docs that is not served: its text stays


def _plain(token: Token) -> str:
    return "".join(child.content for child in token.children or [] if child.type in {"text", "code_inline"})


def _read(name: str) -> str | None:
    path = files("oa_api").joinpath("guides", f"{name}.md")
    return path.read_text("utf-8") if path.is_file() else None
