"""Take the screenshots of every page over the shipped documents, light and dark: ``python -m docs.screenshots``."""

import os
import shutil
import tempfile
import threading
import time
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, sync_playwright

from assistant.classroom import Classroom, Teacher
from assistant.live import LiveAssistant
from assistant.passwords import hashed
from assistant.server import create_app
from assistant.settings import SURE, default_docs
from assistant.teacher import Desk
from index.build import build_index
from index.build_process import BuildProcess
from index.encoder import BUNDLED, load_encoder

IMAGES = Path(__file__).parent / "images"
PORT = 7872
PASSWORD = "kucing-berenang"
SHOTS = (
    ("desktop", 1100, 820, "light", "Apa itu kerja sama bilateral?"),
    ("phone", 390, 820, "light", "knp kerjasama bilateral lbh efisien?"),
    ("dark", 1100, 820, "dark", "Siapa presiden Prancis?"),
)
"""Name, width, height, colours and question of each."""

PAGES = {
    "chat": ("/?q=Apa+itu+IJEPA%3F", 1000, 800),
    "embed": ("/embed?q=Apa+itu+IJEPA%3F", 400, 560),
    "documents": ("/documents", 800, 700),
    "document": ("/documents/06-indonesia-jepang.md", 800, 700),
    "quiz": ("/quiz?sheet=3", 820, 900),
    "share": ("/share", 1000, 1000),
    "login": ("/admin/login", 600, 400),
    "admin": ("/admin", 1100, 820),
}
"""Path, width and height of each page."""


def main() -> None:
    """Serve the pages and write the images."""
    browser = os.environ.get("TANYA_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = _served(Path(folder))
        running = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        for shot in SHOTS:
            _take(running, *shot)
        for name in ("admin", "quiz"):
            _take_page(running, name, "light", IMAGES / f"{name}.png")
        for name in PAGES:
            for scheme in ("light", "dark"):
                _take_page(running, name, scheme, IMAGES / "pages" / f"{name}-{scheme}.jpg")
        running.close()
        server.should_exit = True


def _served(folder: Path) -> uvicorn.Server:
    docs, index = folder / "docs", folder / "index"
    shutil.copytree(default_docs(), docs)
    encoder = load_encoder()
    build_index(docs, index, encoder)
    live = LiveAssistant(index, encoder, SURE)
    (docs / "kantin-sehat.md").write_text("# Kantin sehat\n\nKantin dibuka pukul 06.30.", encoding="utf-8")
    (docs / "jadwal.doc").write_bytes(b"x")
    desk = Desk(docs, index, BuildProcess(docs, index, BUNDLED, 2), live.refresh)
    app = create_app(Classroom(live.now, "id", Teacher(desk, encoder, hashed(PASSWORD))))
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


def _take_page(browser: Browser, name: str, scheme: str, file: Path) -> None:
    path, width, height = PAGES[name]
    page = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="id-ID",
    ).new_page()
    page.goto(f"http://127.0.0.1:{PORT}{path}")
    if name == "admin":
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("#tanya-files td")
    page.wait_for_timeout(2500)
    quality = {"type": "jpeg", "quality": 60} if file.suffix == ".jpg" else {}
    page.screenshot(path=file, **quality)
    page.context.close()


if __name__ == "__main__":
    main()
