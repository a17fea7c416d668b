"""Markdown for GitHub from untrusted text, which is shown as text only.

All text that is not from this program goes into <code> or <pre> of an HTML block, escaped: there Markdown is not
interpreted, @names mention no users, #numbers and URLs become no links.
"""

import html
import re

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_SPACES = re.compile(r"\s+")


def code(text: str, max_length: int = 200) -> str:
    """Return one line of text as code."""
    return f"<code>{_escape(_SPACES.sub(' ', _FORBIDDEN.sub(' ', text)).strip(), max_length)}</code>"


def pre(text: str, max_length: int = 4000) -> str:
    """Return preformatted lines, the last ones if there are too many, without empty ones: those end an HTML block."""
    lines = [_FORBIDDEN.sub(" ", line) for line in text.splitlines()]
    kept = "\n".join(line for line in lines if line.strip())
    return f"<pre>{html.escape(kept[-max_length:])}</pre>"


def link(url: str, label: str) -> str:
    """Return a link to a page of this program; both arguments are trusted."""
    return f'<a href="{html.escape(url)}">{html.escape(label)}</a>'


def _escape(text: str, max_length: int) -> str:
    """Shorten, then escape: half of an entity would be shown as text."""
    return html.escape(text if len(text) <= max_length else f"{text[: max_length - 1]}…")
