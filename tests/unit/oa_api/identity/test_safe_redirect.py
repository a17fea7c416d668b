import pytest

from oa_api.identity.safe_redirect import safe_redirect


@pytest.mark.parametrize("path", ["/", "/profile", "/jobs?status=Fail&page=2", "/jobs/1#log", "/d%C3%A9"])
def test_path_of_this_site_is_kept(path: str) -> None:
    assert safe_redirect(path) == path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "profile",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "\t//evil.example",
        " /profile",
        "/a b",
        "/a\r\nSet-Cookie: x=1",
        "/a\n",
        "/\x00",
        "/é",
        "/@evil.example\\x",
        "/" + "a" * 500,
    ],
)
def test_any_other_target_becomes_the_default_page(text: str) -> None:
    assert safe_redirect(text, otherwise="/profile") == "/profile"
