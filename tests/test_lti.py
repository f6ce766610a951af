import base64
import hashlib
import hmac
import json
import logging
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from assistant.asking import Assistant
from assistant.classroom import Classroom, Public
from assistant.lti import CHOICE_SECONDS, MOST_USED, STATE_SECONDS, Tool, Used
from assistant.lti_keys import KEPT_SECONDS, LARGEST_KEYS, PAUSE_SECONDS, KeySets
from assistant.lti_links import Link
from assistant.lti_platforms import LtiError, origin_of, read_platforms
from assistant.server import create_app
from assistant.wishes import LONGEST_TITLE
from tests.conftest import HOSTILE, ROOT, serving
from tests.lms import CLAIM, CLIENT, DEPLOYMENT, PERSON, USER, Lms, begun, hidden, launched, new_key, teaching

DEEP = "https://purl.imsglobal.org/spec/lti-dl/claim/"
EMBEDDING = "https://sekolah.example"


class Clock:
    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Course:
    lms: Lms
    tool: Tool
    address: str
    clock: Clock


@contextmanager
def opened(assistant: Assistant, folder: Path) -> Iterator[Course]:
    with teaching() as lms:
        file, clock = folder / "lti.toml", Clock()
        file.write_text(lms.toml(), encoding="utf-8")
        tool = Tool.open(file, clock)
        with serving(
            create_app(Classroom(lambda: assistant, public=Public((EMBEDDING,), lti=tool)))
        ) as address:
            lms.opened_at(address)
            yield Course(lms, tool, address, clock)


@pytest.fixture(scope="module")
def shared(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    with opened(assistant, tmp_path_factory.mktemp("lti")) as course:
        yield course


@pytest.fixture
def course(shared: Course) -> Course:
    shared.lms.custom, shared.lms.locale, shared.lms.choosing, shared.clock.ahead = {}, "", False, 0.0
    shared.lms.changes = lambda claims: None
    shared.lms.received.clear()
    return shared


def refusal(form: dict[str, str]) -> str:
    answer = launched(form)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    return answer.text


def test_a_launch_without_cookies_opens_the_chat_as_the_link_asks(course: Course) -> None:
    course.lms.custom = {
        "q": "Di mana letak Danau Toba?",
        "title": "Kelas 7B",
        "starters": "Apa itu danau?|Siapa ketua koperasi?",
        "documents": "danau.md|koperasi.txt",
    }
    course.lms.locale = "en_US"
    answer = launched(begun(course.lms))
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers
    address = urlsplit(answer.headers["location"])
    assert address.path == "/embed"
    assert parse_qs(address.query) == {
        "q": ["Di mana letak Danau Toba?"],
        "title": ["Kelas 7B"],
        "lang": ["en"],
        "starters": ["Apa itu danau?", "Siapa ketua koperasi?"],
        "documents": ["danau.md", "koperasi.txt"],
    }
    assert httpx.get(course.address + answer.headers["location"]).status_code == 200


def test_a_link_that_asks_nothing_opens_the_chat_as_it_is(course: Course) -> None:
    course.lms.locale = "fr"
    assert launched(begun(course.lms)).headers["location"] == "/embed"


def test_the_platform_is_asked_as_the_protocol_wants(course: Course) -> None:
    for answer in (
        httpx.get(course.lms.login_address()),
        httpx.post(f"{course.address}/lti/login", data=dict(_query(course.lms.login_address()))),
    ):
        asked = _query(answer.headers["location"])
        state, nonce = asked.pop("state"), asked.pop("nonce")
        assert asked == {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": CLIENT,
            "redirect_uri": f"{course.address}/lti/launch",
            "login_hint": USER,
            "lti_message_hint": "link-1",
        }
        assert state
        assert nonce


def _query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_a_launch_happens_once(course: Course) -> None:
    form = begun(course.lms)
    assert launched(form).status_code == 303
    assert "sudah dipakai" in refusal(form)


def test_a_state_ends(course: Course) -> None:
    form = begun(course.lms)
    course.clock.ahead = STATE_SECONDS + 1.0
    assert "terlalu lama" in refusal(form)


@pytest.mark.parametrize("state", ["", "x", "a.b.c", "é" * 9, "eyJhbGciOiJub25lIn0.e30."])
def test_a_state_that_is_not_ours_is_refused(course: Course, state: str) -> None:
    assert "terlalu lama" in refusal({**begun(course.lms), "state": state})


def test_a_state_belongs_to_its_nonce(course: Course) -> None:
    one, other = begun(course.lms), begun(course.lms)
    assert "nonce" in refusal({**one, "state": other["state"]})
    assert launched(one).status_code == 303


def changed(name: str, value: Any) -> Any:
    return lambda claims: claims.update({name: value})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (changed("nonce", "lain"), "nonce"),
        (changed("iss", "https://lain.example"), "iss"),
        (changed("aud", "lain"), "aud"),
        (changed("aud", []), "aud"),
        (changed("azp", "lain"), "azp"),
        (changed("exp", 1_000_000_000), "Expired"),
        (changed("exp", float("nan")), "dipercaya"),
        (changed("iat", 4_000_000_000), "future"),
        (lambda claims: claims.pop("iat"), "iat"),
        (lambda claims: claims.pop("exp"), "exp"),
        (lambda claims: claims.pop("nonce"), "nonce"),
        (changed(f"{CLAIM}deployment_id", "8"), "Deployment ID “8”"),
        (changed(f"{CLAIM}deployment_id", ["7"]), "Deployment"),
        (changed(f"{CLAIM}version", "1.1"), "1.1"),
        (changed(f"{CLAIM}message_type", "LtiSubmissionReviewRequest"), "LtiSubmissionReviewRequest"),
        (changed(f"{CLAIM}message_type", HOSTILE), "&lt;img src=x"),
    ],
)
def test_a_message_that_is_not_meant_for_us_now_is_refused(course: Course, changes: Any, said: str) -> None:
    course.lms.changes = changes
    page = refusal(begun(course.lms))
    assert said in page
    assert "<img" not in page


