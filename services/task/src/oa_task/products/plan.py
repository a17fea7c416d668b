"""The plan of a product, as the task reads it (oa_shared.products)."""

from oa_shared.plan_reading import read_plan
from oa_shared.product_plans import PlanError, ProductPlan
from oa_task.runtime.failure import TaskFailure


def parse_plan(body: bytes) -> ProductPlan:
    """Return a validated plan. Raises TaskFailure source.schema with JSON pointers."""
    try:
        return read_plan(body)
    except PlanError as error:
        raise TaskFailure("source.schema", error.detail) from error
