"""The roles of accounts, tokens and services, lowest first: each may do all that the roles below it may."""

from enum import IntEnum


class Role(IntEnum):
    """What a caller may do (docs/identity.md lists it for each role)."""

    ANYONE = 0
    VIEWER = 1
    AUTHOR = 2
    MODERATOR = 3
    ADMIN = 4
    SERVICE = 5

    @property
    def label(self) -> str:
        """The role as the API, the database and the pages write it."""
        return self.name.lower()

    @classmethod
    def of(cls, label: str) -> "Role":
        """Return the role with a label. Raises KeyError for an unknown label."""
        return cls[label.upper()]


# The labels of the roles that an account or a token can have.
ACCOUNT_ROLES = tuple(role.label for role in Role if Role.ANYONE < role < Role.SERVICE)
