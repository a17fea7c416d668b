"""The base of the errors that cross a package's edge."""

from typing import ClassVar


class OaError(Exception):
    """Something went wrong that has a name; `code` is for machines, `title` for people."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong."
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.title)

    @property
    def detail(self) -> str:
        """Return what happened this time, in words."""
        return str(self)
