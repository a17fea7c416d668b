"""Every kind of subject that the code records in the audit log has a page, or is known to have none."""

import re
from pathlib import Path

import oa_api
from oa_api.accounts.audit_page import SUBJECT_PAGES
from oa_api.routes import ROUTES

_ROOT = Path(oa_api.__file__).parent
_RECORDED = re.compile(r"subject(?:, detail)?\s*=\s*f?\"([a-z_]+)(?:/\{|\")")
# A token belongs to the profile of its owner, an import is a command, and the address of a trial is known to those who
# have it.
_WITHOUT_A_PAGE = {"token", "import", "trial"}


def test_each_recorded_subject_has_a_page() -> None:
    text = "\n".join(path.read_text("utf-8") for path in _ROOT.rglob("*.py"))
    kinds = set(_RECORDED.findall(text))
    assert {"job", "run", "bulk", "schedule_run"} <= kinds
    assert kinds - set(SUBJECT_PAGES) == _WITHOUT_A_PAGE


def test_pages_of_subjects_exist_for_their_role() -> None:
    roles = {re.sub(r"\{\w+\}", "{id}", route.path): route.role for route in ROUTES if route.method == "GET"}
    for path, role in SUBJECT_PAGES.values():
        assert roles[path.partition("#")[0]] == role, path
