"""What goes wrong in a browser while nobody looks."""


class Watch:
    """Notes console errors, script errors and failed requests of a page."""

    def __init__(self, page):
        self.problems = []
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("response", self._on_response)

    def _on_console(self, message):
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def _on_response(self, response):
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")

    def assert_clean(self):
        """Fail when anything was noted."""
        assert not self.problems, "\n".join(self.problems)
