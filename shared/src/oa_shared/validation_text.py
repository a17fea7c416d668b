"""What marshmallow finds wrong with a value, as lines of text."""

from collections.abc import Iterator, Mapping


def list_problems(messages: object, pointer: str = "") -> Iterator[str]:
    """Yield `pointer: message` for each of marshmallow's nested messages; a pointer is that of JSON (RFC 6901)."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from list_problems(inner, pointer if key == "_schema" else f"{pointer}/{key}")
    elif isinstance(messages, list):
        for inner in messages:
            yield from list_problems(inner, pointer)
    else:
        yield f"{pointer or '/'}: {messages}"
