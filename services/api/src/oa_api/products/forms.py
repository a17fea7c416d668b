"""The forms of the pages of products: text fields that become bodies of the API, which its schemas validate."""

from typing import TypeVar

from marshmallow import ValidationError, fields

from oa_api.http.errors import InvalidError
from oa_api.http.fields import RequestSchema, Text, error_messages, identifier
from oa_api.products.requests import (
    CollectionChange,
    CollectionForm,
    ExportForm,
    ExportPageFilter,
    NewBuild,
    NewCollection,
    NewExport,
)
from oa_api.products.rows import CollectionRow
from oa_api.products.schemas import (
    CollectionChangeSchema,
    ExportFilterFields,
    NewCollectionSchema,
    NewExportSchema,
)
from oa_shared.json_types import JsonObject
from oa_shared.products import COLLECTION_FORMATS

_SIDES = 4
_Request = TypeVar("_Request")


class ExportPageFilterSchema(ExportFilterFields, RequestSchema[ExportPageFilter]):
    """GET /exports: the filter of the list, and the initial values of the form."""

    job = identifier(load_default=None)
    source = Text(load_default=None)
    layer = Text(load_default=None)


class ExportFormSchema(RequestSchema[ExportForm]):
    """POST /exports."""

    format = Text(load_default=None)
    job = Text(load_default=None)
    source = Text(load_default=None)
    layer = Text(load_default=None)
    bbox = Text(load_default=None)


class CollectionFormSchema(RequestSchema[CollectionForm]):
    """POST /collections and POST /collections/{collection}."""

    name = Text(load_default=None)
    display_name = Text(load_default="")
    sources = Text(load_default="")
    layer = Text(load_default=None)
    geojson = fields.Boolean(load_default=False)
    parquet = fields.Boolean(load_default=False)
    pmtiles = fields.Boolean(load_default=False)
    deduplicate = fields.Boolean(load_default=False)


class BuildFormSchema(RequestSchema[NewBuild]):
    """POST /collections/{collection}/build and POST /fabric."""

    force = fields.Boolean(load_default=False)
    reason = Text(load_default="")


def read_export_form(form: ExportForm) -> NewExport:
    """Return the export of a form. Raises InvalidError."""
    texts = {"format": form.format, "job": form.job, "source": form.source, "layer": form.layer}
    body: JsonObject = {name: text for name, text in texts.items() if text is not None}
    if form.bbox is not None:
        body["bbox"] = _split_bbox(form.bbox)
    return _load(NewExportSchema(), body)


def read_collection_form(form: CollectionForm) -> NewCollection:
    """Return the new collection of a form. Raises InvalidError."""
    return _load(NewCollectionSchema(), {**_collection_body(form), "name": form.name or ""})


def read_change_form(form: CollectionForm) -> CollectionChange:
    """Return the change of a collection of a form. Raises InvalidError."""
    return _load(CollectionChangeSchema(), _collection_body(form))


def form_of(collection: CollectionRow) -> CollectionForm:
    """Return the form that shows a collection."""
    return CollectionForm(
        display_name=collection.display_name,
        sources="\n".join(collection.sources),
        layer=collection.layer,
        geojson="geojson" in collection.formats,
        parquet="parquet" in collection.formats,
        pmtiles="pmtiles" in collection.formats,
        deduplicate=collection.deduplicate,
    )


def _collection_body(form: CollectionForm) -> JsonObject:
    return {
        "display_name": form.display_name,
        "layer": form.layer,
        "deduplicate": form.deduplicate,
        "sources": form.sources.split(),
        "formats": [str(format_) for format_ in COLLECTION_FORMATS if getattr(form, format_)],
    }


def _split_bbox(text: str) -> list[str]:
    sides = text.replace(",", " ").split()
    if len(sides) != _SIDES:
        raise InvalidError("the form is not valid: bbox", fields={"bbox": ["Four numbers: west, south, east, north."]})
    return sides


def _load(schema: RequestSchema[_Request], body: JsonObject) -> _Request:
    try:
        request: _Request = schema.load(body)
    except ValidationError as error:
        problems = error_messages(error)
        raise InvalidError(f"the form is not valid: {', '.join(problems)}", fields=problems) from error
    return request
