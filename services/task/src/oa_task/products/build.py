"""Building a product by its kind."""

from typing import assert_never

from oa_shared.job_kinds import JobKind
from oa_shared.json_types import JsonObject
from oa_task.products.backfill import build_backfill
from oa_task.products.build_context import BuildContext
from oa_task.products.collection import build_collection
from oa_task.products.exports import build_export
from oa_task.products.fabric import build_fabric
from oa_task.runtime.failure import TaskFailure


def build(context: BuildContext) -> JsonObject:
    """Write the files of the plan's product and return the counts. Raises TaskFailure."""
    match context.plan.kind:
        case JobKind.EXPORT:
            return build_export(context)
        case JobKind.COLLECTION:
            return build_collection(context)
        case JobKind.FABRIC:
            return build_fabric(context)
        case JobKind.BACKFILL:
            return build_backfill(context)
        case JobKind.SOURCE:
            raise TaskFailure("source.schema", "a job of kind source has no plan")
        case kind:
            assert_never(kind)
