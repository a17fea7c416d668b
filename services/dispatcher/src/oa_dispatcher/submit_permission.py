"""Whether Batch takes submissions again, after it has denied one: the brake of the budget denies nothing else."""

from dataclasses import replace

from oa_shared.batch import BatchForbiddenError, BatchRefusedError, BatchService, SubmitRequest

# The largest revision of a job definition that Batch can express; none is ever registered.
_NO_REVISION = 2**31 - 1
NO_NAME = "oa-nothing"
"""The name of a container that never exists."""


class SubmitPermission:
    """The permission to submit; without it messages wait, for each delivery counts (decision 9)."""

    def __init__(self) -> None:
        self._denied: SubmitRequest | None = None

    def record_denial(self, request: SubmitRequest) -> None:
        """Have the next check ask whether this request would be allowed."""
        self._denied = request

    async def check(self, batch: BatchService) -> None:
        """Ask for a job that Batch refuses once it may look at it: its definition has no such revision.

        IAM decides before Batch does. Raises BatchForbiddenError while submissions are denied, BatchRefusedError when
        throttled, BatchUnknownError without an answer.
        """
        if self._denied is None:
            return
        try:
            await batch.submit(_impossible(self._denied))
        except BatchForbiddenError:
            raise
        except BatchRefusedError as error:
            if error.throttled:
                raise
        self._denied = None


def _impossible(request: SubmitRequest) -> SubmitRequest:
    name, separator, revision = request.definition.rpartition(":")
    definition = name if separator and revision.isdecimal() else request.definition
    return replace(request, name=NO_NAME, definition=f"{definition}:{_NO_REVISION}", environment={})
