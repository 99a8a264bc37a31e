"""A real Chromium for tests: it speaks to this machine only, and whatever it complains of can be read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.ui import WebDriverWait

from tests.conftest import unavailable

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--lang=en")
DESKTOP, PHONE = (1440, 900), (390, 844)


@dataclass
class Browser:
    """One window of Chromium."""

    driver: Chrome

    def open(self, address: str, size: tuple[int, int] = DESKTOP) -> None:
        """Load a page at a size and wait until it has drawn its numbers."""
        self.command("Emulation.setDeviceMetricsOverride", mobile=False, deviceScaleFactor=1, **_sides(size))
        self.driver.get(address)
        self.until("return document.body.dataset.settled === 'yes'")

    def command(self, name: str, **parameters: Any) -> Any:
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def ask(self, script: str, *arguments: object) -> Any:
        """What a script in the page returns."""
        return self.driver.execute_script(script, *arguments)

    def until(self, script: str, *arguments: object, seconds: float = 20.0) -> None:
        """Return once a script in the page returns something true."""
        holds: Callable[[Chrome], bool] = lambda driver: bool(driver.execute_script(script, *arguments))  # noqa: E731
        WebDriverWait(self.driver, seconds, poll_frequency=0.01).until(holds, script)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def _log(self, kind: str) -> list[dict[str, str]]:
        entries: list[dict[str, str]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call]
        return entries

    def complaints(self) -> list[str]:
        """What was written to the console since the last time: errors, warnings, refusals of the policy."""
        return [entry["message"] for entry in self._log("browser")]

    def requests(self) -> list[str]:
        """Addresses that were asked since the last time."""
        told = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        return [
            each["params"]["request"]["url"] for each in told if each["method"] == "Network.requestWillBeSent"
        ]


def _sides(size: tuple[int, int]) -> dict[str, int]:
    return {"width": size[0], "height": size[1]}


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """Chromium with a fresh profile in this folder."""
    program, guide = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or guide is None:
        unavailable("Chromium with chromedriver is missing: run `make components`")
    options = ChromeOptions()
    options.binary_location = program
    for flag in (*FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(guide))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
