"""The fault of a text that is not JSON, with its remedy."""

import json

# By the message of the decoder of Python (json.decoder, json.scanner), without what follows it.
_WORDS = {
    "Expecting ',' delimiter": "a comma or a closing bracket is missing before this place",
    "Expecting ':' delimiter": "a colon is missing between a key and its value",
    "Expecting property name enclosed in double quotes": "a key in double quotes is missing; "
    "remove a comma before a closing brace",
    "Illegal trailing comma before end of object": "remove the comma before the closing brace",
    "Illegal trailing comma before end of array": "remove the comma before the closing bracket",
    "Expecting value": "a value is missing; write texts in double quotes, and no comma before a closing bracket",
    "Extra data": "text follows the end; remove it, or a closing bracket too many",
    "Unterminated string starting at": "the text that starts here has no closing quote",
    "Invalid control character at": "a text has a line break or a tab; write \\n or \\t",
    "Invalid \\escape": "double the backslash: \\\\d instead of \\d",
    "Invalid \\uXXXX escape": "write four hexadecimal digits after \\u",
}


_OTHER_QUOTES = frozenset("'`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb")
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def describe_json_fault(problem: ValueError | RecursionError, *, with_place: bool = True) -> str:
    """Return what is wrong, and where; the message of an error of another kind is unchanged."""
    if isinstance(problem, UnicodeDecodeError):
        return _describe_encoding(problem)
    if not isinstance(problem, json.JSONDecodeError):
        return str(problem)
    words = _describe_mark(problem) or _WORDS.get(problem.msg.partition(": ")[0], problem.msg)
    return f"line {problem.lineno:,}, column {problem.colno:,}: {words}" if with_place else words


def _describe_mark(problem: json.JSONDecodeError) -> str | None:
    """Return what the text at the place of a fault reveals, None if that is no more than the message of the decoder."""
    here, before = problem.doc[problem.pos :], problem.doc[: problem.pos].rstrip()
    if here.startswith(("//", "/*", "#")):
        return "JSON has no comments: remove this one"
    if here[:1] in _OTHER_QUOTES:
        return f"write the text in straight double quotes, not in {here[0]}"
    if before and not here.strip():
        return "the text ends too early: a closing bracket or brace is missing"
    if not before.endswith(","):
        return None
    if here.startswith(","):
        return "remove one of the two commas"
    line = problem.doc.count("\n", 0, len(before)) + 1
    closing = {"}": "brace", "]": "bracket"}.get(here[:1])
    return f"remove the comma in line {line:,}, before the closing {closing}" if closing else None


def _describe_encoding(problem: UnicodeDecodeError) -> str:
    if problem.object.startswith(_UTF_16_MARKS):
        return "the text is not UTF-8 but UTF-16: save it as UTF-8"
    line = problem.object.count(b"\n", 0, problem.start) + 1
    return f"byte {problem.start:,} is not UTF-8 (line {line:,}): save the text as UTF-8"
