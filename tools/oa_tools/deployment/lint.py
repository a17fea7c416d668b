"""Conventions of terraform/ that its own tools do not check: everything is used, typed and described."""

import re
from collections.abc import Iterator
from pathlib import Path

from oa_tools.deployment.terraform import TerraformError

_FILES = ("main.tf", "variables.tf", "outputs.tf", "versions.tf")
_BLOCK = re.compile(r'^(variable|output) "([^"]+)" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_LOCALS = re.compile(r"^locals \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_LOCAL = re.compile(r"^  (\w+) += ", re.MULTILINE)
_NEEDED = {"variable": ("type", "description"), "output": ("description",)}


def lint(source: Path) -> str:
    """Check the root module and every module below it. Raises TerraformError with all findings."""
    modules = [source, *sorted((source / "modules").iterdir())]
    findings = [finding for module in modules for finding in findings_of(module)]
    if findings:
        raise TerraformError("\n".join(findings))
    return f"{len(modules)} modules: everything typed, described and used"


def findings_of(module: Path) -> Iterator[str]:
    """Yield a line for each finding in a module."""
    yield from (f"{module.name}: {name} is missing" for name in _FILES if not (module / name).exists())
    text = "\n".join(path.read_text("utf-8") for path in sorted(module.glob("*.tf")))
    for kind, name, body in _BLOCK.findall(text):
        lacking = [word for word in _NEEDED[kind] if not re.search(rf"^  {word} +=", body, re.MULTILINE)]
        yield from (f"{module.name}: {kind} {name} has no {word}" for word in lacking)
        if kind == "variable" and not re.search(rf"\bvar\.{name}\b", text.replace(body, "")):
            yield f"{module.name}: variable {name} is not used"
    for body in _LOCALS.findall(text):
        unused = [name for name in _LOCAL.findall(body) if not re.search(rf"\blocal\.{name}\b", text)]
        yield from (f"{module.name}: local {name} is not used" for name in unused)
