"""The reports of the child by its kind of work: closed schemas, so that a report adds nothing unexpected."""

from marshmallow import RAISE, Schema, fields, validate

from oa_shared.placement import MAX_MESSAGE, PlacementCode
from oa_task.sandbox.request import SandboxRequest

_MAX_COUNT = 2**53
_MAX_LABEL = 1000
_MAX_PATH = 5000
_SIDES = 4
_TEXT, _SAMPLE = validate.Length(max=_MAX_LABEL), validate.Length(max=200)
_COUNT = validate.Range(min=0, max=_MAX_COUNT)


def _count(*, required: bool = False) -> fields.Integer:
    return fields.Integer(strict=True, required=required, validate=_COUNT)


def _counts() -> fields.Dict:
    return fields.Dict(keys=fields.String(validate=validate.Length(max=_MAX_LABEL)), values=_count())


def _bounds() -> fields.List[float]:
    return fields.List(
        fields.Float(allow_nan=False), validate=validate.Length(equal=_SIDES), allow_none=True, required=True
    )


class _ClosedSchema(Schema):
    class Meta:
        """Refuse unknown keys."""

        unknown = RAISE


class _TimedReportSchema(_ClosedSchema):
    """A report with the seconds of each phase."""

    seconds = fields.Dict(keys=fields.String(), values=fields.Float(allow_nan=False), required=True)


class FieldChangesSchema(_ClosedSchema):
    """The counts of one field of the changed features."""

    lost = _count(required=True)
    changed = _count(required=True)
    gained = _count(required=True)


class FeatureChangesSchema(_ClosedSchema):
    """The counts of changes from the published data."""

    previous = fields.Boolean(required=True)
    added = _count(required=True)
    removed = _count(required=True)
    changed = _count(required=True)
    unchanged = _count(required=True)
    moved = _count()
    fields_ = fields.Dict(
        data_key="fields",
        attribute="fields",
        keys=fields.String(validate=validate.Length(max=_MAX_LABEL)),
        values=fields.Nested(FieldChangesSchema),
    )
    not_compared = _count()
    reason = fields.String()


class BadRowExampleSchema(_ClosedSchema):
    """A bad row of the input."""

    row = _count(required=True)
    value = fields.String(required=True)


class BadRowsSchema(_ClosedSchema):
    """The bad rows of one reason."""

    count = _count(required=True)
    examples = fields.List(fields.Nested(BadRowExampleSchema), required=True)


class RowCountsSchema(_ClosedSchema):
    """The rows of the input."""

    read = _count(required=True)
    bad = fields.Dict(keys=fields.String(), values=fields.Nested(BadRowsSchema), required=True)
    left_out = _counts()


class PlacementProblemSchema(_ClosedSchema):
    """A problem with the place of the data."""

    code = fields.String(required=True, validate=validate.OneOf([str(code) for code in PlacementCode]))
    message = fields.String(required=True, validate=validate.Length(max=MAX_MESSAGE))


class PlacementSchema(_ClosedSchema):
    """Where most of the data is, and what is wrong with that (oa_task.placement)."""

    bounds = _bounds()
    coverage = fields.String(required=True, allow_none=True, validate=validate.Length(max=_MAX_LABEL))
    problems = fields.List(fields.Nested(PlacementProblemSchema), required=True)


class _PassCountsSchema(_ClosedSchema):
    """The counts of a pass over the data, or over its first rows, and the place of the features."""

    count = _count(required=True)
    valid = _count(required=True)
    without_geometry = _count(required=True)
    bounds = _bounds()
    fields_ = fields.Dict(data_key="fields", keys=fields.String(), values=_count(), required=True)
    invalid = _counts()
    rows = fields.Nested(RowCountsSchema, required=True)
    placement = fields.Nested(PlacementSchema, required=True)


class ConversionReportSchema(_PassCountsSchema, _TimedReportSchema):
    """The report of a conversion (oa_task.conversion.convert) or a backfill, which compares nothing."""

    changes = fields.Nested(FeatureChangesSchema)
    warnings = fields.List(fields.String(), required=True)


