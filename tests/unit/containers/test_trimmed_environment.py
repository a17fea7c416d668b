"""The environment of the images: what `services/image/trim.py` removes, and that the rest still works."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import distribution
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
IMAGE = ROOT / "services/image"
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
_MB = 1_000_000
# The layer of the packages with its bytecode: with the 62 MB of the base it makes an image of less than 500 MB.
_LARGEST_BYTES = 437 * _MB


def load(name: str) -> Any:
    spec = spec_from_file_location(f"image_{name}", IMAGE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


trim = load("trim")
fetch_file = load("fetch_file")


def closure(package: str) -> set[str]:
    """Return the names of a package and all that it requires, with the extras that are asked for."""
    found: set[tuple[str, str]] = set()
    waiting = [(package, "")]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in found:
            continue
        found.add((name, extra))
        for need in map(Requirement, distribution(name).requires or ()):
            if need.marker is None or need.marker.evaluate({"extra": extra}):
                waiting += [(need.name, each) for each in ("", *need.extras)]
    return {name for name, _ in found}


def installed_files(package: str) -> Iterator[Path]:
    for path in distribution(package).files or ():
        if ".." not in path.parts and "__pycache__" not in path.parts:
            yield Path(path)


def link_packages(package: str, root: Path) -> Path:
    """Fill a folder with the packages of an image: hard links to those of this environment, which stay as they are."""
    for each in closure(package):
        for path in installed_files(each):
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            source = SITE_PACKAGES / path
            if source.is_file() and not target.exists():
                link_or_copy(source, target)
    return root


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of the task image, trimmed."""
    root = link_packages("oa-task", tmp_path_factory.mktemp("environment", numbered=True) / "site-packages")
    trim.trim(root, trim.read_patterns((IMAGE / "unused-files.txt").read_text()))
    return root


def link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def sources(package: str) -> list[Path]:
    """Return the folders with the sources of those packages of this repository that a package requires."""
    names = {name.replace("-", "_") for name in closure(package) if name.startswith("oa-")}
    return [
        found.parent
        for pattern in ("*/src/oa_*", "services/*/src/oa_*")
        for found in ROOT.glob(pattern)
        if found.name in names
    ]


def run(environment: Path, *command: str, package: str = "oa-task", **environ: str) -> subprocess.CompletedProcess[str]:
    path = ":".join(map(str, (environment, *sources(package))))
    # -S: without the packages of this environment.
    return subprocess.run(
        [sys._base_executable, "-S", *command],  # type: ignore[attr-defined] # the Python below the environment
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": path,
            "OA_ALLOW_HOSTS": "127.0.0.1",
            **environ,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def missing_libraries(path: Path) -> set[str]:
    done = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=False)
    return {line.split()[0] for line in done.stdout.splitlines() if "not found" in line}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("folder", ["services/api", "services/dispatcher", "local"])
def test_packages_of_an_image_import_what_its_build_compiles(folder: str, tmp_path: Path) -> None:
    """The packages of other images, and what only tests need, are not there."""
    text = (ROOT / folder / "Dockerfile").read_text()
    (package,) = set(re.findall(r"uv sync .*--package (\S+)", text))
    (modules,) = re.findall(r"import_all.py --drop-sources ([a-z_. ]+) ", text)
    root = link_packages(package, tmp_path / "site-packages")
    done = run(root, str(IMAGE / "import_all.py"), *modules.split(), package=package, PYTHONDONTWRITEBYTECODE="1")
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def compiled(environment: Path) -> Path:
    """The environment after the last step of the build: bytecode in the place of most sources."""
    done = run(environment, str(IMAGE / "import_all.py"), "--drop-sources", "oa_shared", "oa_task")
    assert done.returncode == 0, done.stderr[-2000:]
    return environment


