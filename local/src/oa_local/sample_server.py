"""Serves the sample county and its definition to the containers of docker-compose.yml.

`python -m oa_local.sample_server FOLDER --url http://samples:8003` serves the definition at
/sources/xx/applewood.json.
"""

import argparse
import json
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from oa_local.samples import SOURCE_NAME, definition, write_samples


def write_county(folder: Path, url: str) -> None:
    """Write the data files and the definition, whose URLs start with `url`."""
    write_samples(folder)
    path = folder / "sources" / f"{SOURCE_NAME}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(definition(url), indent=2), "utf-8")


def main() -> None:
    """Write the files and serve them at the port of the URL until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder for the files")
    parser.add_argument("--url", required=True, help="the URL of this server for other containers")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    options = parser.parse_args()
    write_county(options.folder, options.url.rstrip("/"))
    handler = partial(SimpleHTTPRequestHandler, directory=str(options.folder))
    ThreadingHTTPServer((options.host, urlsplit(options.url).port or 80), handler).serve_forever()


if __name__ == "__main__":
    main()
