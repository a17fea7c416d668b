"""What the members of zips say of the machine that wrote them: nothing, so that equal content gives equal bytes."""

NO_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can state."""
PLAIN_FILE = 0o644 << 16
"""The permissions of a member, as `external_attr` of zipfile."""
