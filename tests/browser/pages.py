"""Every page that a person can open, by the name of its screenshot; the paths are those of the seeded site."""

import json

from browser.seeds import statement
from browser.site import Site
from oa_shared.queue import OutgoingMessage
from support.running_api import definition

PUBLIC = {
    "front": "/",
    "overview": "/overview",
    "guide": "/guide/data",
    "guide-first-hour": "/guide/first-hour",
    "guide-check": "/guide/check",
    "glossary": "/guide/glossary",
    "status": "/status",
    "runs": "/runs",
    "run": "/runs/3",
    "run-trial": "/runs/2",
    "run-speed": "/runs/3/speed",
    "jobs": "/jobs",
    "jobs-filtered": "/jobs?status=Fail&source=us",
    "job-published": "/jobs/1",
    "job-failed": "/jobs/5",
    "job-needs-review": "/jobs/4",
    "job-running": "/jobs/8",
    "job-log": "/jobs/1/log",
    "job-input": "/jobs/1/input",
    "job-changes": "/jobs/1/changes",
    "job-definition": "/jobs/1/definition",
    "errors": "/errors",
    "review": "/review",
    "health": "/health",
    "sources": "/sources",
    "sources-of-a-region": "/sources/us/ca",
    "source": "/sources/us/ca/berkeley",
    "source-failing": "/sources/us/ca/alameda",
    "data": "/data",
    "data-at-a-point": "/data?point=-122.3,37.85",
    "dataset": "/data/1",
    "dataset-compare": "/data/1/compare",
    "map": "/map",
    "search": "/search?q=al",
    "schedules": "/schedules",
    "schedule-run": "/schedules/1",
    "collections": "/collections",
    "collection": "/collections/1",
    "docs": "/docs",
    "components": "/docs/pages",
    "sign-in": "/sign-in",
}
SIGNED_IN = {
    "exports": "/exports",
    "uploads": "/uploads",
    "pauses": "/pauses",
    "bulk": "/bulk",
    "bulk-action": "/bulk/1",
    "bulk-preview": "/bulk?action=rerun&status=Fail",
    "dead-letters": "/dead-letters?queue=results",
    "webhooks": "/webhooks",
    "webhook": "/webhooks/1",
    "audit": "/audit",
    "accounts": "/accounts",
    "account": "/accounts/1",
    "profile": "/profile",
    "new-source": "/new-source",
    "try": "/try",
    "trial": "/try/tried",
}
PAGES = PUBLIC | SIGNED_IN


def fill_lists(site: Site) -> None:
    """Give each list of the seeded site two rows or more."""
    values = {"definition": json.dumps(definition("city"), indent=2)}
    for name in ("work", "products", "webhooks", "trial"):
        for each in statement(name).split(";"):
            site.run(site.api.database.execute(each, values))
    dead = site.api.queues["results"].dead
    assert dead is not None
    bodies = [json.dumps({"kind": "job.status", "job": job, "attempt": 1, "status": "Success"}) for job in (1, 2)]
    site.run(dead.send_batch([OutgoingMessage(body, attributes={"reason": "unknown field"}) for body in bodies]))
