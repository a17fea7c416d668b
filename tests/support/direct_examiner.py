"""An examiner that works in the process of the test: as the real one, but without a process to start."""

import json

from oa_api.commands.examiner_process import OPERATIONS
from oa_api.definitions.examiner import Examiner
from oa_shared.json_types import JsonMapping, JsonObject
from oa_shared.source_definition import prepare_validation
from oa_shared.us_places import prepare_names

# As the process does when it starts: reading the schema or the names later would block the loop of a test.
prepare_validation()
prepare_names()


class DirectExaminer(Examiner):
    """Runs each operation at once; its replies pass through JSON, as they do between processes."""

    async def examine(self, operation: str, header: JsonMapping, body: bytes = b"") -> list[JsonObject]:
        frames = OPERATIONS[operation](json.loads(json.dumps(header)), body)
        return [json.loads(json.dumps(reply)) for replies in frames for reply in replies]
