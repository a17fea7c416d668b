"""`oa-api` that writes the cost of each callback of its event loop to a file: `python -m abuse.measured_api`.

The file is that of the variable OA_TEST_LOOP_COST.
"""

import os
import sys
from pathlib import Path

from oa_api.main import main
from support.loop_cost import LoopCost

LIMIT_S = 0.05


if __name__ == "__main__":
    cost = LoopCost(limit_s=float(os.environ.get("OA_TEST_LOOP_LIMIT_S", LIMIT_S)))
    sys.argv = ["oa-api"]
    try:
        with cost.measure():
            main()
    finally:
        cost.write(Path(os.environ["OA_TEST_LOOP_COST"]))
