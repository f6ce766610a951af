from typing import Any

import httpx

from assistant.asking import Assistant
from assistant.chat import Chat, build_chat
from assistant.classroom import Classroom, House
from assistant.crowd import Crowd


def test_no_question_waits_for_another_s_page(assistant: Assistant) -> None:
    room = Classroom(lambda: assistant)
    house = House.of(room)
    page: Any = build_chat(Chat(Crowd(room.now), room, house.meter, house.monitor))
    asking = [event for event in page.fns.values() if event.name in ("reply", "opened")]
    assert len(asking) == 6
    assert {(event.concurrency_id, event.concurrency_limit) for event in asking} == {("ask", None)}


def test_scripts_and_letters_are_served_to_be_kept(server: str) -> None:
    page = httpx.get(server).text
    address = page[page.index("/tanya/tools.js") :].split("\\")[0]
    script = httpx.get(server + address)
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert "__WORDS__" not in script.text
    assert len(httpx.get(f"{server}/tanya/fonts/hyperlegible-400.woff2").content) < 75_000
    for missing in ("chat.css", "../chat.py", "fonts/OFL.txt"):
        assert httpx.get(f"{server}/tanya/{missing}").status_code == 404
