"""The only place that speaks AWS: SQS, S3 and Batch behind the ports of `oa_shared`."""

from oa_shared.aws.session import Aws, open_aws

__all__ = ["Aws", "open_aws"]
