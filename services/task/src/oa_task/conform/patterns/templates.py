"""Replacements: `$n` and `${n}` are groups, `$name` is text, and Python's own escapes pass through."""

import re

from oa_task.runtime.failure import TaskFailure

_REFERENCE = re.compile(r"\$(?:([0-9]+)|\{([0-9]+)\})")
_TOKEN = re.compile(r"\\g<(?P<name>[^>]*)>|\\(?P<digit>[1-9])(?![0-9])|(?P<other>\\.?)|(?P<dollar>\$)", re.DOTALL)
_LONGEST = 100_000


def python_template(replace: str, pattern: re.Pattern[str]) -> str:
    """Return a replacement in Python's form. Raises TaskFailure source.regexp."""
    if len(replace) > _LONGEST:
        raise TaskFailure("source.regexp", f"the replacement has {len(replace):,} characters, at most {_LONGEST:,}")
    template = _REFERENCE.sub(lambda match: rf"\g<{match[1] or match[2]}>", replace)
    try:
        pattern.sub(template, "")
    except (re.error, IndexError, ValueError) as error:
        text = f"the replacement {replace[:200]!r} cannot be used: {error}; the expression has {pattern.groups} groups"
        raise TaskFailure("source.regexp", text) from error
    return template


def rust_template(template: str, pattern: re.Pattern[str]) -> str | None:
    """Return a valid template of Python's in Rust's form, None if it holds an escape that Rust has not."""
    parts, end = [], 0
    for token in _TOKEN.finditer(template):
        written = _written(token, pattern)
        if written is None:
            return None
        parts += [template[end : token.start()], written]
        end = token.end()
    return "".join(parts) + template[end:]


def _written(token: re.Match[str], pattern: re.Pattern[str]) -> str | None:
    if token["dollar"]:
        return "$$"
    if token["other"]:
        return "\\" if token["other"] == "\\\\" else None
    name = token["digit"] or token["name"]
    number = pattern.groupindex[name] if name in pattern.groupindex else int(name)
    return f"${{{number}}}"
