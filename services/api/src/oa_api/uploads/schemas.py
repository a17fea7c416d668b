"""The schemas of /api/upload."""

from marshmallow import fields, validate

from oa_api.http.fields import RequestSchema, Text, about
from oa_api.http.schemas import MAX_LIMIT, ResponseSchema, text_field, time_field
from oa_api.uploads.requests import NewUpload, UploadFilter
from oa_api.uploads.rows import UploadState

_UPLOAD_ID = r"[0-9a-f]{32}\Z"
_EXAMPLE_ID = "0123456789abcdef0123456789abcdef"


class NewUploadSchema(RequestSchema[NewUpload]):
    """POST /api/upload."""

    name = Text(
        required=True,
        validate=validate.Regexp(r"(?!\.)[A-Za-z0-9_.-]{1,120}\Z", error="Use letters, digits, `_`, `.` and `-`."),
        metadata=about("Name of the file; its suffix states the format.", "addresses.zip"),
    )
    size_bytes = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1), metadata=about("Exact size in bytes.", 1_048_576)
    )
    sha256 = Text(
        load_default=None,
        allow_none=True,
        validate=validate.Regexp(r"[0-9a-f]{64}\Z"),
        metadata=about("SHA-256 of the file; if given, the file must have it."),
    )


class UploadFilterSchema(RequestSchema[UploadFilter]):
    """GET /api/upload."""

    cursor = Text(
        load_default=None,
        validate=validate.Regexp(_UPLOAD_ID),
        metadata=about("Cursor: ID of the last upload received."),
    )
    limit = fields.Integer(
        load_default=25, validate=validate.Range(min=1, max=MAX_LIMIT), metadata=about("Maximum number of items.", 25)
    )


class UploadSchema(ResponseSchema):
    """An uploaded file, or one that is announced."""

    id = text_field("ID of the upload.", _EXAMPLE_ID)
    account = text_field("Owner: ID of an account.", "7")
    name = text_field("Name of the file.", "addresses.zip")
    size_bytes = fields.Integer(required=True, metadata=about("Size in bytes."))
    content_type = text_field("Media type.", "application/zip")
    state = fields.String(
        required=True,
        validate=validate.OneOf(list(UploadState)),
        metadata=about("State; a `Ready` file passed its check and is public at `url`.", "Ready"),
    )
    reason = text_field("Reason for refusing the file.", allow_none=True)
    created_at = time_field("When it was created.")
    checked_at = time_field("When the file was checked.", allow_none=True)
    url = text_field("Public URL of the file, for `data` of a source; null until it is ready.", allow_none=True)


class UploadFormSchema(ResponseSchema):
    """How to send the file."""

    method = fields.String(
        required=True,
        validate=validate.OneOf(["POST", "PUT"]),
        metadata=about("`POST`: a form with `fields`, then `file`; `PUT`: the file is the body."),
    )
    url = text_field("URL to send the file to.")
    fields_ = fields.Dict(
        required=True,
        keys=fields.String(),
        values=fields.String(),
        data_key="fields",
        metadata=about("Fields of the form, before the file."),
    )
    expires_s = fields.Integer(required=True, metadata=about("Validity of the form in seconds.", 3600))


class CreatedUploadSchema(UploadSchema):
    """POST /api/upload: the upload, and how to send its file."""

    form = fields.Nested(UploadFormSchema, required=True)


class UploadListSchema(ResponseSchema):
    """GET /api/upload."""

    uploads = fields.List(fields.Nested(UploadSchema), required=True)


class DeletedUploadSchema(ResponseSchema):
    """DELETE /api/upload/{upload}."""

    id = text_field("ID of the upload.", _EXAMPLE_ID)
    state = fields.String(required=True, validate=validate.OneOf([UploadState.DELETED]))
