"""How questions about published data, and the answers to them, look."""

import math
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from oa_api.schemas.answers import Answer
from oa_api.schemas.fields import Strict, Text, Time, about, identifier
from oa_api.schemas.requests import Slice
from oa_shared.status import LAYERS, JobStatus

SORTS = ("source", "updated_at")
_LIMITS = (180, 90, 180, 90)
_BBOX = "Four numbers: west,south,east,north in degrees; west may be greater than east across the date line."
_POINT = "Two numbers: longitude,latitude in degrees."


class Numbers(fields.Field[list[float]]):
    """A comma list of degrees: longitude and latitude, once or twice."""

    def __init__(self, count: int, words: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count, self.words = count, words

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[float]:  # noqa: ARG002
        try:
            found = [float(part) for part in str(value).split(",")]
        except ValueError as error:
            raise ValidationError(self.words) from error
        if len(found) != self.count or not all(
            math.isfinite(number) and abs(number) <= limit for number, limit in zip(found, _LIMITS, strict=False)
        ):
            raise ValidationError(self.words)
        if self.count == len(_LIMITS) and found[1] > found[3]:
            raise ValidationError("South lies north of north.")
        return found


class PlaceFilter(Strict):
    """Which sources and layers."""

    source = Text(
        load_default=None,
        metadata=about("Of this source; with a slash at the end, of all whose name begins so.", "us/ca/"),
    )
    layer = fields.String(load_default=None, validate=validate.OneOf(LAYERS), metadata=about("Of this layer."))


class Selection(PlaceFilter):
    """Which datasets."""

    name = Text(load_default=None, metadata=about("The entry inside the layer.", "city"))
    before = Time(load_default=None, metadata=about("Published before this moment.", "2026-11-24T12:00:00Z"))
    after = Time(load_default=None, metadata=about("Published at or after this moment.", "2026-11-24T00:00:00Z"))
    bbox = Numbers(4, _BBOX, load_default=None, metadata=about(f"Whose bounds touch these. {_BBOX}", "-125,32,-114,42"))
    point = Numbers(2, _POINT, load_default=None, metadata=about(f"Whose bounds hold this. {_POINT}", "-122.27,37.87"))
    validated = fields.Boolean(load_default=None, metadata=about("With a file of valid features, or without.", True))
    failing = fields.Boolean(
        load_default=None, metadata=about("Whose latest job did not publish, or only the others.", True)
    )

    @validates_schema
    def check_place(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse two places at once."""
        if data.get("bbox") and data.get("point"):
            raise ValidationError("Give `bbox` or `point`, not both.", "point")


class DataFilter(Slice, Selection):
    """GET /api/data."""

    cursor = identifier(
        load_default=None,
        metadata=about("The id of the last item that you have; the Link header carries it to the next page."),
    )
    sort = fields.String(
        load_default="source",
        validate=validate.OneOf(SORTS),
        metadata=about("`source`: by source, layer and name; `updated_at`: what was published last comes first."),
    )

    @validates_schema
    def check_start(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse two starts at once."""
        if data.get("cursor") and data.get("page"):
            raise ValidationError("Give `page` or `cursor`, not both.", "cursor")


class HistoryFilter(Slice):
    """GET /api/data/{data}/history."""

    cursor = identifier(load_default=None, metadata=about("The id of the last publication that you have."))


class FeedFilter(PlaceFilter):
    """GET /data/feed.atom."""

    cursor = identifier(load_default=None, metadata=about("Older than this publication: `rel=next` carries it."))


class Credits(Selection):
    """GET /api/attribution."""

    format = fields.String(
        load_default="text",
        validate=validate.OneOf(["text", "json"]),
        metadata=about("`text`: a file to pass on with the data; `json`: the same in parts.", "text"),
    )


class OutputChoice(Strict):
    """GET /api/job/{job}/output/{file}."""

    attempt = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1, max=2**31 - 1),
        metadata=about("Of this attempt, which never changes; the latest result when left out.", 1),
    )


class License(Answer):
    """What the source says of its licence; null where it does not say."""

    url = fields.String(required=True, allow_none=True, metadata=about("Where it can be read."))
    text = fields.String(required=True, allow_none=True, metadata=about("Its name or its words.", "CC BY 4.0"))
    attribution = fields.Boolean(required=True, allow_none=True, metadata=about("Whether credit must be given."))
    attribution_name = fields.String(required=True, allow_none=True, metadata=about("To whom.", "City of Berkeley"))
    share_alike = fields.Boolean(
        required=True, allow_none=True, metadata=about("Whether what is made of it must be under the same licence.")
    )
    remarks = fields.String(required=True, allow_none=True, metadata=about("What else the source says of it."))


class Fill(Answer):
    """How many features have a value in a field."""

    filled = fields.Integer(required=True, metadata=about("How many.", 980))
    rate = fields.Float(required=True, metadata=about("Their share, 0 to 1.", 0.98))


class File(Answer):
    """One file of a publication."""

    name = fields.String(required=True, metadata=about("Its name.", "source.parquet"))
    size_bytes = fields.Integer(required=True, allow_none=True, metadata=about("Its size.", 123_456))
    sha256 = fields.String(required=True, allow_none=True, metadata=about("Its digest."))
    url = fields.String(
        required=True,
        allow_none=True,
        metadata=about(
            "Its address, where never anything else will lie; null when it is not kept any more.",
            "/api/job/12/output/source.parquet?attempt=1",
        ),
    )


