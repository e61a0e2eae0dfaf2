"""A reply while it is being written: holds back what cannot be judged yet, and lets the rest out."""

import time
from collections.abc import Callable

from runtime.chat.check import (
    Facts,
    cut_unfinished,
    find_safe_end,
    is_refusal,
    is_true,
    may_become_refusal,
    remove_marks,
    repeats_instructions,
    split_sentences,
)

_OPEN, _CLOSE = "<thinking>", "</thinking>"
_CONTEXT = 300

OnDelta = Callable[[str], None]


class ReplyStream:
    """Collects the text of a turn's rounds; what is safe goes to `send` at once, in order.

    Some models think aloud between `<thinking>` marks: that is nobody's business and left out everywhere.
    """

    def __init__(
        self,
        facts: Callable[[], Facts],
        send: OnDelta | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._facts = facts
        self._send = send
        self._clock = clock
        self._heard_at: float | None = None
        self._sent_at: float | None = None
        self._rounds: list[str] = []
        self._text = ""
        self._raw = ""
        self._thinks = False
        self._judged = 0
        self._sent = ""
        self._begins = True
        self._leaks = False

    @property
    def rounds(self) -> list[str]:
        """The texts of the finished rounds, those without text left out."""
        return self._rounds

    @property
    def has_sent_round(self) -> bool:
        """Whether any of this round's text has left already."""
        return self._judged > 0

    @property
    def held_s(self) -> float | None:
        """Seconds from the model's first words to the first that left; None while none have left."""
        if self._heard_at is None or self._sent_at is None:
            return None
        return self._sent_at - self._heard_at

    def write(self, text: str) -> None:
        """Take the model's next words."""
        if self._heard_at is None:
            self._heard_at = self._clock()
        self._text += self._drop_thoughts(text)
        if self._judged or not (may_become_refusal(self._text) or is_refusal(self._text)):
            # Once words have left, this cannot become the refusal any more: reading all again would cost.
            self._judge(self._judged + find_safe_end(self._text[self._judged :]))

    def restart_round(self) -> None:
        """Forget this round's text: the model begins anew."""
        self._text, self._raw, self._thinks = "", "", False

    def end_round(self, *, broke_off: bool = False) -> str:
        """The model has ended (for now): whatever was held back is judged. The round's text.

        Of a text that broke off, the last sentence is left out, unless it is the only one.
        """
        if not self._thinks:
            self._text += self._raw
        if broke_off:
            self._text = cut_unfinished(self._text)
        if is_refusal(self._text):
            self._judged = len(self._text)
        self._judge(len(self._text))
        text = self._text.strip()
        if text:
            self._rounds.append(text)
        self.restart_round()
        self._judged = 0
        self._begins = True
        return text

    def say(self, text: str) -> None:
        """Send words that are the program's own."""
        self._out(text)

    def _drop_thoughts(self, text: str) -> str:
        self._raw += text
        out = ""
        while self._raw:
            mark = _CLOSE if self._thinks else _OPEN
            before, found, after = self._raw.partition(mark)
            if found:
                out += "" if self._thinks else before
                self._thinks, self._raw = not self._thinks, after
                continue
            held = next((n for n in range(len(mark) - 1, 0, -1) if self._raw.endswith(mark[:n])), 0)
            cut = len(self._raw) - held
            out += "" if self._thinks else self._raw[:cut]
            self._raw = self._raw[cut:]
            break
        return out if self._text else out.lstrip()

    def _judge(self, end: int) -> None:
        part, self._judged = self._text[self._judged : end], max(end, self._judged)
        if not part or self._send is None:
            return
        facts = self._facts()
        for sentence in split_sentences(part):
            # A reply that gives the instructions away will become the refusal: nothing more of it leaves.
            self._leaks = self._leaks or repeats_instructions(self._sent[-_CONTEXT:] + sentence)
            if is_true(sentence, facts) and not self._leaks:
                self._out(remove_marks(sentence, facts.products))

    def _out(self, text: str) -> None:
        if self._send is None or not text:
            return
        if self._begins and self._sent:
            text = "\n\n" + text
        self._begins = False
        self._sent += text
        self._send(text)
        if self._sent_at is None:
            self._sent_at = self._clock()
