"""The schemas of requests in the form of openaddresses/batch."""

from typing import Any

from marshmallow import fields, validate

from oa_api.compatibility.request_fields import (
    OnlyTrueV1,
    PlaceFieldsV1,
    RunFieldsV1,
    SliceFieldsV1,
    StatusFieldsV1,
    TimeFieldsV1,
    TimeV1,
)
from oa_api.compatibility.requests import (
    CollectionV1,
    DataListV1,
    ErrorListV1,
    ExportListV1,
    HistoryV1,
    JobListV1,
    LogV1,
    ModerationV1,
    NewExportV1,
    NewRunV1,
    NewTokenV1,
    OrphanListV1,
    RunChangeV1,
    RunListV1,
    ScheduleV1,
    SchemaQueryV1,
    UserChangeV1,
    UserListV1,
)
from oa_api.http.fields import Numbers, Object, RequestSchema, Text, about, identifier

_ANY = "all"


class JobListV1Schema(PlaceFieldsV1, RunFieldsV1, RequestSchema[JobListV1]):
    """GET /api/job."""


class OrphanListV1Schema(SliceFieldsV1, RequestSchema[OrphanListV1]):
    """GET /api/job/orphaned."""

    before = TimeV1(required=True, metadata=about("Created before this time.", "2026-11-24"))


class RunListV1Schema(RunFieldsV1, RequestSchema[RunListV1]):
    """GET /api/run."""


class DataListV1Schema(PlaceFieldsV1, TimeFieldsV1, RequestSchema[DataListV1]):
    """GET /api/data."""

    name = Text(load_default=None, metadata=about("Start of the entry's name.", "city"))
    point = Numbers(
        2, "Two numbers: longitude,latitude.", load_default=None, metadata=about("Near this point.", "-122.27,37.87")
    )
    validated = OnlyTrueV1(load_default=None, metadata=about("Only datasets with a file of valid features."))
    # Every dataset is part of the fabric.
    fabric = fields.Boolean(load_default=None, metadata=about("Ignored: the fabric has every dataset."))
    map = identifier(load_default=None, metadata=about("ID of a place."))
    failing = fields.Boolean(load_default=False, metadata=about("Add datasets that were never published."))

    def prepare(self, data: dict[str, Any]) -> dict[str, Any]:
        """Leave out what does not filter."""
        return {name: value for name, value in data.items() if name != "fabric"}


class HistoryV1Schema(RequestSchema[HistoryV1]):
    """GET /api/data/{data}/history."""

    status = fields.String(
        load_default=_ANY, validate=validate.OneOf(["Success", _ANY]), metadata=about("Status of the jobs.")
    )


class LogV1Schema(RequestSchema[LogV1]):
    """GET /api/job/{job}/log."""

    format = fields.String(
        load_default="json",
        validate=validate.OneOf(["json", "csv", "text"]),
        metadata=about("`json` for an array, `csv`, or `text` as in version 2.", "json"),
    )
    is_download = fields.Boolean(data_key="dl", load_default=False, metadata=about("Make a browser save it."))


class ExportListV1Schema(StatusFieldsV1, TimeFieldsV1, SliceFieldsV1, RequestSchema[ExportListV1]):
    """GET /api/export."""


class ErrorListV1Schema(PlaceFieldsV1, StatusFieldsV1, SliceFieldsV1, RequestSchema[ErrorListV1]):
    """GET /api/job/error."""


class UserListV1Schema(SliceFieldsV1, RequestSchema[UserListV1]):
    """GET /api/user."""

    filter = Text(load_default="", metadata=about("Part of the login or the email address."))
    access = fields.String(
        load_default=None,
        validate=validate.OneOf(["user", "disabled", "admin"]),
        metadata=about("Access of the account."),
    )


class SchemaQueryV1Schema(RequestSchema[SchemaQueryV1]):
    """GET /api/schema."""

    method = fields.String(load_default=None, metadata=about("HTTP method.", "GET"))
    url = fields.String(load_default=None, metadata=about("Path of the endpoint, without `/api`.", "/job/:job"))


class NewRunV1Schema(RequestSchema[NewRunV1]):
    """POST /api/run."""

    live = fields.Boolean(load_default=False, metadata=about("Publish the results of successful jobs."))
    github = Object(keys=Text(), load_default=None, allow_none=True, metadata=about("Origin of the run."))


class RunChangeV1Schema(RequestSchema[RunChangeV1]):
    """PATCH /api/run/{run}."""

    live = fields.Boolean(load_default=None, metadata=about("A run that becomes live publishes its results."))
    closed = fields.Boolean(load_default=None, metadata=about("A closed run accepts no more jobs."))
    github = Object(keys=Text(), load_default=None, allow_none=True, metadata=about("Origin of the run."))


class NewExportV1Schema(RequestSchema[NewExportV1]):
    """POST /api/export."""

    job_id = identifier(required=True, metadata=about("ID of the job to export.", 1))
    format = fields.String(
        required=True, validate=validate.OneOf(["shapefile", "csv"]), metadata=about("Format of the file.", "csv")
    )


class CollectionV1Schema(RequestSchema[CollectionV1]):
    """POST /api/collections and PATCH /api/collections/{collection}."""

    name = Text(load_default=None, metadata=about("URL name; it cannot change.", "us-ne"))
    sources = fields.List(Text(), load_default=None, metadata=about("Globs of sources.", ["us/ne/**"]))
    size = fields.Raw(load_default=None, metadata=about("Ignored: a build reports its size."))
    processed_size = fields.Raw(load_default=None, metadata=about("Ignored: a build reports its size."))

    def prepare(self, data: dict[str, Any]) -> dict[str, Any]:
        """Leave out what builds report."""
        return {"name": data["name"], "sources": data["sources"]}


class ModerationV1Schema(RequestSchema[ModerationV1]):
    """POST /api/job/error/{job}."""

    moderate = fields.String(
        required=True, validate=validate.OneOf(["confirm", "reject"]), metadata=about("Decision.", "confirm")
    )


class ScheduleV1Schema(RequestSchema[ScheduleV1]):
    """POST /api/schedule."""

    type = fields.String(
        required=True,
        validate=validate.OneOf(["cleanup", "close", "collect", "fabric", "level", "scale", "sources"]),
        metadata=about("Schedule; `close`, `level` and `scale` have nothing to do here.", "sources"),
    )


class NewTokenV1Schema(RequestSchema[NewTokenV1]):
    """POST /api/token."""

    name = Text(required=True, validate=validate.Length(min=1, max=100), metadata=about("Purpose of the token."))


class UserChangeV1Schema(RequestSchema[UserChangeV1]):
    """PATCH /api/user/{user}."""

    access = fields.String(
        load_default=None, validate=validate.OneOf(["user", "disabled", "admin"]), metadata=about("Access.")
    )
    flags = Object(load_default=dict, metadata=about("`upload` for role author, `moderator` for role moderator."))
    validated = fields.Raw(load_default=None, metadata=about("Ignored: signing in by mail proves the address."))

    def prepare(self, data: dict[str, Any]) -> dict[str, Any]:
        """Leave out what does not change anything."""
        return {"access": data["access"], "flags": data["flags"]}
