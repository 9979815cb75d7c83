"""The troubleshooting table of the guide, from the connector's messages."""

from string import Formatter

from scripts.markdown import table
from source_8x8_work_analytics.messages import Message, catalogue

VARIES = "…"
OF_THE_FORM = "the message names the field and the values it accepts"


def troubleshooting_table() -> str:
    """Return a row for each thing to do, with the messages that lead to it."""
    rows: dict[str, list[str]] = {}
    for message in catalogue().values():
        if _pattern(message.what) == VARIES:  # another message, in a sentence of its own
            continue
        rows.setdefault(_what_to_do(message), []).append(_pattern(message.what))
    return table(["the message says", "what to do"], [["<br>".join(said), do] for do, said in rows.items()])


def _what_to_do(message: Message) -> str:
    text = message.help or _pattern(message.fix)
    if text:
        return text
    return "run the sync again later; it resumes" if message.resumable else OF_THE_FORM


def _pattern(text: str) -> str:
    """Return a message with … in place of what varies."""
    parts = Formatter().parse(text)
    return "".join(literal + (VARIES if name is not None else "") for literal, name, _, _ in parts)
