"""Take the README's screenshots of the chat over the shipped documents: ``python -m docs.screenshots``."""

import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, sync_playwright

from assistant.asking import Assistant
from assistant.server import create_app
from assistant.settings import default_docs

IMAGES = Path(__file__).parent / "images"
PORT = 7872
SHOTS = (
    ("desktop", 1100, 820, "light", "Apa itu kerja sama bilateral?"),
    ("phone", 390, 820, "light", "knp kerjasama bilateral lbh efisien?"),
    ("dark", 1100, 820, "dark", "Siapa presiden Prancis?"),
)
"""Name, width, height, colours and question of each."""


def main() -> None:
    """Serve the chat and write the images."""
    browser = os.environ.get("TANYA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = _served(Path(folder))
        running = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        for shot in SHOTS:
            _take(running, *shot)
        running.close()
        server.should_exit = True


def _served(folder: Path) -> uvicorn.Server:
    assistant = Assistant.open(folder / "index", docs=default_docs())
    app = create_app(lambda: assistant)
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", PORT, log_level="warning"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.1)
    return server


def _take(browser: Browser, name: str, width: int, height: int, scheme: str, question: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{PORT}")
    page.fill("#tanya-box textarea", question)
    page.keyboard.press("Enter")
    page.wait_for_selector("#tanya-chat .tanya-card")
    page.wait_for_timeout(1000)
    page.screenshot(path=IMAGES / f"{name}.png")
    context.close()


if __name__ == "__main__":
    main()
