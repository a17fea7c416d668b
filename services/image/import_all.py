"""Imports every module of packages, and single modules: `python3 import_all.py [--drop-sources] oa_shared oa_task`.

Python writes the bytecode of whatever they import, and of nothing else: a container with a read-only disk could not
write it. The build of an image fails here if a package needs a file that trim.py removes. With `--drop-sources`, which
is for images only, installed packages other than those of this repository lose sources that have bytecode:
a traceback still names file, line and function.
"""

import importlib
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

_DROP = "--drop-sources"
_OURS = ("oa_api", "oa_dispatcher", "oa_shared", "oa_task", "oa_local")


def import_all(names: list[str]) -> list[ModuleType]:
    """Import packages with all their modules, and single modules; return whatever modules that loaded."""
    for name in names:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(getattr(package, "__path__", []), f"{name}."):
            importlib.import_module(module.name)
    return list(sys.modules.values())


def drop_source(module: ModuleType) -> int:
    """Put the bytecode of an installed module in the place of its source; return the bytes of the source."""
    source, compiled = getattr(module, "__file__", None), getattr(module, "__cached__", None)
    if module.__name__.partition(".")[0] in _OURS or not source or not compiled:
        return 0
    path, bytecode = Path(source), Path(compiled)
    if "site-packages" not in path.parts or path.suffix != ".py" or not path.exists() or not bytecode.exists():
        return 0
    size = path.stat().st_size
    bytecode.replace(path.with_suffix(".pyc"))
    path.unlink()
    return size


def main() -> None:
    """Import the packages, drop sources if asked to, and print the number of modules and the bytes saved."""
    names = [name for name in sys.argv[1:] if name != _DROP]
    loaded = import_all(names)
    saved = sum(map(drop_source, loaded)) if _DROP in sys.argv else 0
    sys.stdout.write(f"{len(loaded):,} modules loaded, {saved:,} bytes of their sources removed\n")


if __name__ == "__main__":
    main()