class LatestFile(File):
    """One file of what is published now."""

    latest = fields.String(
        required=True,
        metadata=about("Leads to the newest one.", "/latest/us/ca/berkeley/addresses/city/source.parquet"),
    )


class Origin(Answer):
    """Where the definition came from."""

    sha256 = fields.String(required=True, allow_none=True, metadata=about("The digest of the definition."))
    url = fields.String(required=True, allow_none=True, metadata=about("Its address."))
    commit = fields.String(required=True, allow_none=True, metadata=about("The commit that it is of.", "0a1b2c3"))
    definition = fields.String(required=True, metadata=about("Its text.", "/api/job/12/raw"))


class LatestJob(Answer):
    """A newer job of a live run that did not publish."""

    id = fields.Integer(required=True, metadata=about("The number of the job.", 14))
    run = fields.Integer(required=True, metadata=about("Its run.", 3))
    attempt = fields.Integer(required=True)
    status = fields.String(required=True, validate=validate.OneOf(list(JobStatus)), metadata=about("How it ended."))
    code = fields.String(required=True, allow_none=True, metadata=about("Why, by code.", "source.not_found"))
    error = fields.String(required=True, metadata=about("Why, in words.", "https://example.org/a.zip answered 404"))
    ended_at = Time(required=True, allow_none=True, metadata=about("When it ended."))


class _Numbers(Answer):
    job = fields.Integer(required=True, metadata=about("The job whose result it is.", 12))
    attempt = fields.Integer(required=True, metadata=about("The attempt whose result it is.", 1))
    run = fields.Integer(required=True, allow_none=True, metadata=about("The run of the job.", 2))
    count = fields.Integer(required=True, allow_none=True, metadata=about("How many features.", 1000))
    valid = fields.Integer(required=True, allow_none=True, metadata=about("How many of them are valid.", 990))
    bounds = fields.List(
        fields.Float(),
        required=True,
        allow_none=True,
        metadata=about("West, south, east, north.", [-122.3, 37.8, -122.2, 37.9]),
    )
    fields_ = fields.Dict(
        required=True,
        data_key="fields",
        attribute="fields",
        keys=fields.String(),
        values=fields.Nested(Fill),
        metadata=about("By the name of the field."),
    )
    changes = fields.Dict(
        required=True, allow_none=True, metadata=about("How many were added, removed, moved since the one before.")
    )
    license = fields.Nested(License, required=True, allow_none=True)
    origin = fields.Nested(Origin, required=True)


class Dataset(_Numbers):
    """What is published of one source, layer and name."""

    id = fields.Integer(required=True, metadata=about("Its number, which stays.", 7))
    source_name = fields.String(required=True, metadata=about("The source.", "us/ca/berkeley"))
    layer = fields.String(required=True, validate=validate.OneOf(LAYERS))
    name = fields.String(required=True, metadata=about("The entry inside the layer.", "city"))
    updated_at = Time(required=True, metadata=about("When it was published.", "2026-11-24T12:00:00.123456Z"))
    files = fields.List(fields.Nested(LatestFile), required=True)
    latest_job = fields.Nested(LatestJob, required=True, allow_none=True)
    history = fields.String(required=True, metadata=about("Its earlier publications.", "/api/data/7/history"))
    result = fields.Dict(required=True, allow_none=True, metadata=about("All that the job reported, as it is."))


class DatasetList(Answer):
    """A page of what is published."""

    total = fields.Integer(required=True, metadata=about("How many there are in all.", 5000))
    total_is_estimate = fields.Boolean(
        required=True, metadata=about("Whether counting stopped early: there are at least `total`.", False)
    )
    data = fields.List(fields.Nested(Dataset), required=True)


class Publication(_Numbers):
    """One time that a dataset was published."""

    id = fields.Integer(required=True, metadata=about("Its number; higher is later.", 31))
    published_at = Time(required=True, metadata=about("When."))
    files_deleted_at = Time(allow_none=True, metadata=about("Since when its files are not kept any more."))
    files = fields.List(fields.Nested(File), required=True)


class History(Answer):
    """The publications of a dataset, newest first."""

    data = fields.Integer(required=True, metadata=about("The dataset.", 7))
    total = fields.Integer(required=True)
    total_is_estimate = fields.Boolean(required=True)
    publications = fields.List(fields.Nested(Publication), required=True)


class LicenseUse(Answer):
    """A licence, and how much is published under it."""

    license = fields.Nested(License, required=True, allow_none=True)
    attribution = fields.String(required=True, metadata=about("The licence and its credit in one line."))
    datasets = fields.Integer(required=True, metadata=about("How many datasets.", 120))
    features = fields.Integer(required=True, metadata=about("How many features they have.", 5_000_000))


class LicenseList(Answer):
    """GET /api/licenses."""

    licenses = fields.List(fields.Nested(LicenseUse), required=True)


class Credit(Answer):
    """A dataset and the credit that is due."""

    source_name = fields.String(required=True)
    layer = fields.String(required=True)
    name = fields.String(required=True)
    license = fields.Nested(License, required=True, allow_none=True)
    attribution = fields.String(required=True, metadata=about("In one line."))
