"""The parts common to all pages: the menu, the keyboard, the theme, and the content security policy."""

from playwright.sync_api import expect

from browser.seeds import HOSTILE
from browser.visitor import Visitor


def test_keyboard_reaches_the_content_first(visitor: Visitor) -> None:
    page = visitor.open("/jobs")
    page.keyboard.press("Tab")
    expect(page.locator("a.skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_menu_marks_the_current_page(visitor: Visitor) -> None:
    menu = visitor.open("/runs").get_by_role("navigation", name="Main")
    expect(menu.get_by_role("link", name="Runs")).to_have_attribute("aria-current", "page")
    expect(menu.locator("[aria-current]")).to_have_count(1)


def test_menu_marks_the_list_of_the_current_page(visitor: Visitor) -> None:
    menu = visitor.open("/runs/3").get_by_role("navigation", name="Main")
    expect(menu.locator("[aria-current]")).to_have_text("Runs")


def test_theme_follows_the_system_until_another_is_selected(visitor: Visitor) -> None:
    page = visitor.open("/jobs", color_scheme="dark")

    def background() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    dark = background()
    page.locator("#theme").click()
    assert background() != dark
    light = background()
    page.reload()
    assert background() == light
    page.locator("#theme").click()
    assert background() == dark


def test_injected_script_is_not_run(visitor: Visitor) -> None:
    page = visitor.open("/jobs")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hacked = true\">')")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'window.hacked = true'}))"
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    refused = [complaint for complaint in visitor.complaints if "Content Security Policy" in complaint]
    assert len(refused) == 2
    visitor.complaints.clear()


def test_hostile_filter_value_is_shown_as_text(visitor: Visitor) -> None:
    page = visitor.open("/jobs?source=" + HOSTILE.replace(" ", "%20"))
    expect(page.get_by_label("Source")).to_have_value(HOSTILE)
    expect(page.get_by_text(HOSTILE).first).to_be_visible()


def test_list_page_links_to_the_next_and_first_pages(visitor: Visitor) -> None:
    page = visitor.open("/jobs?limit=4&status=Success,Fail,Warn,Canceled,Running,Pending,Submitted")
    first = page.locator("tbody th").all_inner_texts()
    page.locator("nav.pager a[rel=next]").click()
    second = page.locator("tbody th").all_inner_texts()
    assert int(second[0]) == int(first[-1]) - 1
    page.get_by_test_id("first-page").click()
    assert page.locator("tbody th").all_inner_texts() == first
