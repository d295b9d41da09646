from hypothesis import given
from hypothesis import strategies as st

from gnomon.workloads.research.models.model import Prompt
from gnomon.workloads.research.models.tokens import cut, estimate_tokens, fits, room


@given(st.text(), st.integers(0, 50))
def test_what_is_cut_fits_and_is_a_beginning(text: str, tokens: int) -> None:
    kept, is_cut = cut(text, tokens)
    assert estimate_tokens(kept) <= tokens
    assert is_cut == (estimate_tokens(text) > tokens)
    assert text.startswith(kept)


def test_a_cut_does_not_break_a_word() -> None:
    assert cut("seven words stand here in a row", 6) == ("seven words stand", True)


def test_a_prompt_fits_when_its_reply_has_room() -> None:
    prompt = Prompt(system="s" * 300, user="u" * 300)
    assert room(1000, 500) == 436
    assert fits(prompt, 1000, 500)
    assert not fits(prompt, 1000, 800)
