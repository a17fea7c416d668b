"""The proof of a container in an account that checks signatures: what it proves, and what is no proof."""

import uuid
from collections.abc import AsyncIterator, Iterator, Mapping

import pytest

from oa_local.aws_client import client
from oa_local.emulator import Keys, client_environ
from oa_shared.aws import caller_identity
from oa_shared.aws.caller_identity import StsIdentityCheck, open_identity_check, prove_identity
from oa_shared.caller_identity import IdentityRefusedError, IdentityUnavailableError, purpose_of_child
from support.guarded_aws import Roles, start_guarded_aws

PURPOSE = purpose_of_child(7, 0)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    process, root = start_guarded_aws(tmp_path_factory.mktemp("guarded"))
    yield root
    process.stop()


@pytest.fixture(scope="module")
def roles(account: Mapping[str, str]) -> Roles:
    return Roles.create(account, f"t{uuid.uuid4().hex[:10]}")


@pytest.fixture
def container_role(roles: Roles) -> str:
    return roles.attempt_role_arn.replace("-attempt", "-task")


@pytest.fixture
async def check(roles: Roles, container_role: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StsIdentityCheck]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", roles.root["AWS_ENDPOINT_URL"])
    async with open_identity_check(role_arn=container_role) as opened:
        yield opened


async def prove(
    roles: Roles, session: str, monkeypatch: pytest.MonkeyPatch, *, role: str = "task", purpose: str = PURPOSE
) -> dict[str, str]:
    """Return the proof of a container whose role has a session of this name, as ECS names it by its task."""
    arn = roles.attempt_role_arn.replace("-attempt", f"-{role}")
    issued = client("sts", roles.root).assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"]
    keys = Keys(issued["AccessKeyId"], issued["SecretAccessKey"])
    environ = {**client_environ(roles.root["AWS_ENDPOINT_URL"], keys), "AWS_SESSION_TOKEN": issued["SessionToken"]}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    proof = await prove_identity(purpose)
    assert proof is not None
    assert issued["SecretAccessKey"] not in str(proof)
    return proof


async def test_proof_names_the_session_of_the_container(
    roles: Roles, check: StsIdentityCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    for session in ("0123456789abcdef", "fedcba9876543210"):
        assert await check.identify(await prove(roles, session, monkeypatch), PURPOSE) == session


async def test_proof_of_another_purpose_proves_nothing(
    roles: Roles, check: StsIdentityCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = await prove(roles, "task-a", monkeypatch, purpose=purpose_of_child(7, 1))
    with pytest.raises(IdentityRefusedError):
        await check.identify(proof, PURPOSE)


async def test_session_of_another_role_proves_nothing(
    roles: Roles, check: StsIdentityCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(IdentityRefusedError, match="role"):
        await check.identify(await prove(roles, "oa-7-1", monkeypatch, role="api"), PURPOSE)


@pytest.mark.parametrize("part", ["authorization", "x-amz-date", "x-amz-security-token"])
async def test_proof_with_a_part_missing_or_changed_proves_nothing(
    roles: Roles, check: StsIdentityCheck, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    proof = await prove(roles, "task-a", monkeypatch)
    without = {name: value for name, value in proof.items() if name != part}
    changed = {**proof, part: proof[part][:-1] + ("0" if proof[part][-1] != "0" else "1")}
    for spoiled in (without, changed, {}):
        with pytest.raises(IdentityRefusedError):
            await check.identify(spoiled, PURPOSE)


async def test_signature_that_leaves_the_purpose_out_proves_nothing(
    roles: Roles, check: StsIdentityCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signed call that was made for another reason, to STS too, must not serve as a proof."""
    monkeypatch.setattr(caller_identity, "_PURPOSE_HEADER", "x-unrelated")
    proof = await prove(roles, "task-a", monkeypatch)
    monkeypatch.undo()
    monkeypatch.setenv("AWS_ENDPOINT_URL", roles.root["AWS_ENDPOINT_URL"])
    with pytest.raises(IdentityRefusedError, match="purpose"):
        await check.identify(proof, PURPOSE)


async def test_proof_without_an_answer_of_sts_can_be_checked_later(
    roles: Roles, check: StsIdentityCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = await prove(roles, "task-a", monkeypatch)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    with pytest.raises(IdentityUnavailableError):
        await check.identify(proof, PURPOSE)


async def test_session_of_the_same_role_of_another_account_proves_nothing(
    roles: Roles, container_role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = await prove(roles, "task-a", monkeypatch)
    account = container_role.split(":")[4]
    foreign = container_role.replace(account, "111111111111")
    async with open_identity_check(role_arn=foreign) as check:
        with pytest.raises(IdentityRefusedError, match="role"):
            await check.identify(proof, PURPOSE)
