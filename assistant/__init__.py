"""Ask documents: ``Assistant.open().ask("Apa itu kerja sama bilateral?").answer``."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.asking import Assistant

__all__ = ["Assistant"]


def __getattr__(name: str) -> Any:
    if name == "Assistant":
        from assistant.asking import Assistant

        return Assistant
    raise AttributeError(name)
