"""The schemas of responses about products, licenses, accounts and the service in the form of openaddresses/batch."""

from marshmallow import fields, validate

from oa_api.compatibility.statuses import STATUSES_V1
from oa_api.http.fields import about
from oa_api.http.schemas import ResponseSchema, id_field, text_field


class StandardV1Schema(ResponseSchema):
    """The outcome of an action."""

    status = fields.Integer(required=True, metadata=about("HTTP status.", 200))
    message = text_field("Outcome.")


class CollectionV1ResponseSchema(ResponseSchema):
    """A collection."""

    id = id_field("ID of the collection.")
    name = text_field("URL name.", "us-ne")
    human = text_field("Display name.", "Nebraska")
    sources = fields.List(fields.String(), required=True)
    created = fields.Integer(required=True, metadata=about("When it was built, in ms since 1970."))
    size = fields.Integer(required=True, allow_none=True, metadata=about("Size in bytes."))
    processed_size = fields.Integer(
        required=True, allow_none=True, metadata=about("Size of the deduplicated version in bytes.")
    )


class ExportV1Schema(ResponseSchema):
    """An export."""

    id = id_field("ID of the export.")
    uid = fields.Integer(required=True, metadata=about("ID of the account; 0 for a service."))
    job_id = id_field("ID of the exported job.")
    format = text_field("Format.", "csv")
    created = fields.Integer(required=True, metadata=about("When it was requested, in ms since 1970."))
    expiry = fields.Integer(required=True, metadata=about("When it expires, in ms since 1970."))
    size = fields.Integer(required=True, allow_none=True, metadata=about("Size in bytes."))
    status = fields.String(required=True, validate=validate.OneOf(STATUSES_V1), metadata=about("Status."))
    loglink = text_field("Name of the log.", allow_none=True)


class ListedExportV1Schema(ExportV1Schema):
    """An export in a list."""

    source_name = text_field("Source.", "us/ca/berkeley")
    layer = text_field("Layer.", "addresses")
    name = text_field("Entry of the layer.", "city")


class ExportListV1ResponseSchema(ResponseSchema):
    """GET /api/export."""

    total = fields.Integer(required=True, metadata=about("Number of exports; at most 10,000."))
    exports = fields.List(fields.Nested(ListedExportV1Schema), required=True)


class LicenseGroupV1Schema(ResponseSchema):
    """Sources with one license."""

    attribution = text_field("Name to credit.", allow_none=True)
    license = text_field("Name of the license.", allow_none=True)
    url = text_field("URL of the license.", allow_none=True)
    sources = fields.List(
        fields.List(fields.String(allow_none=True)), required=True, metadata=about("File and website of each source.")
    )


class LicenseListV1Schema(ResponseSchema):
    """GET /api/licenses."""

    licenses = fields.List(fields.Nested(LicenseGroupV1Schema), required=True)


class ListedTokenV1Schema(ResponseSchema):
    """A token, without its secret."""

    id = id_field("ID of the token.")
    name = text_field("Purpose.", "nightly import")
    created = fields.Integer(required=True, metadata=about("When it was created, in ms since 1970."))


class TokenListV1Schema(ResponseSchema):
    """GET /api/token."""

    total = fields.Integer(required=True)
    tokens = fields.List(fields.Nested(ListedTokenV1Schema), required=True)


class NewTokenV1ResponseSchema(ListedTokenV1Schema):
    """POST /api/token."""

    token = text_field("The token; shown only here.")


class LoginV1Schema(ResponseSchema):
    """GET /api/login."""

    uid = fields.Integer(required=True, metadata=about("ID of the account; 0 for a service."))
    username = text_field("Name of the account.", "ada")
    email = text_field("Email address.")
    access = text_field("`admin` or `user`.", "user")
    level = text_field("Always `sponsor`: the rights of this level are open to everyone.", "sponsor")
    flags = fields.Dict(required=True, metadata=about("`upload` and `moderator`."))


class UserV1Schema(ResponseSchema):
    """An account."""

    id = id_field("ID of the account.")
    username = text_field("Name of the account.", "ada")
    email = text_field("Email address.")
    access = text_field("`admin`, `user` or `disabled`.", "user")
    level = text_field("Always `sponsor`.", "sponsor")
    flags = fields.Dict(required=True, metadata=about("`upload` and `moderator`."))
    validated = fields.Boolean(required=True)


class UserListV1ResponseSchema(ResponseSchema):
    """GET /api/user."""

    total = fields.Integer(required=True)
    users = fields.List(fields.Nested(UserV1Schema), required=True)


class HealthV1Schema(ResponseSchema):
    """GET /api/health."""

    healthy = fields.Boolean(required=True, metadata=about("Whether this process can serve requests."))
    message = text_field("Reason, if it cannot.")