def test_a_message_that_the_platform_did_not_sign_is_refused(course: Course) -> None:
    form = begun(course.lms)
    header = jwt.get_unverified_header(form["id_token"])
    claims = jwt.decode(form["id_token"], options={"verify_signature": False})
    public = str(course.lms.registration.get_platform_public_key())
    forged = jwt.encode(claims, new_key()[0], "RS256", {"kid": header["kid"]})
    unsigned = jwt.encode(claims, None, "none", {"kid": header["kid"]})
    head = _part({"alg": "HS256", "typ": "JWT", "kid": header["kid"]})
    mixed = f"{head}.{form['id_token'].split('.')[1]}"
    mixed += "." + base64.urlsafe_b64encode(
        hmac.digest(public.encode(), mixed.encode(), hashlib.sha256)
    ).decode().rstrip("=")
    head_, body, signature = form["id_token"].split(".")
    altered = f"{head_}.{_part({**claims, f'{CLAIM}custom': {'q': 'x'}})}.{signature}"
    for token in (forged, unsigned, mixed, altered, "", "a.b.c", f"{body}.{body}.{body}", "{}.{}.{}"):
        assert "dipercaya" in refusal({**form, "id_token": token})
    assert launched(form).status_code == 303


def _part(told: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "given", [{}, {"iss": "https://lain.example"}, {"client_id": "lain"}, {"iss": HOSTILE}]
)
def test_an_unknown_platform_is_refused(course: Course, given: dict[str, str]) -> None:
    asked = {**_query(course.lms.login_address()), **given} if given else {}
    answer = httpx.get(f"{course.address}/lti/login", params=asked)
    assert answer.status_code == 400
    assert "tidak terdaftar di server ini" in answer.text
    assert "<img" not in answer.text


@pytest.mark.parametrize("host", ['a"><script>', "user@jahat.example"])
def test_a_host_that_is_none_is_refused(course: Course, host: str) -> None:
    for path in ("/lti", "/lti/config.json"):
        answer = httpx.get(course.address + path, headers={"Host": host})
        assert answer.status_code == 400
        assert host not in answer.text


