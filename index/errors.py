"""The errors that a person may see: one sentence each, in Indonesian and in English."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

Language = str
"""A language by its code, such as ``id``."""


class Reason(NamedTuple):
    """One sentence in two languages."""

    indonesian: str
    english: str

    def message(self, language: Language) -> str:
        """The sentence in ``language``."""
        return self.indonesian if language == "id" else self.english


class TanyaError(Exception):
    """Something a user can mend; names the thing, its value and the way out.

    :param indonesian: one sentence for an Indonesian reader.
    :param english: the same sentence in English; also what ``str()`` gives.
    :param others: the same sentence in further languages.
    """

    code = "error"

    def __init__(
        self, indonesian: str, english: str, others: Mapping[Language, str] = MappingProxyType({})
    ) -> None:
        super().__init__(english)
        self.indonesian = indonesian
        self.english = english
        self._others = others

    @property
    def reason(self) -> Reason:
        """The sentence in both languages."""
        return Reason(self.indonesian, self.english)

    def message(self, language: Language) -> str:
        """The sentence in ``language``, or in English."""
        return self._others.get(language) or self.reason.message(language)


class DocumentError(TanyaError):
    """A file cannot be read as a document."""

    code = "document"


class AddressError(TanyaError):
    """Nothing to read comes from an address of the web."""

    code = "address"


class EncoderError(TanyaError):
    """A model cannot be loaded."""

    code = "encoder"


class IndexMissingError(TanyaError):
    """There is no index where one was looked for."""

    code = "index_missing"


class IndexCorruptError(TanyaError):
    """An index is damaged, incomplete or of another format."""

    code = "index_corrupt"


class IndexForeignError(TanyaError):
    """An index was built with another model than the one set."""

    code = "index_foreign"


class QuestionError(TanyaError):
    """A question is empty or too long."""

    code = "question"


class NoDocumentsError(TanyaError):
    """A folder holds nothing that can be indexed."""

    code = "no_documents"


class BuildBusyError(TanyaError):
    """Another process is building the same index."""

    code = "build_busy"


class StoreError(TanyaError):
    """What keeps an index cannot be reached, or fails."""

    code = "store"


class IndexWriteError(TanyaError):
    """An index cannot be written where it should be."""

    code = "index_write"


class ClusterError(TanyaError):
    """A Ray cluster cannot be used."""

    code = "cluster"
