"""The ports of the services: the same ones after a restart, and none that another program or stack uses."""

import json
from pathlib import Path
from typing import IO

from oa_local.process import StartError, accepts, claim_port, free_port

_API_PORT = 5000
# The API first: the port that a user chooses for it may be that of another service at the last start.
_PORT_NAMES = ("api", "postgres", "aws", "batch", "dispatcher", "files", "cases", "towns")


def choose_ports(folder: Path, api_port: int | None = None) -> tuple[dict[str, int], list[IO[bytes]]]:
    """Return a port for each service and the claims on them: that of the last start if it is still free.

    Raises StartError if `api_port`, which the user chose, is not free.
    """
    path = folder / "ports.json"
    earlier = json.loads(path.read_text("utf-8")) if path.exists() else {"api": _API_PORT}
    if api_port is not None and accepts(api_port):
        raise StartError(f"port {api_port} is in use: choose another one with --port")
    ports: dict[str, int] = {}
    claims: list[IO[bytes]] = []
    for name in _PORT_NAMES:
        port = (api_port if name == "api" else None) or earlier.get(name) or free_port()
        while accepts(port) or (claim := claim_port(port)) is None:
            port = free_port()
        ports[name] = port
        claims.append(claim)
    if api_port is not None and ports["api"] != api_port:
        for claim in claims:
            claim.close()
        raise StartError(f"port {api_port} is claimed by another stack: choose another one with --port")
    path.write_text(json.dumps(ports), "utf-8")
    return ports, claims
