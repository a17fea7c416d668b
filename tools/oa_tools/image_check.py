"""`sh bin/check-images`: starts the image of each service as AWS does, and lets it do its main work.

Every container has a read-only disk except for /tmp, the user of its image and no capabilities. The database, the
queues, the bucket and the sources are processes of this machine, which the containers reach by the host's network.
"""

import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import URLError
from urllib.request import urlopen

from oa_local.batch.registration import dispatcher_settings
from oa_local.client import LocalApi
from oa_local.emulator import Emulator
from oa_local.postgres import Postgres
from oa_local.process import Process, answers_http, free_port
from oa_local.provision import Queues, create_bucket, create_queues
from oa_local.samples import SOURCE_NAME, definition, write_samples
from oa_tools.image_containers import USER, ImageCheckError, docker_command, run, serving, wait_until
from oa_tools.weekly.towns import make_towns, write_repository

_SECRET = "images"  # noqa: S105 - of short-lived servers on loopback
_TOWNS = 3
_BUNDLE = "/etc/ssl/rds/global-bundle.pem"
_READ_BUNDLE = f"import ssl; print(len(ssl.create_default_context(cafile='{_BUNDLE}').get_ca_certs()))"
# Files of a result with every output.
_OUTPUTS = {"source.geojson.gz", "validated.geojson.gz", "source.parquet", "source.pmtiles", "source.png", "cache.zip"}


