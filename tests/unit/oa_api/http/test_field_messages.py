"""No request is refused in the words of marshmallow: over every schema, every field and every kind of wrong value."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, validate

import oa_api
from oa_api.http.fields import RequestSchema, StrictSchema, Text, error_messages

WRONG: list[Any] = [
    *(
        None,
        "",
        " ",
        "no such value",
        "x" * 9000,
        "\x00",
        True,
        -1,
        10**30,
        0.5,
        float("nan"),
        float("inf"),
        "nan",
        "-1",
    ),
    *([], {}, [None], ["x"], [{}], ["x"] * 101, {"a": None}, {"a": {}}, {"no such field": 1}, {1: "x"}),
]


def _schemas(base: type[Schema]) -> Iterator[type[Schema]]:
    for schema in base.__subclasses__():
        yield schema
        yield from _schemas(schema)


def _request_schemas() -> list[type[Schema]]:
    for module in pkgutil.walk_packages(oa_api.__path__, "oa_api."):
        importlib.import_module(module.name)
    found = dict.fromkeys(_schemas(StrictSchema))
    return [schema for schema in found if schema.__module__.startswith("oa_api.") and schema is not RequestSchema]


def _library_texts() -> re.Pattern[str]:
    """Return what matches a text of marshmallow, with anything in place of its values."""
    texts = {*Schema._default_error_messages.values()}
    for kind in (member for member in vars(fields).values() if inspect.isclass(member)):
        texts |= set(getattr(kind, "default_error_messages", {}).values())
    for kind in (member for member in vars(validate).values() if inspect.isclass(member)):
        texts |= {text for name, text in vars(kind).items() if "message" in name and isinstance(text, str)}
    patterns = [re.sub(r"\\\{.*?\\\}+", ".*", re.escape(text)) for text in texts]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.DOTALL)


def _texts(messages: object) -> Iterator[str]:
    if isinstance(messages, Mapping | list):
        for item in messages.values() if isinstance(messages, Mapping) else messages:
            yield from _texts(item)
    else:
        yield str(messages)


def _refusals(schema: type[Schema]) -> Iterator[str]:
    """Yield the messages about wrong values of each field, an unknown field, missing ones, and another type."""
    loaded = schema()
    names = [field.data_key or name for name, field in loaded.load_fields.items()]
    for request in ({}, [], "x", {"no such field": 1}, *({name: wrong} for name in names for wrong in WRONG)):
        try:
            loaded.load(request)
        except ValidationError as error:
            yield from _texts(error_messages(error))
        except TypeError:  # a dataclass that is made of a part of its fields
            continue


def test_no_message_of_a_request_is_that_of_the_library() -> None:
    library, schemas = _library_texts(), _request_schemas()
    assert len(schemas) > 50
    found = {
        (schema.__name__, text[:100])
        for schema in schemas
        for text in dict.fromkeys(_refusals(schema))
        if library.fullmatch(text)
    }
    assert found == set()


class _ExampleSchema(StrictSchema):
    days = fields.Integer(required=True, validate=validate.Range(min=1, max=366))
    hours = fields.Float(validate=validate.Range(min=0.01))
    role = fields.String(validate=validate.OneOf(["viewer", "admin"]))
    name = Text(validate=validate.And(validate.Length(min=1, max=5), validate.Regexp(r"[a-z]+\Z")))
    tags = fields.List(fields.String(validate=validate.Length(max=2)), validate=validate.Length(max=2))
    is_live = fields.Boolean()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("days", 9999, "Use 1 to 366, not 9999."),
        ("days", "a" * 80, f"Give a whole number, not '{'a' * 59}."),
        ("days", None, "Give a value: null is not allowed."),
        ("hours", 0, "Use at least 0.01, not 0.0."),
        ("role", "king", "Use one of: viewer, admin; not 'king'."),
        ("name", "abcdefg", "Use 1 to 5 characters, not 7."),
        ("name", "A1", r"Use text of the form `[a-z]+\Z`, not 'A1'."),
        ("tags", ["a", "b", "c"], "Use at most 2 items, not 3."),
        ("tags", ["abc"], "Use at most 2 characters, not 3."),
        ("is_live", "perhaps", "Give true or false, not 'perhaps'."),
        ("colour", 1, "Unknown field: use days, hours, is_live, name, role, tags."),
    ],
)
def test_message_has_the_value_and_the_limit(name: str, value: object, message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        _ExampleSchema().load({"days": 1, name: value})
    assert list(error_messages(refused.value)) == [name]
    assert message in list(_texts(error_messages(refused.value)))
