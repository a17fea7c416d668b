"""The forms of pages about products: text fields that become the bodies of the API, whose schemas check them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields

from oa_api.http.errors import InvalidError
from oa_api.http.fields import StrictSchema, Text, identifier
from oa_api.products.plan import FORMATS
from oa_api.products.schemas import CollectionChangeSchema, ExportFilterSchema, NewCollectionSchema, NewExportSchema

_SIDES = 4


class ExportPageSchema(ExportFilterSchema):
    """GET /exports: the filter of the list, and what its form is filled in with."""

    job = identifier(load_default=None)
    source = Text(load_default=None)
    layer = Text(load_default=None)


class ExportFormSchema(StrictSchema):
    """POST /exports."""

    format = Text(load_default=None)
    job = Text(load_default=None)
    source = Text(load_default=None)
    layer = Text(load_default=None)
    bbox = Text(load_default=None)


class CollectionFormSchema(StrictSchema):
    """POST /collections and POST /collections/{collection}."""

    name = Text(load_default=None)
    display_name = Text(load_default="")
    sources = Text(load_default="")
    layer = Text(load_default=None)
    geojson = fields.Boolean(load_default=False)
    parquet = fields.Boolean(load_default=False)
    pmtiles = fields.Boolean(load_default=False)
    deduplicate = fields.Boolean(load_default=False)


class BuildFormSchema(StrictSchema):
    """POST /collections/{collection}/build and POST /fabric."""

    force = fields.Boolean(load_default=False)
    reason = Text(load_default="")


def export_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return what an export form asks for. Raises InvalidError."""
    said = {name: value for name, value in given.items() if value is not None and name != "bbox"}
    if given["bbox"] is not None:
        said["bbox"] = _sides(given["bbox"])
    return _loaded(NewExportSchema(), said)


def collection_of(given: dict[str, Any], *, is_new: bool) -> dict[str, Any]:
    """Return what a collection form says. Raises InvalidError."""
    said = {
        **{name: given[name] for name in ("display_name", "layer", "deduplicate")},
        "sources": given["sources"].split(),
        "formats": [form for form in FORMATS if given[form]],
    }
    return (
        _loaded(NewCollectionSchema(), {**said, "name": given["name"] or ""})
        if is_new
        else _loaded(CollectionChangeSchema(), said)
    )


def _sides(text: str) -> list[str]:
    sides = text.replace(",", " ").split()
    if len(sides) != _SIDES:
        raise InvalidError("the form is not valid: bbox", fields={"bbox": ["Four numbers: west, south, east, north."]})
    return sides


def _loaded(schema: Schema, said: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(schema.load(said))
    except ValidationError as error:
        found = error.normalized_messages()  # type: ignore[no-untyped-call] # unannotated
        raise InvalidError(f"the form is not valid: {', '.join(map(str, found))}", fields=found) from error
