"""A crawl of all pages as each role, over rows whose texts are payloads, that also sends each form with payloads."""

import time
from collections import deque
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from abuse.credentials import ROLES, SERVICE, Credentials
from abuse.findings import Figures
from abuse.hostile_rows import JOBS, LINK
from abuse.page_checks import MARKUP, SCRIPT_URL, Form, Page, read_page
from abuse.raw_http import ProbeAnswer, ProbeRequest, RawClient
from oa_api.http.routing import PAGE
from oa_api.routes import ROUTES

_FORM_TYPE = "application/x-www-form-urlencoded"
_GOOD = {"upload": "b" * 32, "version": "x", "layer": "addresses", "file": "a", "name": "a", "source": "a"}
_PAGES_OF_A_PATH = 40
_FORMS_OF_A_PATH = 6
_TYPED = frozenset({"text", "search", "textarea", "email", "url", "password", "number", "date", "datetime-local"})
# Forms that end the visit: sent at the end of one.
_ENDS = ("/sign-out", "/sign-in", "/state", "/end")


class Crawl:
    """The visits of one role after the other; `figures` are those of all."""

    def __init__(self, base_url: str, credentials: Credentials) -> None:
        self.figures = Figures()
        self._client, self._credentials = RawClient(base_url), credentials
        self._pages_of_path: dict[tuple[str, str], int] = {}
        self._forms_of_path: dict[tuple[str, str], int] = {}

    def run(self, *, seconds: float) -> None:
        """Crawl as each role, each for an equal share of the time, in rounds; pages show what others stored."""
        started = time.monotonic()
        while self.figures.seconds < seconds:
            self._run_round(seconds=seconds - self.figures.seconds)
            self.figures.seconds = time.monotonic() - started
        self._client.close()

    def _run_round(self, *, seconds: float) -> None:
        started = time.monotonic()
        self._pages_of_path.clear()
        self._forms_of_path.clear()
        roles = [role for role in reversed(ROLES) if role != SERVICE]  # a service has no browser
        for place, role in enumerate(roles):
            share = (seconds - (time.monotonic() - started)) / (len(roles) - place)
            self._visit(role, until=time.monotonic() + share)

    def _visit(self, role: str, *, until: float) -> None:
        queue = deque(_first_targets())
        seen, forms = set(queue), list[tuple[str, Form]]()
        while queue and time.monotonic() < until:
            target = queue.popleft()
            page = self._open(role, target)
            forms.extend((target, form) for form in page.forms)
            for link in _targets(target, page):
                path = link.partition("?")[0]
                if link not in seen and self._count(self._pages_of_path, role, path, _PAGES_OF_A_PATH):
                    seen.add(link)
                    queue.append(link)
            if not queue:
                queue.extend(self._send_forms(role, forms, until=until))
                forms = []

    def _open(self, role: str, target: str) -> Page:
        answer = self._send(role, "GET", target)
        return read_page(answer.text) if answer.media_type == "text/html" else Page()

    def _send_forms(self, role: str, forms: list[tuple[str, Form]], *, until: float) -> Iterable[str]:
        """Send each form with each payload and return the pages that they redirect to."""
        forms = sorted(forms, key=lambda pair: any(end in pair[1].action for end in _ENDS))
        for target, form in forms:
            action = urljoin(target, form.action)
            if not self._count(self._forms_of_path, role, action, _FORMS_OF_A_PATH):
                continue
            for payload in (MARKUP, SCRIPT_URL, "7"):
                if time.monotonic() > until:
                    return
                values = urlencode(_fill(form, payload))
                if form.method == "get":
                    yield f"{action.partition('?')[0]}?{values}"
                    continue
                answer = self._send(role, "POST", action, values.encode())
                if answer.headers.get("location", "").startswith("/"):
                    yield answer.headers["location"]

    def _send(self, role: str, method: str, target: str, body: bytes | None = None) -> ProbeAnswer:
        headers = {"Accept": "text/html", "Cookie": self._cookies(role)}
        if body is not None:
            headers["Content-Type"] = _FORM_TYPE
        request = ProbeRequest(method, target, target.partition("?")[0], role, headers, body)
        answer = self._client.send(request)
        if answer.headers.get("location", "").startswith("/sign-in") and role in self._credentials.accounts:
            self._credentials.renew(role)
            headers["Cookie"] = self._cookies(role)
            answer = self._client.send(request)
        self.figures.add(request, answer)
        return answer

    def _cookies(self, role: str) -> str:
        cookies = {**self._credentials.cookies(role), "oa_anonymous": "probe"}
        return "; ".join(f"{name}={value}" for name, value in cookies.items())

    def _count(self, counts: dict[tuple[str, str], int], role: str, path: str, most: int) -> bool:
        """Count a page or form of a path without its numbers, and return whether it is within `most`."""
        kind = "/".join("N" if part.isdigit() else part for part in path.split("/"))
        counts[role, kind] = counts.get((role, kind), 0) + 1
        return counts[role, kind] <= most


def _first_targets() -> list[str]:
    """Return a URL of each page, those of jobs once for each job, and with payloads in the query."""
    targets = []
    for route in ROUTES:
        if route.tag == PAGE and route.method == "GET":
            for number in range(1, JOBS + 1) if "{job}" in route.path else (1,):
                path = route.path.format_map(_Values(number))
                targets.append(path)
            names = [*(route.query().fields if route.query else ()), "next"]
            targets.extend(f"{path}?{name}={quote(payload)}" for name in names for payload in (MARKUP, SCRIPT_URL))
    return [*targets, f"/sign-in/link?token={LINK}", "/" + quote(MARKUP), "/jobs/" + quote(MARKUP)]


class _Values(dict[str, str]):
    """Values of path parameters: numbers, unless they are known words."""

    def __init__(self, number: int) -> None:
        super().__init__(_GOOD)
        self._number = number

    def __missing__(self, _name: str) -> str:
        return str(self._number)


def _targets(target: str, page: Page) -> list[str]:
    """Return the links of a page that stay on this site."""
    links = [urljoin(target, link.partition("#")[0]) for link in page.links if link and not link.startswith("data:")]
    return [link for link in links if link.startswith("/") and not urlsplit(link).netloc and " " not in link]


def _fill(form: Form, payload: str) -> list[tuple[str, str]]:
    """Return the values of a form: the payload in each field that a visitor may type, the last option of a choice."""
    options = {name: value for name, kind, value in form.fields if kind == "option"}
    action = parse_qsl(urlsplit(form.action).query)
    typed = [
        (name, payload if kind in _TYPED else value or "true") for name, kind, value in form.fields if kind != "option"
    ]
    return [*action, *typed, *options.items()]


def crawl_pages(base_url: str, credentials: Credentials, *, seconds: float, order: int) -> Figures:
    """Crawl all pages as each role and return the figures; the order is that of the pages."""
    crawl = Crawl(base_url, credentials)
    crawl.run(seconds=seconds)
    return crawl.figures