class RowSummarySchema(_PassCountsSchema):
    """The counts of the first rows (oa_task.conversion.row_summary)."""


class InspectedRowSchema(_ClosedSchema):
    """A feature as read and as conformed."""

    row = _count(required=True)
    input_row = _count(required=True)
    raw = fields.Dict(keys=fields.String(), values=fields.String(allow_none=True), required=True)
    attributes = fields.List(fields.Dict(keys=fields.String()), required=True)
    geometry = fields.String(allow_none=True, required=True)


class InspectionReportSchema(_ClosedSchema):
    """The report of an inspection: sample rows, or the names of the columns."""

    rows = fields.List(fields.Nested(InspectedRowSchema))
    warnings = fields.List(fields.String(validate=validate.Length(max=_MAX_PATH)))
    columns = fields.List(fields.String())
    placement = fields.Nested(PlacementSchema)
    summary = fields.Nested(RowSummarySchema)


class ColumnFactsSchema(_ClosedSchema):
    """A column of described data (oa_task.conversion.column_facts)."""

    name = fields.String(required=True, validate=_TEXT)
    rows = _count(required=True)
    filled = _count(required=True)
    distinct = _count(required=True)
    shares = fields.Dict(keys=fields.String(validate=_TEXT), values=fields.Float(allow_nan=False), required=True)
    numbers = fields.List(fields.Float(allow_nan=False, allow_none=True), required=True, validate=_SAMPLE)
    examples = fields.List(fields.String(validate=_TEXT), required=True, validate=_SAMPLE)


class ReadingOptionsSchema(_ClosedSchema):
    """The options of a `conform` with which described data can be read."""

    format = fields.String(required=True, validate=_TEXT)
    file = fields.String(validate=validate.Length(max=_MAX_PATH))
    layer = fields.String(validate=_TEXT)
    encoding = fields.String(validate=_TEXT)
    csvsplit = fields.String(validate=validate.Length(equal=1))
    headers = fields.Integer(strict=True)
    skiplines = _count()


class DescriptionReportSchema(_ClosedSchema):
    """What the data of a source without a definition is (oa_task.conversion.data_description)."""

    conform = fields.Nested(ReadingOptionsSchema, required=True)
    compression = fields.String(required=True, allow_none=True, validate=validate.OneOf(["zip", "gzip"]))
    others = fields.List(fields.String(validate=validate.Length(max=_MAX_PATH)), required=True, validate=_SAMPLE)
    columns = fields.List(fields.Nested(ColumnFactsSchema), required=True, validate=validate.Length(max=_MAX_LABEL))
    rows = _count(required=True)
    places = fields.List(
        fields.List(fields.Float(allow_nan=False), validate=validate.Length(equal=2)), required=True, validate=_SAMPLE
    )
    shapes = fields.String(required=True, validate=validate.OneOf(["", "point", "line", "area"]))
    lacks_crs = fields.Boolean(required=True)


class InputDescriptionSchema(_ClosedSchema):
    """The report of a description of the input: how many columns and sample rows the files have."""

    columns = _count(required=True)
    rows = _count(required=True)


class InputCountSchema(_ClosedSchema):
    """The rows of one input of a product."""

    source_name = fields.String(required=True)
    layer = fields.String(required=True)
    name = fields.String(required=True)
    job = _count(required=True)
    count = _count(required=True)


class DeduplicationSchema(_ClosedSchema):
    """The rows of a product without duplicates."""

    count = _count(required=True)
    dropped = _counts()


class ProductReportSchema(_TimedReportSchema):
    """The report of a product build (oa_task.products.build)."""

    count = _count(required=True)
    bounds = _bounds()
    inputs = fields.List(fields.Nested(InputCountSchema), required=True)
    dropped = _counts()
    notes = fields.Dict(keys=fields.String(), values=_counts())
    deduplicated = fields.Nested(DeduplicationSchema)


def choose_schema(request: SandboxRequest) -> type[Schema]:
    """Return the schema of the report on a request."""
    if request.describes is not None:
        return DescriptionReportSchema
    if request.rows is not None:
        return InspectionReportSchema
    return InputDescriptionSchema if request.writes_evidence else ConversionReportSchema
