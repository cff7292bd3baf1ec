"""Tabs that tests borrow one after another: a tab that has shown the app shows it again faster."""

from playwright.sync_api import Browser, Error, Page

TIMEOUT_MS = 60_000


class Tabs:
    """Tabs, each in a browser context of its own, lent to one test at a time.

    Compiling Streamlit's scripts is most of what a page costs, and Chromium does it once a tab. A
    tab that comes back is emptied; one that cannot be is thrown away.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: list[Page] = []

    def lend(self, *, width: int, height: int, color_scheme: str, motion: str) -> Page:
        """Return an empty tab that no other test has."""
        tab = self._idle.pop() if self._idle else self._open()
        tab.set_viewport_size({"width": width, "height": height})
        tab.emulate_media(color_scheme=color_scheme, reduced_motion=motion)
        return tab

    def take_back(self, tab: Page, *, keep: bool = True) -> None:
        """Empty a tab of what a visitor leaves, storage, cookies, the mouse; or throw it away."""
        context = tab.context
        if not keep:
            context.close()
            return
        try:
            for other in context.pages:
                if other is not tab:
                    other.close()
            tab.evaluate("localStorage.clear(), sessionStorage.clear()")
            tab.mouse.move(0, 0)
            tab.unroute_all()
            tab.goto("about:blank")
            context.clear_cookies()
        except Error:  # closed by the test, or nowhere that could be emptied
            context.close()
        else:
            self._idle.append(tab)

    def _open(self) -> Page:
        context = self._browser.new_context()
        context.set_default_timeout(TIMEOUT_MS)
        return context.new_page()
