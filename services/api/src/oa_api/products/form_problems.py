"""The list of what is wrong with a form, for the pages of products."""

from collections.abc import Iterator, Mapping

from oa_api.http.errors import ApiError


def form_problems(error: ApiError | None) -> list[str]:
    """Return what is wrong with a form, a line for each field."""
    fields = error.fields if error is not None else None
    return [f"{name}: {' '.join(dict.fromkeys(_messages(value)))}" for name, value in (fields or {}).items()]


def _messages(value: object) -> Iterator[str]:
    """Yield the messages of a field: a text, a list of them, or those of the items of a list by index."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _messages(item)
    elif isinstance(value, list):
        for item in value:
            yield from _messages(item)
    else:
        yield str(value)
