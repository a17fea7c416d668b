"""The base class of errors that cross a package boundary."""

from typing import ClassVar


class OaError(Exception):
    """An error with a `code` for programs, a `title` for readers, and a `detail` of this occurrence."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong."
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.title)

    @property
    def detail(self) -> str:
        """Return the message of this occurrence."""
        return str(self)
