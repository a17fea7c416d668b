"""Places of a definition in messages: `file:line:column`, or the name of the value, in place of JSON pointers."""

import json
import re

from oa_shared.json_positions import find_positions, find_spans

# A separate JSON pointer, not a part of a path or URL: it starts after a space, a bracket or a quote.
_POINTER = re.compile(r"(?<![^\s(`'\"])/[^\s:;,()`'\"]*")
# The name of a value has backticks itself.
_MARKED_POINTER = re.compile(r"`(/[^\s:;,()`'\"]*)`")
_OF_DEFINITION = re.compile(r"/(?:layers(?:/[a-z]+(?:/\d+(?:/.*)?)?)?|(?:conform|coverage)(?:/.*)?|schema)\Z")
_STEPS = "functions"
# A key may be a number of any length; Python refuses to read one of thousands of digits.
_INDEX = re.compile(r"[0-9]{1,9}")
_MAX_CHARACTERS = 2_000_000


def describe_place(pointer: str, *, with_entry: bool = True) -> str:
    """Return the value at a JSON pointer in words, such as: `conform.number` of entry 1 of `addresses`.

    Without `with_entry` the entry is left out where something of it is named.
    """
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    if not any(parts):
        return "the definition"
    words: list[str] = []
    keys: list[str] = []
    is_in_entry = parts[0] == "layers" and len(parts) > 2 and _INDEX.fullmatch(parts[2])  # noqa: PLR2004 - /layers/<layer>/<n>
    for part in parts[3:] if is_in_entry else parts:
        if not _INDEX.fullmatch(part):
            keys.append(part)
            continue
        kind = "item"
        if keys[-1:] == [_STEPS]:
            kind, keys = "step", keys[:-1]
        words += [*_join(keys), f"{kind} {int(part) + 1}"]
        keys = []
    words += _join(keys)
    if is_in_entry and (with_entry or not words):
        words = [f"`{parts[1]}`", f"entry {int(parts[2]) + 1}", *words]
    return " of ".join(reversed(words))


def _join(keys: list[str]) -> list[str]:
    return [f"`{'.'.join(keys)}`"] if keys else []


def describe_places(message: str) -> str:
    """Return a message with the name of each value in place of its JSON pointer."""
    unmarked = _MARKED_POINTER.sub(lambda found: found[1] if _OF_DEFINITION.match(found[1]) else found[0], message)
    return _POINTER.sub(lambda found: _describe_if_pointer(found[0]), unmarked)


def _describe_if_pointer(word: str) -> str:
    pointer = word.rstrip(".")
    if not _OF_DEFINITION.match(pointer):
        return word
    return describe_place(pointer, with_entry=False) + word[len(pointer) :]


def locate_place(pointer: str, source: str, text: str) -> str:
    """Return `source:line:column` of the value at a JSON pointer of a valid JSON text, or of the one around it."""
    position = find_positions(text, [pointer])[pointer]
    return f"{source}:{position.line}:{position.column}"


def name_places(message: str, source: str, text: str | None) -> str:
    """Return a message with `source:line:column` in place of the JSON pointer of each value that the text has.

    `source` is how the user named the definition. What the text lacks gets its name; so does each value of a text that
    is None, too long or not JSON.
    """
    words = dict.fromkeys(_POINTER.findall(message))
    if text is None or not words or len(text) > _MAX_CHARACTERS or not _is_json(text):
        return describe_places(message)
    spans = find_spans(text, (pointer for word in words for pointer in _readings(word)))
    positions = find_positions(text, spans)

    def replace(found: re.Match[str]) -> str:
        pointer = next((reading for reading in _readings(found[0]) if reading in spans), None)
        if pointer is None:
            return _describe_if_pointer(found[0])
        rest = found[0][max(1, len(pointer)) :]
        return f"{source}:{positions[pointer].line}:{positions[pointer].column}{rest}"

    return _POINTER.sub(replace, message)


def _readings(word: str) -> tuple[str, ...]:
    """Return what a word of a message may point to: a period at its end may be that of the sentence."""
    return ("",) if word == "/" else (word, word.rstrip("."))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
