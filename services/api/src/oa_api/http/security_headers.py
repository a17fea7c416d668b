"""Headers on every response that keep browsers from treating data as a page of this site.

They are set by a signal of aiohttp, so streams, redirects and errors have them too. A response that needs another value
sets it itself: pages have their own Content-Security-Policy (`oa_api.ui.rendering`).
"""

from aiohttp import hdrs, web

from oa_api.http.app_keys import SETTINGS

# A document under this policy runs no script and has its own origin.
SANDBOX_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
_HEADERS = {
    "Content-Security-Policy": SANDBOX_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HTTPS_ONLY = "max-age=31536000"


async def add_security_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers that a response does not set itself; over HTTPS, require it of browsers."""
    set_security_headers(response)
    if request.app[SETTINGS].public_url.startswith("https://"):
        response.headers["Strict-Transport-Security"] = _HTTPS_ONLY
    if hdrs.SET_COOKIE in response.headers or response.cookies:
        response.headers[hdrs.CACHE_CONTROL] = "no-store"


def set_security_headers(response: web.StreamResponse) -> None:
    """Add the headers that are the same on each deployment."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
