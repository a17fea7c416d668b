"""The routes of the dispatcher for many jobs, and of containers of array jobs."""

from oa_api.http.routing import delete, post
from oa_api.submissions import api
from oa_api.submissions.schemas import (
    ArrayChildAttemptSchema,
    ArrayChildSchema,
    ArrayTurnSchema,
    AskedJobsSchema,
    BatchArraySchema,
    CreatedArraySchema,
    NewArraySchema,
    SubmissionOutcomesSchema,
    SubmissionStatesSchema,
    SubmittedArraySchema,
    SubmittedAttemptsSchema,
)
from oa_shared.roles import Role

ROUTES = (
    post(
        "/api/job/states",
        api.post_states,
        "Get the latest attempts of jobs",
        operation_id="listStates",
        response=SubmissionStatesSchema,
        tag="jobs",
        description="The same as GET /api/job/{job}/state for up to 1,000 jobs, with the array of each attempt.",
        body=AskedJobsSchema,
        role=Role.SERVICE,
    ),
    post(
        "/api/job/submitted",
        api.post_submitted,
        "Report attempts as submitted",
        operation_id="sendSubmitted",
        response=SubmissionOutcomesSchema,
        tag="jobs",
        description="The same as PATCH /api/job/{job} with the status `Submitted` for up to 1,000 attempts.",
        body=SubmittedAttemptsSchema,
        role=Role.SERVICE,
    ),
    post(
        "/api/array",
        api.post_array,
        "Create an array of attempts",
        operation_id="sendArray",
        response=CreatedArraySchema,
        tag="jobs",
        description=(
            "Gives each waiting attempt a place in an array that the dispatcher submits as one array job. Attempts "
            "that are part of another array, or that have moved on, are left out."
        ),
        body=NewArraySchema,
        role=Role.SERVICE,
    ),
    post(
        "/api/array/{array}/turn",
        api.post_turn,
        "Take the turn to submit an array",
        operation_id="sendTurn",
        response=BatchArraySchema,
        tag="jobs",
        description="For a dispatcher that handles a message again. 409 while another dispatcher submits the array.",
        body=ArrayTurnSchema,
        refusals=(409,),
        role=Role.SERVICE,
    ),
    post(
        "/api/array/{array}/submitted",
        api.post_submitted_array,
        "Report an array as submitted",
        operation_id="sendSubmittedArray",
        response=SubmissionOutcomesSchema,
        tag="jobs",
        description="Reports each of its attempts as submitted, with the Batch ID of its child.",
        body=SubmittedArraySchema,
        role=Role.SERVICE,
    ),
    delete(
        "/api/array/{array}",
        api.delete_array,
        "Delete an array that Batch refused",
        response=BatchArraySchema,
        tag="jobs",
        description="The dispatcher then submits its attempts individually. 409 once the array has an array job.",
        refusals=(409,),
        role=Role.SERVICE,
    ),
    post(
        "/api/array/{array}/child",
        api.post_child,
        "Get the attempt of a child of an array",
        operation_id="claimChild",
        response=ArrayChildAttemptSchema,
        tag="jobs",
        description=(
            "For the container of the child: the body contains the token of its array. 409 once the attempt is over."
        ),
        body=ArrayChildSchema,
        refusals=(403, 409),
        role=Role.ANYONE,
    ),
)
