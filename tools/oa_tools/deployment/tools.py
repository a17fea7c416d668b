"""The environment of the scanner and the emulator, apart from that of the system."""

import os
import subprocess
from pathlib import Path

from oa_tools.deployment.report import SkippedError


def install_tools(root: Path, tools: Path) -> str:
    """Install the locked versions into `tools`; return a line about them. Raises SkippedError."""
    uv = root / ".local" / "tools" / "bin" / "uv"
    environ = {**os.environ, "UV_PROJECT_ENVIRONMENT": str(tools), "UV_PYTHON_DOWNLOADS": "never"}
    command = [str(uv), "sync", "--frozen", "--quiet", "--project", str(root / "terraform" / "tools")]
    try:
        subprocess.run(command, env=environ, check=True, capture_output=True, text=True, timeout=300)  # noqa: S603
    except subprocess.CalledProcessError as error:
        raise SkippedError(f"the locked tools could not be installed: {error.stderr.strip()[-300:]}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SkippedError(f"the locked tools could not be installed: {error}") from error
    return "scanner and emulator in the versions of terraform/tools/uv.lock"
