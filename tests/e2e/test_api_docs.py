"""The page on which an integrator tries the JSON API, in a real browser under the policy."""

import json

import pytest
from playwright.sync_api import expect

from tests.api.conftest import api_key
from tests.e2e.conftest import fresh


@pytest.fixture
def robot(acme):
    return api_key(acme, "Robot", "renew_api_token")


def authorize(page, *values):
    page.get_by_role("button", name="Authorize").first.click()
    for value in values:
        page.get_by_label("Value:").first.fill(value)
        page.get_by_role("button", name="Apply credentials").first.click()
    page.get_by_role("button", name="Close").last.click()


def execute(page, path: str, **parameters):
    """Open an operation, fill in its parameters, send it, and return the part of the page with the answer."""
    operation = page.locator(".opblock").filter(has_text=path)
    operation.get_by_role("button", name=path).first.click()
    operation.get_by_role("button", name="Try it out").click()
    for name, value in parameters.items():
        operation.get_by_placeholder(name).fill(value)
    operation.get_by_role("button", name="Execute").click()
    return operation.locator(".live-responses-table")


def test_a_token_is_renewed_from_the_documentation(page, base_url, robot, erp):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/api/docs")

    authorize(page, robot.key, str(robot.plaintext))
    answer = execute(page, "/apitoken/renew", apiKey=erp.key)

    expect(answer.locator(".response .response-col_status").first).to_contain_text("200")
    assert fresh(erp).is_renewing
    assert [url for url in asked if not url.startswith((base_url, "data:", "blob:"))] == []
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, location.href, document.cookie])")
    assert robot.plaintext[:25] not in json.dumps(stored)
