import socket

import httpx
import pytest

from assistant.guards import LARGEST_BODY
from assistant.ports import PortError, check_port
from tests.conftest import HOSTILE


def test_asking_gives_the_answer(server: str) -> None:
    body = {"question": "Di mana letak Danau Toba?", "history": [{"question": "Apa itu danau?"}]}
    said = httpx.post(f"{server}/api/v1/ask", json=body).json()
    assert said["status"] == "answered"
    assert "Sumatra Utara" in said["answer"]


def test_searching_gives_passages(server: str) -> None:
    found = httpx.post(f"{server}/api/v1/search", json={"question": "koperasi", "limit": 2}).json()
    assert found["sources"][0]["path"] == "koperasi.txt"
    assert len(found["sources"]) == 2


def test_documents_health_and_description_are_served(server: str) -> None:
    assert len(httpx.get(f"{server}/api/v1/documents").json()["documents"]) == 3
    assert httpx.get(f"{server}/api/v1/health").json()["status"] == "ok"
    description = httpx.get(f"{server}/api/v1/openapi.json").json()
    assert "/api/v1/ask" in description["paths"]
    assert "Kapan IJEPA" in str(description)


@pytest.mark.parametrize(
    "body",
    [
        {"question": ""}, {"question": "   "}, {"question": "x" * 10_000}, {"question": 7}, {}, [],
        {"question": "apa?", "history": "x"}, {"question": "apa?", "history": [{"question": "a"}] * 21},
        {"question": "apa?", "extra": 1},
    ],
)  # fmt: skip
def test_a_bad_request_gets_one_sentence(server: str, body: object) -> None:
    response = httpx.post(f"{server}/api/v1/ask", json=body)
    assert response.status_code == 422
    assert set(response.json()["error"]) == {"code", "message"}


def test_errors_speak_the_language_of_the_client(server: str) -> None:
    english = httpx.post(f"{server}/api/v1/ask", json={"question": " "}, headers={"Accept-Language": "en"})
    indonesian = httpx.post(f"{server}/api/v1/ask", json={"question": " "})
    assert "question" in english.json()["error"]["message"]
    assert "Pertanyaan" in indonesian.json()["error"]["message"]


def test_a_huge_body_is_refused(server: str) -> None:
    response = httpx.post(f"{server}/api/v1/ask", content=b"x" * (LARGEST_BODY + 1))
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "too_large"


def test_every_page_carries_security_headers(server: str) -> None:
    for path in ("/", "/documents", "/api/v1/health"):
        headers = httpx.get(server + path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'self'" in headers["content-security-policy"]


def test_a_document_page_shows_its_text_literally(server: str) -> None:
    page = httpx.get(f"{server}/documents/aneh.txt").text
    assert "<img" not in page
    assert "Zulaikha" in page
    assert HOSTILE not in page
    assert 'id="p-' in page


@pytest.mark.parametrize("path", ["tidak-ada.md", "..%2f..%2fetc%2fpasswd", "%3Cscript%3E"])
def test_an_unknown_document_is_not_there(server: str, path: str) -> None:
    response = httpx.get(f"{server}/documents/{path}")
    assert response.status_code == 404
    assert response.text.count("<script") == 1, "the page's own"


def test_a_busy_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortError, match=str(port)):
            check_port("127.0.0.1", port)
