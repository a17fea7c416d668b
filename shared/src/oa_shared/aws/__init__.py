"""The adapters of SQS, S3, Batch and Secrets Manager to the ports of `oa_shared`; no other package calls AWS."""

from oa_shared.aws.session import AttemptAws, Aws, open_attempt_aws, open_aws
from oa_shared.aws.sqs import SqsQueue

__all__ = ["AttemptAws", "Aws", "SqsQueue", "open_attempt_aws", "open_aws"]
