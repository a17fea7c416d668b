"""Types of JSON that may hold anything: narrow a value with `isinstance` before use."""

from collections.abc import Mapping

# A decoded JSON object that this process builds or changes.
JsonObject = dict[str, object]
# A decoded JSON object that is only read.
JsonMapping = Mapping[str, object]
