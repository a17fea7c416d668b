"""A test that leaves a process, a thread, a socket, a file or a folder behind fails itself, and no later one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.house_figures import ROOT
from support.leftovers import LeftoversPlugin

# The plugins of the environment take a second to import.
_ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
_CONFTEST = """
import pytest, subprocess
from support.leftovers import LeftoversPlugin

def pytest_configure(config):
    config.pluginmanager.register(LeftoversPlugin(settle_s=0.2))

@pytest.fixture(scope="session")
def server():
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()

@pytest.fixture(scope="class")
def stack():
    processes = [subprocess.Popen(["sleep", "60"])]
    yield processes
    for process in processes:
        process.kill()
        process.wait()

@pytest.fixture(scope="module")
def careless():
    return subprocess.Popen(["sleep", "60"])
"""
_TESTS = """
import socket, subprocess, tempfile, threading, time

kept = []

def test_clean(server, tmp_path):
    with subprocess.Popen(["true"]), socket.socket(), tempfile.TemporaryDirectory(), (tmp_path / "a").open("w"):
        pass
    thread = threading.Thread(target=time.sleep, args=(0.05,))
    thread.start()

def test_process(server):
    kept.append(subprocess.Popen(["sleep", "60"]))

def test_ended_process():
    kept.append(subprocess.Popen(["true"]))

def test_thread():
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()

def test_socket():
    kept.append(socket.create_server(("127.0.0.1", 0)))

def test_file(tmp_path):
    kept.append((tmp_path / "a").open("w"))

def test_folder():
    kept.append(tempfile.mkdtemp())

def test_bystander(server):
    pass

class TestRestart:
    def test_restart(self, stack):
        stack.append(subprocess.Popen(["sleep", "60"]))

    def test_next(self, stack):
        pass

def test_of_a_careless_fixture(careless):
    pass
"""


def test_test_that_leaves_something_behind_fails_itself(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(_CONFTEST, "utf-8")
    (tmp_path / "test_all.py").write_text(_TESTS, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "ascii")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests"), **_ALONE},
        capture_output=True,
        text=True,
        check=False,
    )
    # It has ended, so its children have no parent that could stop them.
    for process in re.findall(r"^process (\d+) \(sleep 60\)", done.stdout, re.MULTILINE):
        os.kill(int(process), 9)
    for folder in re.findall(r"^temporary file (.+)$", done.stdout, re.MULTILINE):
        Path(folder).rmdir()
    assert set(re.findall(r"^ERROR .*::(\w+)", done.stdout, re.MULTILINE)) == {
        "test_process",
        "test_ended_process",
        "test_thread",
        "test_socket",
        "test_file",
        "test_folder",
        "test_of_a_careless_fixture",
    }, done.stdout
    assert "11 passed, 7 errors" in done.stdout
    assert "ended, but not waited for" in done.stdout


def test_plugin_watches_this_suite(pytestconfig: pytest.Config) -> None:
    assert any(isinstance(plugin, LeftoversPlugin) for plugin in pytestconfig.pluginmanager.get_plugins())
