"""Replacements: `$n` and `${n}` are groups, `$name` is text, and Python's escapes keep their meaning."""

import re

from oa_task.runtime.failure import TaskFailure

_REFERENCE = re.compile(r"\$(?:([0-9]+)|\{([0-9]+)\})")
_TOKEN = re.compile(r"\\g<(?P<name>[^>]*)>|\\(?P<digit>[1-9])(?![0-9])|(?P<other>\\.?)|(?P<dollar>\$)", re.DOTALL)
_MAX_CHARACTERS = 100_000


def python_template(replace: str, pattern: re.Pattern[str]) -> str:
    """Return a replacement in Python's form. Raises TaskFailure source.regexp."""
    if len(replace) > _MAX_CHARACTERS:
        raise TaskFailure(
            "source.regexp", f"the replacement has {len(replace):,} characters; the limit is {_MAX_CHARACTERS:,}"
        )
    template = _REFERENCE.sub(lambda match: rf"\g<{match[1] or match[2]}>", replace)
    try:
        pattern.sub(template, "")
    except (re.error, IndexError, ValueError) as error:
        text = f"{replace[:200]!r} is not a valid replacement: {error}; groups in the pattern: {pattern.groups}"
        raise TaskFailure("source.regexp", text) from error
    return template


def rust_template(template: str, pattern: re.Pattern[str]) -> str | None:
    """Return a valid template of Python in Rust's form, None if it has an escape that Rust lacks."""
    parts, end = [], 0
    for token in _TOKEN.finditer(template):
        replacement = _in_rust(token, pattern)
        if replacement is None:
            return None
        parts += [template[end : token.start()], replacement]
        end = token.end()
    return "".join(parts) + template[end:]


def _in_rust(token: re.Match[str], pattern: re.Pattern[str]) -> str | None:
    if token["dollar"]:
        return "$$"
    if token["other"]:
        return "\\" if token["other"] == "\\\\" else None
    name = token["digit"] or token["name"]
    number = pattern.groupindex[name] if name in pattern.groupindex else int(name)
    return f"${{{number}}}"
