"""Keys: well-formed ones are found by their public part, mistyped ones are refused without a look-up."""

import re

from hypothesis import given
from hypothesis import strategies as st

from gnomon.core.access import SCANNER_PATTERN, KeyRole, hash_key, mint, public_id

KEYS = st.builds(
    mint,
    st.sampled_from(KeyRole),
    public_chance=st.integers(0, 2**60 - 1),
    secret_chance=st.integers(0, 2**195 - 1),
)


@given(KEYS)
def test_a_minted_key_is_well_formed(key: str) -> None:
    assert public_id(key) == key.split("_")[2]
    assert re.fullmatch(SCANNER_PATTERN, key)


@given(KEYS, st.data())
def test_one_changed_letter_is_noticed(key: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(key) - 1))
    letter = data.draw(st.characters().filter(lambda c: c != key[place]))
    assert public_id(key[:place] + letter + key[place + 1 :]) is None


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    assert public_id(text) is None


def test_the_hash_depends_on_key_and_pepper() -> None:
    one, two = (mint(KeyRole.API, public_chance=1, secret_chance=n) for n in (1, 2))
    assert len({hash_key(one, b"a"), hash_key(two, b"a"), hash_key(one, b"b")}) == 3
