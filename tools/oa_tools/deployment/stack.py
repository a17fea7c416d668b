"""The stack that the check applies to the emulated account: applied, planned again and destroyed."""

import json
import re
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from oa_shared.json_types import JsonObject
from oa_tools.deployment.aws import EmulatedAccount
from oa_tools.deployment.drift import changes, unexpected_changes
from oa_tools.deployment.flows import REPOSITORY_FILE
from oa_tools.deployment.terraform import Terraform, TerraformError

STACK = "dev"
_PARALLEL = "-parallelism=20"
_VARIABLES: JsonObject = {
    "environment": STACK,
    "git_sha": "0" * 40,
    "shared_secret": "abcdefghijklmnopqrstuvwxyz012345",
    # The emulated account starts no tasks, and is discarded with everything in it.
    "api": {"wait_until_steady": False, "deletion_protection": False},
    "database": {"deletion_protection": False},
    "storage": {"force_destroy": True},
    "network": {"interface_endpoints": True},
}
_ERROR = re.compile(r"^Error: (.*)$", re.MULTILINE)
_INCONSISTENT = "Provider produced inconsistent final plan"
_EC2_ENVIRONMENT = "aws_batch_compute_environment.ec2_spot"
# What the emulator answers about a rule of a security group that it has dropped already.
_LOST_RULE = "InvalidPermission.NotFound"


@dataclass(slots=True)
class AppliedStack:
    """A stack of the configuration in an emulated account; its repository of sources is on a local server."""

    terraform: Terraform
    account: EmulatedAccount
    files_port: int

    @property
    def _var_file(self) -> str:
        path = self.terraform.folder / "check.tfvars.json"
        repository = f"http://127.0.0.1:{self.files_port}/{REPOSITORY_FILE}"
        variables = {**_VARIABLES, "aws_endpoint": self.account.url, "care": {"sources_repository": repository}}
        path.write_text(json.dumps(variables), "utf-8")
        return f"-var-file={path}"

    def apply(self) -> str:
        """Create all resources. Raises TerraformError."""
        started = time.monotonic()
        self.terraform.run("apply", "-input=false", "-auto-approve", _PARALLEL, self._var_file, timeout_s=540)
        return f"{len(self._resources())} resources created in {time.monotonic() - started:.0f} s"

    def apply_again(self) -> str:
        """Apply changes to a stack that is kept. Raises TerraformError."""
        try:
            return self.apply()
        except TerraformError as error:
            # The provider cannot plan the compute environment on EC2 by what the emulator answers; others are applied.
            errors = set(_ERROR.findall(error.detail))
            if errors != {_INCONSISTENT} or _EC2_ENVIRONMENT not in error.detail:
                raise
            return "applied, except the compute environment on EC2"

    def plan_again(self) -> str:
        """Plan the applied configuration. Raises TerraformError if that would change anything."""
        plan: Path = self.terraform.folder / "second.plan"
        self.terraform.run("plan", "-input=false", _PARALLEL, f"-out={plan}", self._var_file, timeout_s=300)
        planned = changes(json.loads(self.terraform.run("show", "-json", str(plan), timeout_s=120)))
        surprises = unexpected_changes(planned)
        if surprises:
            raise TerraformError("a second plan changes:\n" + "\n".join(surprises))
        return f"no changes except {len(planned)} that the gaps of the emulator explain"

    def destroy(self) -> str:
        """Destroy all resources. Raises TerraformError if one is left."""
        before = len(self._resources())
        words = ("destroy", "-input=false", "-auto-approve", _PARALLEL, self._var_file)
        destroy = partial(self.terraform.run, *words, timeout_s=540)
        try:
            destroy()
        except TerraformError as error:
            if _LOST_RULE not in error.detail:
                raise
            # The emulator handles concurrent calls in threads and may drop two rules of a security group at once. A
            # second run reads what is left.
            destroy()
        left = [*self._resources(), *self.account.leftovers()]
        if left:
            raise TerraformError(f"not destroyed: {', '.join(map(str, left))}")
        return f"{before} resources destroyed, nothing left"

    def _resources(self) -> list[str]:
        listed = self.terraform.run("state", "list", timeout_s=60).splitlines()
        return [address for address in listed if not address.startswith("data.") and ".data." not in address]