def test_a_platform_that_refuses_is_quoted(course: Course) -> None:
    answer = httpx.post(f"{course.address}/lti/launch", data={"error": "login_required<b>"})
    assert answer.status_code == 400
    assert "login_required&lt;b&gt;" in answer.text


def test_keys_are_fetched_seldom_and_again_when_they_change() -> None:
    now = 0.0
    with teaching() as lms:
        sets, address = KeySets(lambda: now), f"{lms.address}/certs"
        first = str(lms.registration.get_kid())
        for _ in range(3):
            assert sets.key(address, first).kid == first
        assert lms.fetched == 1
        private, public = new_key()
        lms.registration.set_platform_private_key(private).set_platform_public_key(public)
        second = str(lms.registration.get_kid())
        with pytest.raises(LtiError, match="/certs"):
            sets.key(address, second)
        assert lms.fetched == 1
        now = PAUSE_SECONDS
        assert sets.key(address, second).kid == second
        lms.keys, now = {"keys": []}, 2 * PAUSE_SECONDS
        with pytest.raises(LtiError, match="/certs"):
            sets.key(address, "third")
        assert sets.key(address, second).kid == second
        assert lms.fetched == 3
        now = PAUSE_SECONDS + KEPT_SECONDS
        with pytest.raises(LtiError, match="/certs"):
            sets.key(address, second)


@pytest.mark.parametrize(
    "keys", [{"keys": []}, {"x": 1}, [1], {"keys": [1, "a"]}, {"keys": "x" * LARGEST_KEYS}, "x"]
)
def test_keys_that_are_none_are_refused(assistant: Assistant, tmp_path: Path, keys: Any) -> None:
    with opened(assistant, tmp_path) as course:
        course.lms.keys = keys
        assert "/certs" in refusal(begun(course.lms))


def test_a_platform_that_is_away_is_told(assistant: Assistant, tmp_path: Path) -> None:
    with opened(assistant, tmp_path) as course:
        form = begun(course.lms)
        file = tmp_path / "away.toml"
        file.write_text(course.lms.toml(key_set_url="http://localhost:9/certs"), encoding="utf-8")
        course.tool.platforms = read_platforms(file)
        assert "localhost:9" in refusal(form)


def test_a_teacher_chooses_what_a_link_opens(course: Course) -> None:
    course.lms.choosing, course.lms.locale = True, "en"
    page = launched(begun(course.lms))
    assert page.status_code == 200
    assert "Choose what the link opens" in page.text
    assert "koperasi.txt" in page.text
    form = {
        **hidden(page.text),
        "title": 'Danau "kita" <b>',
        "q": "Di mana letak Danau Toba?",
        "documents": ["danau.md", "aneh.txt"],
        "lang": "id",
    }
    sent = httpx.post(course.address + form.pop("action"), data=form)
    assert sent.status_code == 200
    assert f"form-action 'self' {course.lms.address}" in sent.headers["content-security-policy"]
    back = hidden(sent.text)
    told = jwt.decode(back["JWT"], options={"verify_signature": False})
    assert (told["iss"], told["aud"]) == (CLIENT, [course.lms.address])
    assert told[f"{CLAIM}deployment_id"] == DEPLOYMENT
    assert told[f"{DEEP}data"] == {"n": 5}
    assert httpx.post(back["action"], data={"JWT": back["JWT"]}).status_code == 200
    assert course.lms.received == [
        {
            "type": "ltiResourceLink",
            "title": 'Danau "kita" <b>',
            "url": f"{course.address}/lti/launch",
            "custom": {
                "q": "Di mana letak Danau Toba?",
                "title": 'Danau "kita" <b>',
                "documents": "danau.md|aneh.txt",
                "lang": "id",
            },
        }
    ]
    course.lms.choosing, course.lms.custom = False, course.lms.received[0]["custom"]
    opened_at = launched(begun(course.lms)).headers["location"]
    assert parse_qs(urlsplit(opened_at).query)["documents"] == ["danau.md", "aneh.txt"]


