"""Features of GML that GDAL leaves out, with a warning each, because it cannot read their geometry."""

import re

from oa_task.features.bad_rows import BadRows

REASON = "a feature whose geometry cannot be read"
_SKIPPED = re.compile(
    r"Geometry of (?P<what>feature (?P<number>\d+) .*?cannot be parsed: .*?)\.*\s*Skipping to next feature\.", re.DOTALL
)


def note_skip(warning: str, bad_rows: BadRows) -> bool:
    """Count the feature that a warning of GDAL names as a bad row, and return whether it names one."""
    match = _SKIPPED.fullmatch(warning)
    if match is None:
        return False
    row = max(int(match["number"]), bad_rows.rows_read)
    bad_rows.note(REASON, [row], [match["what"]], code="source.format")
    bad_rows.rows_read += 1
    return True
