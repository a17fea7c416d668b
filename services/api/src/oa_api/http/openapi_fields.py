"""How the OpenAPI document describes the fields of this service."""

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import fields

from oa_api.http.ecma_patterns import ecma_pattern
from oa_api.http.fields import Choices, Numbers, TextOrObject, Time
from oa_shared.json_types import JsonObject


class FieldsPlugin(MarshmallowPlugin):
    """Knows the fields of this service."""

    def init_spec(self, spec: APISpec) -> None:
        """Add the fields to those of the plugin."""
        super().init_spec(spec)
        if self.converter is not None:
            # Text is what a field of a class of this service reads and writes, unless it is listed here.
            self.converter.field_mapping[fields.Field] = ("string", None)
            self.converter.field_mapping[fields.Nested] = (None, None)
            self.converter.field_mapping[Time] = ("string", "date-time")
            for describe in (_describe_list, _describe_alternatives, _describe_pattern, _describe_size):
                self.converter.add_attribute_function(describe)  # type: ignore[no-untyped-call] # unannotated


def _describe_list(_converter: OpenAPIConverter, field: object, **_: object) -> JsonObject:
    """Return the pattern of a comma-separated list."""
    if isinstance(field, Numbers):
        number = r"-?[0-9]+(\.[0-9]+)?"
        return {"pattern": f"^{number}(,{number}){{{field.count - 1}}}$"}
    if not isinstance(field, Choices):
        return {}
    choice = "|".join(field.choices)
    return {"type": "string", "pattern": f"^({choice})(,({choice}))*$"}


def _describe_alternatives(converter: OpenAPIConverter, field: object, **_: object) -> JsonObject:
    """Return the alternatives of a field that is text or an object."""
    if not isinstance(field, TextOrObject):
        return {}
    schema: object = {"type": "object", "additionalProperties": {}}
    if field.schema is not None:
        schema = converter.resolve_nested_schema(field.schema)  # type: ignore[no-untyped-call] # unannotated
    return {"anyOf": [{"type": "string"}, schema]}


def _describe_pattern(_converter: OpenAPIConverter, field: object, ret: JsonObject, **_: object) -> JsonObject:
    """Return the pattern of a field in the syntax of the document."""
    pattern = ret.get("pattern")
    is_python = isinstance(pattern, str) and not isinstance(field, Choices | Numbers)
    return {"pattern": ecma_pattern(str(pattern))} if is_python else {}


def _describe_size(_converter: OpenAPIConverter, field: object, ret: JsonObject, **_: object) -> JsonObject:
    """Return the limits of an object, for which the plugin writes those of text."""
    if not isinstance(field, fields.Dict):
        return {}
    sizes = {"minLength": "minProperties", "maxLength": "maxProperties"}
    return {size: ret.pop(length) for length, size in sizes.items() if length in ret}
