"""On whose behalf, and on what, the code uses the methods of the ports. `permissions` compares this with the source.

A resource is the last part of the name of a queue, a prefix of keys in the bucket, or a kind of resource of Batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

API, CONSUMER, DISPATCHER, TASK = "api", "consumer", "dispatcher", "task"
# The role that the API assumes for one attempt, whose container then uses the credentials.
ATTEMPT = "attempt"
JOBS, RESULTS = ("jobs",), ("results",)
DEAD = ("jobs-dlq", "results-dlq")
ATTEMPTS, UPLOADS = ("job/*",), ("upload/*",)
BUCKET, ANY = "bucket", "*"
# Of SubmitJob; the other calls of Batch have one.
PASSWORD, ATTEMPT_ROLE = "password of the database", "role of attempts"
BATCH_QUEUE, BATCH_DEFINITION, BATCH_JOB = "batch queue", "batch definition", "batch job"


@dataclass(frozen=True, slots=True)
class Use:
    """Use of a method by a role. `may_be_absent`: the code reads a key that may have no object.

    `apart` names the resources of client methods that concern another resource than the others.
    """

    role: str
    resources: tuple[str, ...]
    may_be_absent: bool = False
    apart: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _maybe(role: str, resources: tuple[str, ...]) -> Use:
    return Use(role, resources, may_be_absent=True)


_FILES = _maybe(API, (*ATTEMPTS, *UPLOADS))
_CONSUMED = (Use(CONSUMER, RESULTS), Use(DISPATCHER, JOBS))
_STORED_RESULT = (_maybe(API, ATTEMPTS), _maybe(CONSUMER, ATTEMPTS))

# Module → method → uses.
USES: Mapping[str, Mapping[str, tuple[Use, ...]]] = {
    "oa_shared.consumer": {"receive": _CONSUMED},
    "oa_shared.message_settler": {
        "delete": _CONSUMED,
        "delete_batch": _CONSUMED,
        "change_visibility": _CONSUMED,
        "dead_letter": (
            Use(CONSUMER, RESULTS, apart={"send_message": ("results-dlq",)}),
            Use(DISPATCHER, JOBS, apart={"send_message": ("jobs-dlq",)}),
        ),
    },
    "oa_api.attempt_access.api": {"issue": (Use(API, (ATTEMPT_ROLE,)),)},
    "oa_api.attempt_access.plan_inputs": {"presign": (Use(API, ATTEMPTS),)},
    "oa_api.background.dependencies": {
        "find_misconfiguration": (Use(API, (*JOBS, *DEAD)), Use(CONSUMER, RESULTS)),
        "get_bytes": (_maybe(API, ATTEMPTS),),
    },
    "oa_api.compatibility.file_api": {
        "get_bytes": (_maybe(API, ATTEMPTS),),
        "head": (_maybe(API, ATTEMPTS),),
        "stream": (_maybe(API, ATTEMPTS),),
    },
    "oa_api.db.login": {"read": (Use(API, (PASSWORD,)), Use(CONSUMER, (PASSWORD,)))},
    "oa_api.dead_letters.actions": {"depth": (Use(API, DEAD),)},
    "oa_api.dead_letters.api": {"depth": (Use(API, (*JOBS, *RESULTS, *DEAD)),)},
    "oa_api.dead_letters.dead_letters": {
        "depth": (Use(API, DEAD),),
        "receive": (Use(API, DEAD),),
        "delete": (Use(API, DEAD),),
        "release_batch": (Use(API, DEAD),),
        "send_batch": (Use(API, (*JOBS, *RESULTS)),),
    },
    "oa_api.status.metrics_api": {"depth": (Use(API, (*JOBS, *RESULTS, *DEAD)),)},
    "oa_api.status.system_status": {"depth": (Use(API, (*JOBS, *RESULTS, *DEAD)),)},
    "oa_api.jobs.outbox_relay": {"send_batch": (Use(API, JOBS),)},
    "oa_api.jobs.sweep": {"depth": (Use(API, JOBS),), "get_bytes": (_maybe(API, ATTEMPTS),)},
    "oa_api.jobs.api": {"get_bytes": (_maybe(API, ATTEMPTS),)},
    "oa_api.jobs.files": {"head": (_FILES,), "stream": (_FILES,), "presign": (_FILES,)},
    "oa_api.jobs.lost_results": {"head": (_maybe(API, ATTEMPTS),)},
    "oa_api.jobs.pages.files": {
        "head": (_maybe(API, ATTEMPTS),),
        "get_bytes": (_maybe(API, ATTEMPTS),),
        "stream": (Use(API, ATTEMPTS),),
    },
    "oa_api.jobs.stored_result": {"head": _STORED_RESULT, "stream": _STORED_RESULT},
    "oa_api.pull_requests.excerpts": {"head": (_maybe(API, ATTEMPTS),), "stream": (Use(API, ATTEMPTS),)},
    "oa_api.retention.attempts": {"list_objects": (Use(API, (BUCKET,)),), "delete_many": (Use(API, ATTEMPTS),)},
    "oa_api.retention.orphans": {
        "list_objects": (Use(API, (BUCKET,)),),
        "delete_many": (Use(API, (*ATTEMPTS, *UPLOADS)),),
    },
    "oa_api.retention.records": {"delete_many": (Use(API, UPLOADS),)},
    # Only the host of the link is used.
    "oa_api.ui.rendering": {"presign": ()},
    "oa_api.uploads.api": {"presign_post": (Use(API, UPLOADS),), "put_file": (Use(API, UPLOADS),)},
    "oa_api.uploads.service": {
        "head": (_maybe(API, UPLOADS),),
        "stream": (Use(API, UPLOADS),),
        "delete_many": (Use(API, UPLOADS),),
    },
    "oa_dispatcher.batch_check": {"find_by_name": (Use(DISPATCHER, (ANY,)),)},
    "oa_dispatcher.batch_calls": {
        "find_by_name": (Use(DISPATCHER, (ANY,)),),
        "submit": (Use(DISPATCHER, (BATCH_QUEUE, BATCH_DEFINITION)),),
    },
    "oa_dispatcher.submit_permission": {"submit": (Use(DISPATCHER, (BATCH_QUEUE, BATCH_DEFINITION)),)},
    "oa_dispatcher.sweep": {
        "find_by_name": (Use(DISPATCHER, (ANY,)),),
        "describe": (Use(DISPATCHER, (ANY,)),),
        "terminate": (Use(DISPATCHER, (BATCH_JOB,)),),
        "send_batch": (Use(DISPATCHER, RESULTS),),
    },
    # A task reads a key only after S3 has refused to replace its object, and the files of inputs, which exist.
    "oa_task.job.attempt": {"put_new": (Use(ATTEMPT, ATTEMPTS),), "get_bytes": (Use(ATTEMPT, ATTEMPTS),)},
    "oa_task.job.attempt_files": {
        "put_new": (Use(ATTEMPT, ATTEMPTS),),
        "put_new_file": (Use(ATTEMPT, ATTEMPTS),),
        "get_bytes": (Use(ATTEMPT, ATTEMPTS),),
    },
    "oa_task.job.log_upload": {"put_bytes": (Use(ATTEMPT, ATTEMPTS),)},
    "oa_task.job.status_reporter": {"send_batch": (Use(TASK, RESULTS),)},
    "oa_task.products.input_fetcher": {"stream": (Use(ATTEMPT, ATTEMPTS),)},
}

# Client method → actions of IAM. A link or a form may do what its signer may do.
IAM_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "assume_role": ("sts:AssumeRole",),
    "get_secret_value": ("secretsmanager:GetSecretValue",),
    "abort_multipart_upload": ("s3:AbortMultipartUpload",),
    "complete_multipart_upload": ("s3:PutObject",),
    "create_multipart_upload": ("s3:PutObject",),
    "delete_objects": ("s3:DeleteObject",),
    "generate_presigned_post": ("s3:PutObject",),
    "generate_presigned_url:get_object": ("s3:GetObject",),
    "get_object": ("s3:GetObject",),
    "head_object": ("s3:GetObject",),
    "list_objects_v2": ("s3:ListBucket",),
    "put_object": ("s3:PutObject",),
    # In parts when the file is large; these are removed when a part fails.
    "upload_file": ("s3:PutObject", "s3:AbortMultipartUpload"),
    "upload_part": ("s3:PutObject",),
    "change_message_visibility": ("sqs:ChangeMessageVisibility",),
    "change_message_visibility_batch": ("sqs:ChangeMessageVisibility",),
    "delete_message": ("sqs:DeleteMessage",),
    "delete_message_batch": ("sqs:DeleteMessage",),
    "get_queue_attributes": ("sqs:GetQueueAttributes",),
    "receive_message": ("sqs:ReceiveMessage",),
    "send_message": ("sqs:SendMessage",),
    "send_message_batch": ("sqs:SendMessage",),
    "describe_jobs": ("batch:DescribeJobs",),
    "list_jobs": ("batch:ListJobs",),
    "submit_job": ("batch:SubmitJob",),
    "terminate_job": ("batch:TerminateJob",),
}
# S3 answers 403 instead of 404 for a missing object to those who may not list the bucket.
SEE_ABSENCE = "s3:ListBucket"

# Statements of roles that AWS itself uses for the stack, by the end of the name → actions.
ACTIONS_OF_AWS: Mapping[str, frozenset[str]] = {
    # ECS and Batch, before a container starts.
    "-execution": frozenset(
        {
            "ecr:GetAuthorizationToken",
            "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchGetImage",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "secretsmanager:GetSecretValue",
        }
    ),
    # EventBridge Scheduler, for the call of a schedule.
    "-scheduler": frozenset({"ecs:RunTask", "iam:PassRole"}),
    # The flow log of the network.
    "flow_log": frozenset({"logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"}),
}
