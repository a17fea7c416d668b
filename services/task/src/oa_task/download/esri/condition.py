"""The condition that selects all features: `1=1`, or another one where a firewall takes that for an attack."""

from dataclasses import dataclass

import structlog

from oa_task.download.attempts import TransientError
from oa_task.download.esri.client import EsriClient, EsriRequestError
from oa_task.download.esri.layer import parse_count
from oa_task.runtime.failure import TaskFailure

log = structlog.get_logger()
ALL = "1=1"
_DEFAULT_OID = "OBJECTID"
_LOWEST_ID = -(2**31)
_MAY_DEPEND_ON_CONDITION = frozenset({"source.forbidden", "upstream.http_5xx"})


@dataclass(frozen=True, slots=True)
class FeatureCount:
    """The number of features that a condition selects, None if the server does not count them.

    `refusal` is the failure of the query, if it failed.
    """

    condition: str
    count: int | None
    refusal: TaskFailure | None = None

    @property
    def is_refused(self) -> bool:
        """Return whether another condition may succeed."""
        return self.refusal is not None and self.refusal.code in _MAY_DEPEND_ON_CONDITION


async def count_all(client: EsriClient) -> FeatureCount:
    """Count the features with `1=1`. Raises TaskFailure source.*, except for the refusal of a condition."""
    try:
        response = await client.query_with_retries("query", _query(ALL))
    except EsriRequestError as error:
        return FeatureCount(ALL, None, TaskFailure("upstream.http_5xx", str(error)))
    except TaskFailure as failure:
        if not failure.code.startswith("upstream.") and failure.code not in _MAY_DEPEND_ON_CONDITION:
            raise
        log.warning("features_not_counted", code=failure.code, error=failure.message)
        return FeatureCount(ALL, None, failure)
    return FeatureCount(ALL, parse_count(response))


async def replace_refused(client: EsriClient, refused: FeatureCount, oid_field: str | None) -> FeatureCount:
    """Return the first condition that the server accepts; the refused one if the server only does not count.

    Raises TaskFailure source.forbidden if the server refuses all conditions.
    """
    oid = oid_field or _DEFAULT_OID
    for condition in (f"{oid} >= 0", f"{oid} IS NOT NULL"):
        count = await _count_once(client, condition)
        if count is None:
            continue
        if condition.endswith(">= 0"):
            lower = f"{oid} >= {_LOWEST_ID}"
            with_negative = await _count_once(client, lower) or 0
            condition, count = (lower, with_negative) if with_negative > count else (condition, count)  # noqa: PLW2901
        log.warning("condition_replaced", refused=refused.condition, accepted=condition, count=count)
        return FeatureCount(condition, count)
    if refused.refusal is not None and refused.refusal.code == "source.forbidden":
        raise refused.refusal
    return refused


async def _count_once(client: EsriClient, condition: str) -> int | None:
    try:
        return parse_count(await client.query("query", _query(condition)))
    except EsriRequestError:
        return None
    except TransientError as error:
        log.info("condition_refused", condition=condition, error=str(error))
        return None
    except TaskFailure as failure:
        if failure.code not in _MAY_DEPEND_ON_CONDITION:
            raise
        return None


def _query(condition: str) -> dict[str, str]:
    return {"where": condition, "returnCountOnly": "true"}
