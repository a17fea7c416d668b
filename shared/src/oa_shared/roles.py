"""The roles, each of which may do all that those below it may (docs/identity.md)."""

from enum import IntEnum


class Role(IntEnum):
    """From nobody in particular to the services themselves."""

    ANYONE = 0
    VIEWER = 1
    AUTHOR = 2
    MODERATOR = 3
    ADMIN = 4
    SERVICE = 5

    @property
    def word(self) -> str:
        """The role as people and the database write it."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Role":
        """Return the role with a word. Raises KeyError."""
        return cls[word.upper()]


# The words of the roles that people have.
PEOPLE = tuple(role.word for role in Role if Role.ANYONE < role < Role.SERVICE)
