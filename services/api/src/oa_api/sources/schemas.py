"""The schemas of responses about sources; serializers.py writes them."""

from marshmallow import fields, validate

from oa_api.datasets.withdrawals import OfferState
from oa_api.http.fields import about
from oa_api.http.schemas import ListSchema, ResponseSchema, id_field, text_field, time_field
from oa_shared.status import LAYERS, JobStatus

# The states of an entry, as `/health` names them.
ENTRY_STATES = ("healthy", "failing", "never")


def _layer_field() -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(LAYERS), metadata=about("Layer.", "addresses"))


class SourceOriginSchema(ResponseSchema):
    """The definition of a source, as its newest job ran it, and where it came from; null where it is not known."""

    job = id_field("ID of the job.")
    text = text_field("Path of its text.", "/api/job/12/raw")
    url = text_field("URL that it was fetched from.", allow_none=True)
    file = text_field(
        "URL of its file at GitHub.",
        "https://github.com/openaddresses/openaddresses/blob/master/sources/us/ca/berkeley.json",
        allow_none=True,
    )
    commit = text_field("URL of its commit at GitHub.", allow_none=True)


class SourceEntrySchema(ResponseSchema):
    """An entry of live runs: its latest job, and its published dataset."""

    layer = _layer_field()
    name = text_field("Name of the entry in the layer.", "city")
    state = fields.String(
        required=True,
        validate=validate.OneOf(ENTRY_STATES),
        metadata=about(
            "`healthy`: the latest job succeeded; `failing`: the former version stays published; `never`: it has no "
            "published version.",
            "healthy",
        ),
    )
    failing_since = time_field("Start of its failures; null if it does not fail.", allow_none=True)
    job = id_field("ID of its latest job.")
    status = fields.String(
        required=True, validate=validate.OneOf(list(JobStatus)), metadata=about("Status of that job.", "Success")
    )
    code = text_field("Failure code of that job.", "source.not_found", allow_none=True)
    error = text_field("Reason of its failure.", allow_none=True)
    data = fields.Integer(required=True, allow_none=True, metadata=about("ID of the dataset.", 7))
    published_job = fields.Integer(
        required=True, allow_none=True, metadata=about("ID of the job whose result is published.", 12)
    )
    count = fields.Integer(required=True, allow_none=True, metadata=about("Number of published features.", 1000))
    updated_at = time_field("When it was published.", allow_none=True)
    checked_at = time_field("When it was published, or last found up to date.", allow_none=True)
    history = text_field("Path of its publications.", "/api/data/7/history", allow_none=True)


class SourceSchema(ResponseSchema):
    """A source."""

    source_name = text_field("Name of the source.", "us/ca/berkeley")
    page = text_field("Path of its page.", "/sources/us/ca/berkeley")
    published = fields.Integer(required=True, metadata=about("Number of published entries.", 2))
    failing = fields.Integer(required=True, metadata=about("Number of failing entries.", 0))
    features = fields.Integer(required=True, metadata=about("Number of published features.", 1000))
    updated_at = time_field("When one of its entries was last published.", allow_none=True)
    failing_since = time_field("Start of the longest current failure of an entry.", allow_none=True)
    definition = fields.Nested(SourceOriginSchema, required=True, allow_none=True)
    entries = fields.List(fields.Nested(SourceEntrySchema), required=True)


class SourceListSchema(ListSchema):
    """A page of sources."""

    sources = fields.List(fields.Nested(SourceSchema), required=True)


class SourceVersionSchema(ResponseSchema):
    """A publication of a dataset of a source."""

    id = id_field("ID; later publications have higher ones.")
    data = id_field("ID of the dataset.")
    layer = _layer_field()
    name = text_field("Name of the entry in the layer.", "city")
    job = id_field("ID of its job.")
    run = id_field("ID of its run.")
    published_at = time_field("When it was published.")
    count = fields.Integer(required=True, allow_none=True, metadata=about("Number of features.", 1000))
    commit = text_field("Commit of the definition at GitHub.", allow_none=True)


class WithdrawnDatasetSchema(ResponseSchema):
    """A dataset of a source that is not offered."""

    data = id_field("ID of the dataset.")
    layer = _layer_field()
    name = text_field("Name of the entry in the layer.", "city")
    state = fields.String(
        required=True, validate=validate.OneOf(list(OfferState)), metadata=about("State of the dataset.", "retired")
    )


class SourceDetailsSchema(SourceSchema):
    """A source with its published versions."""

    publications = fields.List(
        fields.Nested(SourceVersionSchema), required=True, metadata=about("The 20 newest ones, newest first.")
    )
    withdrawn = fields.List(
        fields.Nested(WithdrawnDatasetSchema), required=True, metadata=about("Retired and deleted datasets.")
    )
