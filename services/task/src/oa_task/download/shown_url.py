"""URLs as logs, messages and pages show them: without logins, keys and signatures.

A definition is public, but a redirect may lead to a signed URL: what it permits is for the receiver alone.
"""

import re

from yarl import URL

_HIDDEN = "hidden"
# The last word of the names of parameters of AWS, Azure, Google, CloudFront, ArcGIS and others that hold a credential.
_SECRET_NAME = re.compile(
    r"(?:\A|[-_.]|(?<=[a-z])(?=[A-Z]))"
    r"(?i:token|sig|signature|secret|password|passwd|pwd|pass|key|apikey|credential|credentials|auth|authorization|jwt|sid|"
    r"session|sessionid|jsessionid|phpsessid|ticket)\Z"
)
_SESSION_IN_PATH = re.compile(r"(;jsessionid=)[^/;?#]*", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=//)[^/?#]*@")


def is_secret_parameter(name: str) -> bool:
    """Return whether a parameter of this name holds a credential."""
    return _SECRET_NAME.search(name) is not None


def shown_url(url: URL) -> str:
    """Return a URL without user and password, with the values of parameters that are credentials replaced."""
    if url.user or url.password:
        url = url.with_user(None)
    names = {name for name in url.query if is_secret_parameter(name)}
    if names:
        url = url.with_query([(name, _HIDDEN if name in names else value) for name, value in url.query.items()])
    return _SESSION_IN_PATH.sub(rf"\g<1>{_HIDDEN}", str(url))


def shown_location(text: str) -> str:
    """Return the `Location` of a response as `shown_url` does; of a malformed one, only what precedes its query."""
    try:
        return shown_url(URL(text))
    except ValueError:
        return _LOGIN.sub("", text.partition("?")[0])
