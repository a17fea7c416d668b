"""GitHub's OpenAPI document (npm `@octokit/openapi`), which holds our requests and the responses of our fakes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from yarl import URL

from oa_api.github.http import GitHubHttp, GitHubResponse
from support.npm_packages import npm_packages

_JSON = "application/json"
_DOCUMENT = "urn:github"
# The only parameter whose values have slashes.
_WITH_SLASHES = "{path}"


@cache
def github_document() -> Any:
    """Return the document of api.github.com; its references name it, so that each schema can be used alone."""
    text = (npm_packages() / "@octokit/openapi/generated/api.github.com.json").read_text("utf-8")
    return json.loads(
        text.replace('"$ref":"#/', f'"$ref":"{_DOCUMENT}#/').replace('"$ref": "#/', f'"$ref": "{_DOCUMENT}#/')
    )


@cache
def _registry() -> Registry[Any]:
    return Registry().with_resource(_DOCUMENT, Resource.opaque(github_document()))


@dataclass(frozen=True)
class Operation:
    """An operation of the document."""

    path: str
    item: Mapping[str, Any]

    @classmethod
    def find(cls, method: str, path: str) -> "Operation":
        """Return the operation of a request; of several paths the one with the fewest parameters, as GitHub does."""
        found = [
            (template.count("{"), template)
            for template, methods in github_document()["paths"].items()
            if method.lower() in methods and _pattern(template).fullmatch(path)
        ]
        assert found, f"GitHub has no {method} {path}"
        template = min(found)[1]
        return cls(template, github_document()["paths"][template][method.lower()])

    @property
    def id(self) -> str:
        """Return the ID of the operation."""
        return str(self.item["operationId"])

    def check_request(self, url: URL, body: object) -> None:
        """Fail for a parameter or body that the operation does not have."""
        parameters = {
            each["name"]: each for each in map(_resolve, self.item.get("parameters", [])) if each["in"] == "query"
        }
        for name, text in url.query.items():
            assert name in parameters, f"{self.id} has no parameter {name}"
            schema = parameters[name]["schema"]
            _validate(schema, int(text) if schema.get("type") == "integer" else text, f"{self.id} ?{name}")
        if body is None:
            assert not _resolve(self.item.get("requestBody", {})).get("required"), f"{self.id} needs a body"
            return
        schema = _resolve(self.item["requestBody"])["content"][_JSON]["schema"]
        _validate(schema, body, f"{self.id} body")
        assert isinstance(body, dict)
        unknown = set(body) - set(schema["properties"])
        assert not unknown, f"{self.id} has no {unknown}"

    def complete(self, answer: object) -> object:
        """Return GitHub's own example with the values of an answer in place of its own.

        Fails if it is invalid, except where the example is: some lack a property that their schema requires.
        """
        content = _resolve(self._success)["content"][_JSON]
        example = _resolve(next(iter(content["examples"].values())))["value"]
        completed = _merge(example, answer)
        schema = content["schema"]
        # Of several kinds, such as a public and a private user, the one of the example.
        kind = min(schema.get("oneOf", [schema]), key=lambda each: len(_errors(each, example)))
        found = set(_errors(kind, completed)) - set(_errors(kind, example))
        assert not found, f"{self.id} response: {found}"
        return completed

    @property
    def _success(self) -> Any:
        return next(response for status, response in self.item["responses"].items() if status.startswith("2"))


class CheckedRequests:
    """Holds every request of GitHubHttp to the document, and gives its callers complete responses."""

    def __init__(self, api_url: str) -> None:
        self._api = URL(api_url)
        self.operations: list[str] = []
        self.failures: list[str] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Check the requests of this process until the end of the test."""
        send = GitHubHttp.request

        async def request(http: GitHubHttp, method: str, url: URL, **options: Any) -> GitHubResponse:
            path = url.path.removeprefix(self._api.path.rstrip("/"))
            if not str(url).startswith(str(self._api)) or path.startswith("/login/oauth/"):
                return await send(http, method, url, **options)
            try:
                operation = Operation.find(method, path)
                operation.check_request(url, options.get("json_body"))
                self.operations.append(operation.id)
                response = await send(http, method, url, **options)
                if "raw" in options["headers"]["Accept"]:
                    return response
                return replace(response, body=json.dumps(operation.complete(await response.json())).encode())
            except AssertionError as error:
                # A worker survives every error, so the test looks at them at its end.
                self.failures.append(str(error))
                raise

        monkeypatch.setattr(GitHubHttp, "request", request)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]+\})", template)
    patterns = (
        ".+" if part == _WITH_SLASHES else "[^/]+" if part.startswith("{") else re.escape(part) for part in parts
    )
    return re.compile("".join(patterns))


def _resolve(value: Any) -> Any:
    while "$ref" in value:
        target = github_document()
        for name in value["$ref"].removeprefix(f"{_DOCUMENT}#/").split("/"):
            target = target[name]
        value = target
    return value


def _merge(example: Any, value: Any) -> Any:
    if isinstance(example, dict) and isinstance(value, dict):
        return {**example, **{name: _merge(_example_of(example, name), item) for name, item in value.items()}}
    if isinstance(example, list) and isinstance(value, list):
        return [_merge(example[0] if example else None, item) for item in value]
    return value


def _example_of(example: Mapping[str, Any], name: str) -> Any:
    """Return the example of a property; GitHub's examples of comments were not written through an App."""
    if name == "performed_via_github_app":
        return github_document()["components"]["examples"]["integration"]["value"]
    return example.get(name)


def _validate(schema: Mapping[str, Any], value: object, place: str) -> None:
    errors = _errors(schema, value)
    assert not errors, f"{place}: {errors}"


def _errors(schema: Mapping[str, Any], value: object) -> list[str]:
    validator = OAS30Validator(schema, registry=_registry())
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]