@pytest.mark.timeout(600)
def test_compiled_environment_imports_every_module_of_the_task_again(compiled: Path) -> None:
    """LD_BIND_NOW makes the loader look for every function at once, also in libraries that were removed."""
    assert (compiled / "polars/__init__.pyc").exists()
    assert not (compiled / "polars/__init__.py").exists()
    done = run(
        compiled, str(IMAGE / "import_all.py"), "oa_shared", "oa_task", PYTHONDONTWRITEBYTECODE="1", LD_BIND_NOW="1"
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.timeout(600)
def test_trimmed_libraries_find_what_they_need(environment: Path) -> None:
    """As the loader sees it: a program whose strings were cut loses the path to its libraries."""
    names = [path.relative_to(environment) for path in environment.rglob("*") if trim._is_program_or_library(path)]
    assert len(names) > 100
    lost = {
        str(name): missing_libraries(environment / name) - missing_libraries(SITE_PACKAGES / name) for name in names
    }
    assert {name: missing for name, missing in lost.items() if missing} == {}


@pytest.mark.timeout(600)
def test_compiled_environment_is_small(compiled: Path) -> None:
    size = sum(path.stat().st_size for path in compiled.rglob("*") if path.is_file())
    assert size < _LARGEST_BYTES, f"{size / _MB:.0f} MB"


def test_development_environment_keeps_its_sources() -> None:
    """`make setup` imports everything too; linters, type checkers and tests read the sources."""
    (command,) = (line for line in (ROOT / "bin/bootstrap").read_text().splitlines() if "import_all.py" in line)
    assert "--drop-sources" not in command
    assert (SITE_PACKAGES / "polars/__init__.py").exists()


def test_unused_files_every_pattern_matches_an_installed_file() -> None:
    """A pattern that matches nothing is a typing error, or the images contain what a package has renamed."""
    names = [path.relative_to(SITE_PACKAGES).as_posix() for path in SITE_PACKAGES.rglob("*") if path.is_file()]
    patterns = trim.read_patterns((IMAGE / "unused-files.txt").read_text())
    assert len(patterns) > 40
    assert [
        each.glob for each in patterns if not any(trim.fnmatch.fnmatchcase(name, each.glob) for name in names)
    ] == []


def test_unused_files_keep_every_aws_service_that_the_code_calls() -> None:
    """A client of a removed service fails only when it is opened, in the running container."""
    sources = [
        path.read_text("utf-8") for folder in ("shared", "services", "local") for path in (ROOT / folder).rglob("*.py")
    ]
    called = {name for text in sources for name in re.findall(r"\bclient\(\s*\"([a-z0-9-]+)\"", text)}
    assert {"sqs", "s3", "batch"} <= called
    patterns = trim.read_patterns((IMAGE / "unused-files.txt").read_text())
    kept = {each.glob.split("/")[2] for each in patterns if each.is_kept and each.glob.startswith("botocore/data/")}
    assert called <= kept


def test_read_patterns_without_a_reason_is_refused() -> None:
    with pytest.raises(trim.UnusedFilesError, match="reason"):
        trim.read_patterns("*/tests/*\n")


def test_trim_last_matching_line_decides(tmp_path: Path) -> None:
    for name in ("data/ec2/a.json", "data/sqs/a.json", "data/b.json", "package/__pycache__/gone.cpython-311.pyc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    trim.trim(tmp_path, trim.read_patterns("data/*/* # unused\n!data/sqs/* # the queues"))
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["data/b.json", "data/sqs/a.json"]


def test_strip_other_links_to_the_file_keep_their_symbols(tmp_path: Path) -> None:
    library = next(path for path in SITE_PACKAGES.glob("xxhash/*.so"))
    shutil.copy2(library, tmp_path / "original.so")
    os.link(tmp_path / "original.so", tmp_path / "link.so")
    saved = trim.strip(tmp_path / "link.so")
    assert saved > 0
    assert (tmp_path / "original.so").read_bytes() == library.read_bytes()
    assert (tmp_path / "link.so").stat().st_mode == library.stat().st_mode


def test_list_packages_has_the_packages_of_python_and_of_the_pages() -> None:
    lock = ROOT / "services/api/web/package-lock.json"
    done = subprocess.run(
        [sys.executable, str(IMAGE / "list_packages.py"), str(lock)], capture_output=True, text=True, check=True
    )
    listed = {(each["type"], each["name"]) for each in json.loads(done.stdout)}
    assert {("pypi", "aiohttp"), ("npm", "maplibre-gl")} <= listed


def test_fetch_file_other_content_is_refused_and_not_written(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"certificates")
    with pytest.raises(fetch_file.ChecksumError, match="SHA-256"):
        fetch_file.fetch(source.as_uri(), "0" * 64, tmp_path / "target/bundle.pem")
    assert not (tmp_path / "target").exists()


def test_fetch_file_every_user_may_read_it(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"certificates")
    target = tmp_path / "target/bundle.pem"
    digest = fetch_file.hashlib.sha256(b"certificates").hexdigest()
    before = os.umask(0o077)
    try:
        fetch_file.fetch(source.as_uri(), digest, target)
    finally:
        os.umask(before)
    assert target.stat().st_mode & 0o777 == 0o644
    assert target.parent.stat().st_mode & 0o777 == 0o755


def test_deployed_api_copies_the_certificates_with_their_mode() -> None:
    text = (ROOT / "terraform/images/api.Dockerfile").read_text()
    assert "ADD " not in text
    assert "COPY --from=certificates /rds /etc/ssl/rds" in text
    module = "".join(path.read_text() for path in (ROOT / "terraform/modules/database").glob("*.tf"))
    assert "sslrootcert=/etc/ssl/rds/global-bundle.pem" in module
