"""Renders templates to HTML; autoescaping keeps texts of sources from becoming markup."""

from functools import partial
from types import CodeType
from urllib.parse import urlsplit

import aiohttp_jinja2
from aiohttp import hdrs, web
from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket

from oa_api.http.app_keys import SETTINGS, STORAGE
from oa_api.http.assets import ASSETS, BASEMAP
from oa_api.http.compression import MIN_BYTES, accepts_gzip, add_vary
from oa_api.identity import cookies, csrf
from oa_api.identity.authorization import ROLES
from oa_api.identity.principal import ANONYMOUS, PRINCIPAL
from oa_api.ui import charts, flash, formatting
from oa_api.ui.guides import glossary
from oa_api.ui.navigation import navigation
from oa_shared.large_bodies import MAX_ON_LOOP_BYTES
from oa_shared.roles import Role
from oa_shared.status import LAYERS, JobStatus

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{store}; "
    "connect-src 'self'{store}; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
POLICY = web.AppKey("policy", str)
# The active pauses, for the banner of each page; a page of an error that occurs before they are read has none.
PAUSE_NOTICES = web.RequestKey("pause_notices", list)


class _CompiledTemplates(BytecodeCache):
    """Keeps compiled templates for further applications of this process: compiling takes half a second."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket with the compiled code of the same source, if any."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the compiled code of the bucket."""
        if bucket.code is not None:
            self._code[bucket.key, bucket.checksum] = bucket.code


_COMPILED_TEMPLATES = _CompiledTemplates()


def set_up_pages(app: web.Application) -> None:
    """Compile every template and set the Content-Security-Policy. Requires ASSETS and ROLES, at the start SETTINGS."""
    environment = aiohttp_jinja2.setup(
        app,
        loader=PackageLoader("oa_api"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=formatting.present,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=_COMPILED_TEMPLATES,
    )
    environment.filters.update(formatting.FILTERS)
    environment.globals |= {
        "asset": app[ASSETS].url,
        "is_live": app[ASSETS].has("htmx.min.js") and (hdrs.METH_GET, "/api/events") in app[ROLES],
        "has_basemap": app[ASSETS].has(BASEMAP),
        "has_maps": app[ASSETS].has("maplibre-gl.mjs"),
        "has_errors": (hdrs.METH_GET, "/errors") in app[ROLES],
        "has_search": (hdrs.METH_GET, "/search") in app[ROLES],
        "has_sign_in": (hdrs.METH_GET, "/sign-in") in app[ROLES],
        "statuses": tuple(JobStatus),
        "layers": LAYERS,
        "Role": Role,
        "charts": charts,
        "glossary": glossary(),
    }
    _read_templates(environment)
    app[POLICY] = _POLICY.format(store="")
    app.on_startup.append(_allow_store)


def _read_templates(environment: Environment) -> None:
    """Compile all templates now, so that no request waits for a disk."""
    environment.globals["ui"] = environment.get_template("components.html").module
    for name in environment.list_templates():
        environment.get_template(name)


async def _allow_store(app: web.Application) -> None:
    """Allow maps and images from the bucket and its CDN if the API redirects to them."""
    if app[SETTINGS].output_mode == "redirect":
        links = [await app[STORAGE].presign("any", 1), app[SETTINGS].files_url]
        origins = [urlsplit(link) for link in links if link]
        app[POLICY] = _POLICY.format(store="".join(f" {origin.scheme}://{origin.netloc}" for origin in origins))


def render(request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
    """Return a page, or for htmx only the block that it replaces (header HX-Target)."""
    page = aiohttp_jinja2.get_env(request.app).get_template(template)
    context = {**_common_values(request), **values}
    block = request.headers.get("HX-Target", "") if "HX-Request" in request.headers else ""
    parts = page.blocks[block](page.new_context(context)) if block in page.blocks else page.generate(context)
    text = "".join(parts)
    response = web.Response(text=text, content_type="text/html", status=status, zlib_executor_size=MAX_ON_LOOP_BYTES)
    _set_headers(request, response)
    cookies.set_anonymous_session(response, request)
    if context["messages"]:
        flash.clear(response)
    return response


def _common_values(request: web.Request) -> dict[str, object]:
    principal = request.get(PRINCIPAL, ANONYMOUS)
    return {
        "principal": principal,
        "navigation": navigation(request, principal),
        "here": request.path,
        "here_with_query": request.path_qs,
        "messages": flash.read(request),
        "pause_notices": request.get(PAUSE_NOTICES, []),
        "csrf": partial(csrf.field, request),
    }


def _set_headers(request: web.Request, response: web.Response) -> None:
    response.headers["Content-Security-Policy"] = request.app[POLICY]
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    response.headers[hdrs.VARY] = "Accept, HX-Request, HX-Target, Cookie"
    add_vary(response)
    is_large = isinstance(response.body, bytes) and len(response.body) >= MIN_BYTES
    if is_large and accepts_gzip(request.headers.get(hdrs.ACCEPT_ENCODING, "")):
        response.enable_compression(web.ContentCoding.gzip)