@dataclass(slots=True)
class Surroundings:
    """What the containers talk to: a database, an emulator of SQS and S3, and a server of files."""

    folder: Path
    postgres: Postgres = field(init=False)
    emulator: Emulator = field(init=False)
    queues: Queues = field(init=False)
    database_url: str = ""
    files_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.postgres = Postgres(self.folder / "postgres")
        self.emulator = Emulator(self.folder / "aws")

    @property
    def files_url(self) -> str:
        """The URL of the folder `files`."""
        return f"http://127.0.0.1:{self.files_port}"

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start everything, with the sample county and a repository of sources."""
        files = self.folder / "files"
        write_samples(files)
        write_repository(self.folder / "repository", make_towns(_TOWNS, 0), self.files_url)
        server = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(files)]
        process = Process([*server, str(self.files_port)], log=self.folder / "files.log")
        try:
            self.postgres.start()
            self.database_url = self.postgres.create("images")
            self.emulator.start()
            self.queues = create_queues(self.emulator.environ, "local")
            create_bucket(self.emulator.environ, "oa-local")
            process.start_and_wait("the server of files", lambda: answers_http(self.files_url))
            yield
        finally:
            process.stop()
            self.emulator.stop()
            self.postgres.stop()

    @property
    def environ(self) -> dict[str, str]:
        """The settings that the services share."""
        return {
            **self.emulator.environ,
            "OA_STACK": "local",
            "OA_SHARED_SECRET": _SECRET,
            "OA_DATABASE_URL": self.database_url,
            "OA_BUCKET": "oa-local",
            "OA_JOBS_QUEUE_URL": self.queues.jobs_url,
            "OA_JOBS_DLQ_URL": self.queues.jobs_dlq_url,
            "OA_RESULTS_QUEUE_URL": self.queues.results_url,
            "OA_RESULTS_DLQ_URL": self.queues.results_dlq_url,
            "OA_ALLOW_HOSTS": self.files_url,
            "OA_HOST": "127.0.0.1",
        }


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:  # noqa: S310 - a container on loopback
            return bool(answer.status == 200)  # noqa: PLR2004 - OK
    except (URLError, OSError):
        return False


def check_api(image: str, world: Surroundings) -> str:
    """Migrate an empty database, serve, and run the weekly schedule over a repository."""
    port, repository = free_port(), {world.folder / "repository": "/sources-repository"}
    environ = {**world.environ, "OA_PORT": str(port), "OA_SOURCES_REPOSITORY": "/sources-repository"}
    run(image, "migrate", environ=environ, mounts={})
    with serving(image, environ=environ, mounts=repository):
        api = LocalApi(f"http://127.0.0.1:{port}", _SECRET)
        wait_until("the start", lambda: _answers(f"{api.url}/live"))
        number = api.call("POST", "/api/schedule", {"type": "sources"})["id"]
        view = api.call("GET", f"/api/schedule/{number}")

        def has_ended() -> bool:
            view.update(api.call("GET", f"/api/schedule/{number}"))
            return view["run"] is not None and view["state"] != "Pending"

        wait_until("the weekly schedule", has_ended)
        if view["state"] == "Failed":
            raise ImageCheckError(f"the weekly schedule failed: {view['error']}")
        wait_until("the jobs of the run", lambda: len(list(api.jobs_of_run(view["run"]))) == _TOWNS)
        wait_until("the answer of /live after the schedule", lambda: _answers(f"{api.url}/live"))
    return f"migrated, served, created the {_TOWNS} jobs of the weekly schedule"


def check_dispatcher(image: str, world: Surroundings) -> str:
    """Start, and answer that it lives."""
    port = free_port()
    environ = {
        **world.environ,
        **dispatcher_settings("local"),
        "OA_HEALTH_PORT": str(port),
        "OA_API_URL": world.files_url,
    }
    with serving(image, environ=environ, mounts={}):
        wait_until("the start", lambda: _answers(f"http://127.0.0.1:{port}/live"))
    return "started, answers on its health port"


def check_task(image: str, world: Surroundings) -> str:
    """Process each layer of the sample county with every output."""
    source = world.folder / "applewood.json"
    county = definition(world.files_url)
    source.write_text(json.dumps(county), "utf-8")
    layers: dict[str, list[dict[str, str]]] = county["layers"]  # type: ignore[assignment] # of our own definition
    entries = [(layer, entry["name"]) for layer, found in layers.items() for entry in found]
    script = 'for entry in "$@"; do oa-task run /applewood.json --layer "${entry%%/*}" --name "${entry#*/}" '
    script += '--out "/tmp/$entry" >&2 || exit 1; (cd /tmp && ls -1 "$entry" | sed "s#^#$entry/#"); done'
    words = ("-c", script, "sh", *(f"{layer}/{name}" for layer, name in entries))
    environ = {"OA_ALLOW_HOSTS": world.files_url}
    listed = run(image, *words, environ=environ, mounts={source: "/applewood.json"}, entrypoint="sh").splitlines()
    for layer, name in entries:
        written = {line.rpartition("/")[2] for line in listed if line.startswith(f"{layer}/{name}/")}
        if _OUTPUTS - written:
            raise ImageCheckError(f"{layer} of {SOURCE_NAME} lacks {sorted(_OUTPUTS - written)}, has {sorted(written)}")
    return f"processed {', '.join(layer for layer, _ in entries)} with {len(_OUTPUTS)} files each"


def check_certificates(image: str) -> str:
    """Read the certificates of RDS as the user of the image."""
    count = run(image, "-c", _READ_BUNDLE, environ={}, mounts={}, entrypoint="python3").strip()
    return f"{count} certificates in {_BUNDLE} are readable"


def check_user(image: str) -> str:
    """Return the user. Raises ImageCheckError if the image would run as another one, such as root."""
    inspect = docker_command("image", "inspect", "--format", "{{.Config.User}} {{.Size}}", image)
    done = subprocess.run(inspect, capture_output=True, text=True, check=True)  # noqa: S603
    user, size = done.stdout.split()
    if user != USER:
        raise ImageCheckError(f"{image} runs as {user or 'root'}, not as {USER}")
    return f"user {user}, {int(size) / 1e6:.0f} MB"


def main() -> int:
    """Check the images with the tag of the command line, `local` by default; return the exit status."""
    parser = ArgumentParser(prog="oa_tools.image_check", description="Start the image of each service, as AWS does.")
    parser.add_argument("tag", nargs="?", default="local", help="tag of the images (default: %(default)s)")
    tag = parser.parse_args().tag
    names = {name: f"openaddresses/{name}:{tag}" for name in ("api", "dispatcher", "task", "api-deployed")}
    failed = 0
    with TemporaryDirectory(prefix="oa-images-", ignore_cleanup_errors=True) as folder:
        world = Surroundings(Path(folder))
        Path(folder).chmod(0o755)  # the containers run as another user
        with world.running():
            checks: list[tuple[str, Callable[[], str]]] = [
                *((image, lambda image=image: check_user(image)) for image in names.values()),
                (names["api"], lambda: check_api(names["api"], world)),
                (names["dispatcher"], lambda: check_dispatcher(names["dispatcher"], world)),
                (names["task"], lambda: check_task(names["task"], world)),
                (names["api-deployed"], lambda: check_certificates(names["api-deployed"])),
            ]
            for image, check in checks:
                try:
                    sys.stdout.write(f"ok     {image}: {check()}\n")
                except (ImageCheckError, subprocess.SubprocessError) as error:
                    failed += 1
                    sys.stdout.write(f"FAILED {image}: {error}\n")
                sys.stdout.flush()
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
