"""The request of an author for a proposal: the document that a sample job has in place of a definition.

No definition can pass for one: the schema allows no member `propose`. So an entry without `conform` fails with its
reason in a sample run, and only the API creates jobs that propose.
"""

import json
from dataclasses import dataclass

from oa_shared.json_values import json_object
from oa_shared.source_definition import SCHEMA_VERSION
from oa_shared.status import LAYERS

ENTRY_NAME = "proposal"
PROPOSAL_FILE = "proposal.json"
"""The file of the job with the proposed definition, the guesses and the columns."""
_MEMBER = "propose"
_DEFAULT_LAYER = "addresses"


@dataclass(frozen=True, slots=True)
class ProposalRequest:
    """The URL of the data; `layer` and the name of the source, such as us/ca/berkeley, are None if not stated."""

    url: str
    layer: str | None = None
    source: str | None = None

    @property
    def job_layer(self) -> str:
        """Return the layer of the job: without a stated one that of most sources."""
        return self.layer or _DEFAULT_LAYER

    def as_text(self) -> str:
        """Return the document of the job."""
        protocol = "ftp" if self.url.lower().startswith("ftp") else "http"
        entry = {"name": ENTRY_NAME, "data": self.url, "protocol": protocol}
        document = {
            "schema": SCHEMA_VERSION,
            "coverage": {},
            "layers": {self.job_layer: [entry]},
            _MEMBER: {"layer": self.layer, "source": self.source},
        }
        return json.dumps(document, ensure_ascii=False, indent=2)


def read_proposal_request(document: object) -> ProposalRequest | None:
    """Return the request in a decoded document, None for a definition and for anything else."""
    stated = json_object(document).get(_MEMBER)
    if not isinstance(stated, dict):
        return None
    layer, source = stated.get("layer"), stated.get("source")
    if layer not in (None, *LAYERS) or not isinstance(source, str | None):
        return None
    entries = json_object(json_object(document).get("layers")).get(layer or _DEFAULT_LAYER)
    url = json_object(entries[0]).get("data") if isinstance(entries, list) and len(entries) == 1 else None
    return ProposalRequest(url, layer, source) if isinstance(url, str) else None
