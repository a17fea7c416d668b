"""The variables of a container of an array job: it knows its place in the array, and asks the API what it is."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from oa_shared.aws.caller_identity import prove_identity
from oa_shared.caller_identity import IdentityUnavailableError, purpose_of_child
from oa_shared.json_types import JsonMapping
from oa_shared.settings import read_settings
from oa_shared.tracing import child_traceparent
from oa_task.job.attempt_access import AccessUnavailableError, post_to_api, wait_for_answer

# Of the variables of a job, those in which the children of an array differ, as the API names them.
_FIELDS = ("run", "job", "attempt", "token", "kind", "layer", "name", "source_name", "sample")
_IS_ARRAY = "OA_ARRAY"


@dataclass(frozen=True, slots=True)
class ArraySettings:
    """The variables of a container of an array job, which has no others of its attempt."""

    array: int = field(metadata={"help": "ID of the array."})
    array_token: str = field(repr=False, metadata={"help": "Secret of the array."})
    place: int = field(
        metadata={"variable": "AWS_BATCH_JOB_ARRAY_INDEX", "help": "Place in the array, from 0; Batch sets it."}
    )
    batch_job: str = field(metadata={"variable": "AWS_BATCH_JOB_ID", "help": "ID of the container; Batch sets it."})
    api_url: str = field(metadata={"help": "URL of the API."})
    api_wait_s: float = field(default=600, metadata={"help": "Seconds that a container waits for the API."})


async def complete_environment(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables of an attempt: those of the process, for a child of an array with those that it requests.

    Raises SettingsError, AttemptOverError, AccessUnavailableError.
    """
    if not environ.get(_IS_ARRAY):
        return environ
    settings = read_settings(ArraySettings, environ)
    fetch = partial(_fetch, settings)
    assignment = await wait_for_answer(fetch, give_up_at=time.monotonic() + settings.api_wait_s)
    own = {f"OA_{name.upper()}": str(value) for name in _FIELDS if (value := assignment.get(name)) is not None}
    traceparent = assignment.get("traceparent")
    own["OA_TRACEPARENT"] = child_traceparent(traceparent if isinstance(traceparent, str) else None)
    return {**environ, **own}


async def _fetch(settings: ArraySettings) -> JsonMapping:
    url = f"{settings.api_url.rstrip('/')}/api/array/{settings.array}/child"
    try:
        proof = await prove_identity(purpose_of_child(settings.array, settings.place))
    except IdentityUnavailableError as error:
        raise AccessUnavailableError(error.detail) from error
    fields = {"token": settings.array_token, "place": settings.place, "batch_job": settings.batch_job, "proof": proof}
    return await post_to_api(url, fields)