def test_a_choice_is_bounded_and_ends(course: Course) -> None:
    course.lms.choosing = True
    form = hidden(launched(begun(course.lms)).text)
    address = course.address + form.pop("action")
    many = httpx.post(address, data={**form, "title": "Banyak", "documents": [f"{n}.md" for n in range(51)]})
    assert many.status_code == 422
    assert 'role="alert"' in many.text
    assert 'value="Banyak"' in many.text
    course.clock.ahead = CHOICE_SECONDS + 1.0
    assert httpx.post(address, data=form).status_code == 400
    assert httpx.post(address, data={**form, "choice": "x"}).status_code == 400


def test_a_state_is_no_choice(course: Course) -> None:
    state = begun(course.lms)["state"]
    assert httpx.post(f"{course.address}/lti/choose", data={"choice": state}).status_code == 400


def test_a_choice_goes_to_the_platforms_own_pages_only(course: Course) -> None:
    course.lms.choosing = True
    for address in (
        "https://lain.example/return",
        "javascript:alert(1)",
        "",
        f"{course.lms.address}@lain.example",
    ):
        course.lms.changes = lambda claims, address=address: claims[f"{DEEP}deep_linking_settings"].update(
            deep_link_return_url=address
        )
        assert "origins" in refusal(begun(course.lms))


@pytest.mark.parametrize("settings", [None, 5, {"accept_types": 3}, {"accept_types": ["html"]}])
def test_content_that_we_have_not_is_refused(course: Course, settings: Any) -> None:
    course.lms.choosing = True
    course.lms.changes = changed(f"{DEEP}deep_linking_settings", settings)
    assert "LtiDeepLinkingRequest" in refusal(begun(course.lms))


def test_only_platforms_may_frame_what_they_launch(course: Course) -> None:
    framers = f"frame-ancestors 'self' {EMBEDDING} {course.lms.address};"
    for path in ("/embed", "/lti", "/lti/login"):
        assert framers in httpx.get(course.address + path).headers["content-security-policy"]
    for path in ("/", "/documents"):
        policy = httpx.get(course.address + path).headers["content-security-policy"]
        assert "frame-ancestors 'self';" in policy
        assert "form-action 'self';" in policy
    allowed = httpx.get(f"{course.address}/api/v1/health", headers={"Origin": course.lms.address})
    assert "access-control-allow-origin" not in allowed.headers


def test_nothing_personal_is_kept_or_told(
    assistant: Assistant, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with opened(assistant, tmp_path) as course:
        course.lms.custom = {"q": "Apa itu danau?", "name": PERSON["name"]}
        opened_at = launched(begun(course.lms)).headers["location"]
        course.lms.choosing = True
        page = launched(begun(course.lms)).text
        sealed = jwt.decode(hidden(page)["choice"], options={"verify_signature": False})
        kept = repr(
            {**vars(course.tool), "used": course.tool._used._until, "keys": course.tool._key_sets._held}
        )
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("assistant")]
    told = " ".join([opened_at, page, json.dumps(sealed), kept, *ours, *capfd.readouterr()])
    told += "".join(path.read_text() for path in tmp_path.iterdir())
    for personal in (USER, *PERSON.values()):
        assert personal not in told
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "lti.toml",
        "lti.toml.key",
        "lti.toml.key.lock",
    ]


def test_the_page_for_administrators_names_our_addresses(course: Course) -> None:
    page = httpx.get(f"{course.address}/lti").text
    for path in ("launch", "login", "jwks.json", "config.json"):
        assert f"{course.address}/lti/{path}" in page
    config = httpx.get(f"{course.address}/lti/config.json").json()
    assert config["oidc_initiation_url"] == f"{course.address}/lti/login"
    assert config["scopes"] == []
    assert config["extensions"][0]["privacy_level"] == "anonymous"
    (key,) = httpx.get(f"{course.address}/lti/jwks.json").json()["keys"]
    assert {"kty", "n", "e", "kid", "alg", "use"} == set(key)


def test_without_the_setting_there_is_nothing(server: str) -> None:
    assert httpx.get(f"{server}/lti/jwks.json").status_code == 404
    assert httpx.post(f"{server}/lti/launch", data={"id_token": "x"}).status_code in (404, 405)


