"""Imports every module of the packages on the command line: `python3 import_all.py oa_shared oa_task`.

Python writes the bytecode of whatever they import, and of nothing else: a container with a read-only disk could not
write it. The build fails here if a package needs a file that trim.py removes.
"""

import importlib
import pkgutil
import sys


def main() -> None:
    """Import the packages, and print how many modules that loaded."""
    for name in sys.argv[1:]:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module.name)
    sys.stdout.write(f"{len(sys.modules):,} modules loaded\n")


if __name__ == "__main__":
    main()
