"""The form that a page shows again, with what was typed and what is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from oa_api.http.errors import ApiError
from oa_api.http.forms import sent_values


@dataclass(frozen=True, slots=True)
class SentForm:
    """The values of a form as the browser sent them, by the name of the field, and the error that refused them."""

    values: Mapping[str, str] = field(default_factory=dict)
    error: ApiError | None = None

    @property
    def status(self) -> int:
        """Return the status of the page: that of the error, 200 for a form that is open for the first time."""
        return self.error.status if self.error else 200

    @property
    def problems(self) -> list[str]:
        """Return what is wrong, a line for each field."""
        return form_problems(self.error)


UNSENT = SentForm()


def refused_form(request: web.Request, error: ApiError) -> SentForm:
    """Return the form of this request, which `error` refuses."""
    return SentForm(sent_values(request), error)


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
