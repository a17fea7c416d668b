"""What SQS and the environment of a Batch container take (docs/messages.md#limits).

`oa_shared.postgres_json` says the same of Postgres. Text that a carrier does not take is refused or cleaned before the
carrier gets it, because a carrier may refuse it together with the other messages of a call.
"""

import json
import re
from collections.abc import Mapping

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
# That page lists what a message may have; each process compiles the short list of the others ten times as fast.
_NOT_IN_QUEUE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# One message with its attributes, and one batch. AWS has raised both to 1 MiB; queues of other makes have not.
MAX_QUEUE_BYTES = 256 * 1024
MAX_ATTRIBUTES = 10
_ATTRIBUTE_NAME = re.compile(r"(?!\.)(?!(?i:aws|amazon)\.)[\w.-]{1,256}(?<!\.)\Z", re.ASCII)

# ECS starts no container whose overrides are longer, as JSON: Batch accepts the job, and fails it later.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerOverride.html
MAX_OVERRIDE_CHARACTERS = 8192
_VARIABLE_NAME = re.compile(r"(?!AWS_BATCH)[A-Za-z_][A-Za-z0-9_]*\Z")
_NOT_IN_ENVIRONMENT = re.compile("[\0\ud800-\udfff]")

# Control characters but tab and line breaks, surrogates, noncharacters: nothing that a reader of a reason can use.
_NONCHARACTERS = "".join(map(chr, (plane * 0x10000 + last for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))))
_NOT_CLEAN = re.compile(
    f"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff{_NONCHARACTERS}]",
)
_REPLACEMENT = "\ufffd"

# Names and hosts are keys of indexes: together they must stay below 2,704 bytes, the limit of an index row.
MAX_NAME = 200
MAX_HOST = 253
_NOT_IN_NAME = re.compile(f"[\t\n\r]|{_NOT_CLEAN.pattern}")


def message_bytes(body: str, attributes: Mapping[str, str]) -> int:
    """Return the size of a message as SQS counts it: body, and name, type and value of each attribute."""
    parts = [body, *(part for name, value in attributes.items() for part in (name, "String", value))]
    return sum(len(part.encode("utf-8", "surrogatepass")) for part in parts)


def why_not_queued(body: str, attributes: Mapping[str, str]) -> str | None:
    """Return why SQS does not take a message, or None if it does."""
    if not body:
        return "the body is empty"
    if found := _NOT_IN_QUEUE.search(body):
        return f"the body has U+{ord(found[0]):04X} at character {found.start()}"
    if reason := _why_not_attributes(attributes):
        return reason
    size_bytes = message_bytes(body, attributes)
    return f"{size_bytes} bytes, the limit is {MAX_QUEUE_BYTES}" if size_bytes > MAX_QUEUE_BYTES else None


def _why_not_attributes(attributes: Mapping[str, str]) -> str | None:
    if len(attributes) > MAX_ATTRIBUTES:
        return f"{len(attributes)} attributes, the limit is {MAX_ATTRIBUTES}"
    for name, value in attributes.items():
        if not _ATTRIBUTE_NAME.match(name):
            return f"the attribute name {name[:40]!a} is invalid"
        if not value:
            return f"the attribute {name} is empty"
        if found := _NOT_IN_QUEUE.search(value):
            return f"the attribute {name} has U+{ord(found[0]):04X}"
    return None


def why_not_in_environment(environment: Mapping[str, str]) -> str | None:
    """Return why a Batch container cannot get these variables, or None if it can."""
    for name, value in environment.items():
        if not _VARIABLE_NAME.match(name):
            return f"the variable name {name[:40]!a} is invalid"
        if found := _NOT_IN_ENVIRONMENT.search(value):
            return f"{name} has U+{ord(found[0]):04X}"
    # ASCII, as the AWS client writes it: the longest form of the JSON.
    overrides = {"environment": [{"name": name, "value": value} for name, value in environment.items()]}
    length = len(json.dumps(overrides))
    if length > MAX_OVERRIDE_CHARACTERS:
        longest = max(environment, key=lambda name: len(environment[name]))
        return (
            f"the variables have {length} characters, the limit is {MAX_OVERRIDE_CHARACTERS}; {longest} is the longest"
        )
    return None


def why_not_name(name: str) -> str | None:
    """Return why a text cannot be the name of a source or an entry, or None if it can."""
    if not name or len(name) > MAX_NAME:
        return f"has {len(name)} characters, a name has 1 to {MAX_NAME}"
    found = _NOT_IN_NAME.search(name)
    return f"has U+{ord(found[0]):04X}, which no name may have" if found else None


def clean_text(text: str, *, max_bytes: int | None = None) -> str:
    """Return a text that every carrier takes: unusable characters as U+FFFD, cut to `max_bytes` of UTF-8."""
    cleaned = _NOT_CLEAN.sub(_REPLACEMENT, text)
    if max_bytes is None or len(cleaned.encode()) <= max_bytes:
        return cleaned
    mark = "…"
    return cleaned.encode()[: max(0, max_bytes - len(mark.encode()))].decode("utf-8", "ignore") + mark
