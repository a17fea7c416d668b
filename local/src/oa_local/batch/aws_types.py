"""The parts of the JSON of AWS Batch that the emulation reads."""

from typing import NotRequired, TypedDict


class NameValue(TypedDict):
    """An environment variable."""

    name: str
    value: str


class Requirement(TypedDict):
    """A resource requirement; the emulation uses MEMORY, in MiB."""

    type: str
    value: str


class Container(TypedDict, total=False):
    """The container properties of a job definition, or what a job overrides of them."""

    command: list[str]
    environment: list[NameValue]
    resourceRequirements: list[Requirement]
    memory: int


class Timeout(TypedDict, total=False):
    """The time limit of an attempt."""

    attemptDurationSeconds: int


class ArrayProperties(TypedDict, total=False):
    """The number of children of an array job."""

    size: int


class JobDependency(TypedDict, total=False):
    """A job that must end first, or the rule for the children of an array."""

    jobId: str
    type: str


class RetryStrategy(TypedDict, total=False):
    """How often Batch itself tries a job."""

    attempts: int


class NewDefinition(TypedDict):
    """RegisterJobDefinition."""

    jobDefinitionName: str
    containerProperties: Container
    timeout: NotRequired[Timeout]


class RegisteredDefinition(NewDefinition):
    """A registered job definition."""

    jobDefinitionArn: str
    revision: int
    status: str


class SubmittedJob(TypedDict):
    """SubmitJob."""

    jobName: str
    jobQueue: str
    jobDefinition: str
    containerOverrides: NotRequired[Container]
    shareIdentifier: NotRequired[str]
    schedulingPriorityOverride: NotRequired[int]
    timeout: NotRequired[Timeout]
    arrayProperties: NotRequired[ArrayProperties]
    dependsOn: NotRequired[list[JobDependency]]
    retryStrategy: NotRequired[RetryStrategy]
    tags: NotRequired[dict[str, str]]