def test_the_key_is_made_once_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "lti.toml"
    file.write_text("", encoding="utf-8")
    first = Tool.open(file).keys()
    key = tmp_path / "lti.toml.key"
    if os.name == "posix":
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert Tool.open(file).keys() == first
    key.write_text("rusak")
    with pytest.raises(LtiError, match=r"lti\.toml\.key"):
        Tool.open(file)


GOOD = Lms(address="https://lms.example").toml()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[platforms", "no TOML"),
        (GOOD.replace("https://lms.example/certs", "http://lms.example/certs"), "platforms.0.key_set_url"),
        (GOOD.replace("https://lms.example/auth", "javascript:alert(1)"), "platforms.0.auth_login_url"),
        (GOOD + 'origins = ["https://a.example; script-src *"]', "platforms.0.origins.0"),
        (GOOD + 'origins = ["*"]', "platforms.0.origins.0"),
        (GOOD + "colour = 1", "platforms.0.colour"),
        (GOOD.replace('["7"]', "[]"), "platforms.0.deployment_ids"),
        ('address = "tanya.example"', "address"),
    ],
)
def test_what_cannot_be_used_in_the_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "lti.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(LtiError) as caught:
        read_platforms(file)
    assert said in str(caught.value)
    assert str(file) in caught.value.message("id")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LtiError, match=r"tidak-ada\.toml"):
        read_platforms(tmp_path / "tidak-ada.toml")


def test_one_issuer_may_know_us_by_several_names(tmp_path: Path) -> None:
    file = tmp_path / "lti.toml"
    file.write_text(GOOD + GOOD.replace(CLIENT, "kedua"), encoding="utf-8")
    platforms = read_platforms(file)
    assert platforms.of("https://lms.example", "kedua").client_id == "kedua"
    with pytest.raises(LtiError):
        platforms.of("https://lms.example", "")
    file.write_text(GOOD, encoding="utf-8")
    assert read_platforms(file).of("https://lms.example", "").client_id == CLIENT
    assert read_platforms(file).origins() == ("https://lms.example",)


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://Moodle.Example:8443/a?b", "https://moodle.example:8443"),
        ("http://localhost:80/", "http://localhost:80"),
        ("http://[::1]:9", "http://[::1]:9"),
    ],
)
def test_origins(address: str, origin: str) -> None:
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    "address",
    ["http://moodle.example", "https://a@b", "https://a b", "ftp://a", "http://localhost.evil", "https://"],
)
def test_what_is_no_safe_address(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        origin_of(address)


def test_links_are_bounded() -> None:
    custom = {
        "q": "x" * 5000,
        "title": "a\nb" + "y" * 500,
        "starters": "|".join("abcdef"),
        "documents": 7,
        "lang": "fr",
    }
    link = Link.of(custom, "id-ID")
    assert len(link.question) == 1000
    assert link.title.startswith("a b")
    assert len(link.title) == LONGEST_TITLE
    assert link.starters == ("a", "b", "c", "d")
    assert link.documents == ()
    assert link.language == "id"
    assert Link.of(link.custom()) == link


def test_launches_that_are_remembered_are_bounded() -> None:
    now = 0.0
    used = Used(lambda: now)
    for number in range(MOST_USED):
        used.use(str(number))
    with pytest.raises(LtiError):
        used.use("one more")
    now = STATE_SECONDS + 1.0
    used.use("one more")
    with pytest.raises(LtiError):
        used.use("one more")
    assert len(used._until) == 1


def test_without_the_extra_one_sentence_tells_what_to_install(tmp_path: Path, index_folder: Path) -> None:
    (tmp_path / "lti.toml").write_text("", encoding="utf-8")
    script = "import sys; sys.modules['joserfc'] = None; from assistant.cli import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", script, "chat", "--port", "7999", "--index", str(index_folder)],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT), "TANYA_LTI_FILE": "lti.toml"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert found.returncode == 1
    assert 'pip install "tanya[lti]"' in found.stderr
    assert "Traceback" not in found.stderr
