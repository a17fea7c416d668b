"""Markdown for GitHub out of strangers' words: shown as they are, and nothing more.

Everything that is not ours goes into <code> or <pre> of an HTML block, escaped: there Markdown is not read, names after
@ are told nothing, numbers after # lead nowhere, and addresses are no links.
"""

import html
import re

_NEVER = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_SPACES = re.compile(r"\s+")


def code(text: str, most: int = 200) -> str:
    """Return one line of text as code."""
    return f"<code>{_escaped(_SPACES.sub(' ', _NEVER.sub(' ', text)).strip(), most)}</code>"


def pre(text: str, most: int = 4000) -> str:
    """Return lines of text as they are, the last ones if there are too many; empty lines would end the block."""
    lines = [_NEVER.sub(" ", line) for line in text.splitlines()]
    kept = "\n".join(line for line in lines if line.strip())
    return f"<pre>{html.escape(kept[-most:])}</pre>"


def link(address: str, words: str) -> str:
    """Return a link to a page of ours; both parts are ours too."""
    return f'<a href="{html.escape(address)}">{html.escape(words)}</a>'


def _escaped(text: str, most: int) -> str:
    """Cut before escaping: half of an entity would be shown as it is."""
    return html.escape(text if len(text) <= most else f"{text[: most - 1]}…")
