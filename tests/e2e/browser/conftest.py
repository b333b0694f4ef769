"""A running system that serves the library, a shop's pages, and a browser to look at them."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.log import Log
from tests.e2e.browser.chromium import OPTIONS, Pages, chromium, install_library
from tests.e2e.whole.project import project_at
from tests.e2e.whole.sandbox import Sandboxes
from tests.e2e.whole.system import WholeSystem, until

TEMPLATE = Path(__file__).parent / "project"


@pytest.fixture(scope="module")
def sandboxes(tmp_path_factory):
    with Sandboxes(tmp_path_factory.mktemp("sandboxes") / "applied.jsonl") as sandboxes:
        yield sandboxes


@pytest.fixture(scope="module")
def system(tmp_path_factory, sandboxes):
    project = project_at(tmp_path_factory.mktemp("project") / "project", TEMPLATE, sandboxes)
    folder = tmp_path_factory.mktemp("system")
    os.environ["EBBLINE_BROWSER_LIBRARY"] = str(install_library())
    try:
        with WholeSystem(project, folder / "data", folder / "system.log") as system:
            yield system
    finally:
        del os.environ["EBBLINE_BROWSER_LIBRARY"]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def shop(system, browser, sandboxes):
    """A visitor with nothing stored yet, on a site that has the snippet in its pages."""
    stage = Shop(system, browser, sandboxes)
    with Pages(stage.html) as pages:
        stage.pages = pages
        yield stage
        stage.context.close()


class Shop:
    """The site, the visitor's browser, and what tests want to know of both."""

    def __init__(self, system, browser, sandboxes):
        self.system = system
        self.sandboxes = sandboxes
        self.context = browser.new_context(service_workers="block")
        self.context.set_default_timeout(15_000)
        self.page = self.context.new_page()
        self.requests = []
        self.problems = []
        self.page.on("request", self._saw)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.before = ""
        self.head = self.snippet()
        self._seen = self.last_offset()

    def snippet(self):
        """What the snippet page shows, as a person would copy it."""
        self.page.goto(f"{self.host}/snippet?writeKey=web-key")
        return self.page.locator("#snippet").text_content()

    @property
    def host(self):
        return f"http://127.0.0.1:{self.system.port}"

    def html(self, path):
        title = f"<title>{path}</title>"
        return f"<!doctype html><html><head>{title}{self.before}{self.head}</head></html>"

    def visit(self, path):
        """Open a page; returns when the library is there."""
        self.page.goto(self.pages.url + path)
        self.page.wait_for_function("() => window.analytics && window.analytics.initialized")

    def call(self, script):
        """Run something in the page."""
        return self.page.evaluate(script)

    def collected(self, count, *, of=None):
        """The next events of this visitor, once there are `count` of them (of a name)."""

        def look():
            found = [event for event in self.events() if of is None or event.name in of]
            return found if len(found) >= count else None

        found = until(look, f"{count} events of {of or 'any name'}", 20)
        assert len(found) == count
        return found

    def events(self):
        """Everything taken in since this visitor came."""
        log = Log(self.system.data / "log.db", SystemClock(), read_only=True)
        try:
            entries = [entry for entry in log.read(self._seen) if entry.kind == "events"]
            return [event for entry in entries for event in log.events(entry)]
        finally:
            log.close()

    def last_offset(self):
        return self.system.query("log.db", "SELECT coalesce(max(offset), 0) FROM log")[0][0]

    def sent_to(self, path):
        """Requests of the page to a path of the system."""
        self.page.wait_for_timeout(50)  # lets the browser tell of what it has sent
        return [request for request in self.requests if urlsplit(request.url).path == path]

    def _saw(self, request):
        if request.method == "POST":
            self.requests.append(request)
