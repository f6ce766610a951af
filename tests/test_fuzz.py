from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.asking import Assistant
from assistant.classroom import Classroom
from assistant.server import create_app
from bench.fuzz import UNMETERED, fuzz_api, read_mutated
from index.documents import document_of
from index.errors import DocumentError
from index.kinds import TEXTS
from index.passages import split_document
from tests import samples
from tests.conftest import serving


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    samples.write_all(tmp_path)
    outcomes = read_mutated(sorted(path for path in tmp_path.iterdir()), 80)
    assert sum(outcomes.values()) == 80
    assert outcomes["read"] > 5
    assert outcomes["refused in a sentence"] > 5
    assert outcomes["gave up in time"] == 0


@settings(max_examples=150, deadline=None)
@given(suffix=st.sampled_from(sorted(TEXTS)), text=st.text(max_size=400))
def test_any_text_is_read_or_refused_and_its_passages_hold_its_words(suffix: str, text: str) -> None:
    try:
        document = document_of(text.encode("utf-8", "surrogatepass"), f"apa saja{suffix}")
    except DocumentError:
        return
    passages = split_document(document)
    assert passages
    assert all(0 <= start < end <= len(p.text) for p in passages for start, end in p.sentences)


def test_the_api_does_as_its_description_says_whatever_comes(assistant: Assistant) -> None:
    with serving(create_app(Classroom(lambda: assistant, public=UNMETERED))) as address:
        sent = fuzz_api(address, 40)
    assert sent["POST /api/v1/ask"] >= 30
