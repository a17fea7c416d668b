"""Features of GML that GDAL leaves out, with a warning each, because it cannot read their geometry."""

import re

from oa_task.features.bad_rows import BadRows

REASON = "a feature whose geometry cannot be read"
_SKIPPED = re.compile(r"Geometry of (feature .+? cannot be parsed: .*?)\.*\s*Skipping to next feature\.", re.DOTALL)


def note_skip(warning: str, bad_rows: BadRows) -> bool:
    """Count the feature that a warning of GDAL names as a bad row, and return whether it names one.

    Its row is that of the batch that it would be in: the warning has only its ID.
    """
    match = _SKIPPED.fullmatch(warning)
    if match is None:
        return False
    bad_rows.note(REASON, [bad_rows.rows_read], [match[1]], code="source.format")
    bad_rows.rows_read += 1
    return True
