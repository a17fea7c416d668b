"""JSON values by their parts, and examples of what the OpenAPI document describes."""

from collections.abc import Mapping

from oa_shared.json_types import JsonObject

JsonPath = tuple[str | int, ...]


def json_paths(value: object, path: JsonPath = ()) -> list[JsonPath]:
    """Return the path of each part of a JSON value; the empty one is the whole."""
    if isinstance(value, dict):
        return [path, *(part for key, item in value.items() for part in json_paths(item, (*path, key)))]
    if isinstance(value, list):
        return [path, *(part for place, item in enumerate(value) for part in json_paths(item, (*path, place)))]
    return [path]


def replace_at(value: object, path: JsonPath, replacement: object) -> object:
    """Return a JSON value with the part at a path replaced."""
    if not path:
        return replacement
    if isinstance(value, dict):
        return {key: replace_at(item, path[1:], replacement) if key == path[0] else item for key, item in value.items()}
    if isinstance(value, list):
        return [
            replace_at(item, path[1:], replacement) if place == path[0] else item for place, item in enumerate(value)
        ]
    return value


def example_of(schema: Mapping[str, object], schemas: Mapping[str, JsonObject]) -> object:
    """Return an example of a schema of the document, with all of its properties."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return example_of(schemas[reference.rpartition("/")[2]], schemas)
    for name in ("examples", "enum"):
        choices = schema.get(name)
        if isinstance(choices, list):
            return choices[0]
    if "default" in schema:
        return schema["default"]
    kinds = schema.get("type", "string")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    properties, items = schema.get("properties"), schema.get("items")
    if kind == "object":
        known = properties if isinstance(properties, dict) else {}
        return {name: example_of(each, schemas) for name, each in known.items()}
    if kind == "array":
        return [example_of(items, schemas)] if isinstance(items, dict) else []
    return {"integer": 1, "number": 1.5, "boolean": True}.get(str(kind), "a")
