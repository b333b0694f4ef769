"""What was announced, read from the packed profile, is what the whole profile says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ebbline.engine.profile import Profile, decode_profile, encode_profile
from ebbline.engine.standing import Standing, bits_of

NUMBERS = st.integers(0, 2**40)


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    made = Profile(draw(st.integers(1, 2**40)), bytearray(draw(st.binary(max_size=8))))
    made.number = draw(NUMBERS)
    made.raw, made.effective = draw(st.integers(0, 2**90)), draw(st.integers(0, 2**90))
    values = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3)
    made.published = draw(st.dictionaries(st.integers(0, 300), values, max_size=4))
    made.traits = {"email": ("a@b.c", 5, "m1")}
    made.due = draw(st.dictionaries(st.integers(0, 20), NUMBERS, max_size=3))
    if draw(st.booleans()):
        made.overrides = {3: (True, 5)}
    return made


@given(profiles(), NUMBERS)
def test_a_standing_is_what_the_profile_says(profile: Profile, number: int) -> None:
    truth = bytearray()
    packed = encode_profile(profile, truth)
    standing = Standing(packed)
    assert standing.number == profile.number
    assert sum(1 << bit for bit in bits_of(standing.raw)) == profile.raw
    assert sum(1 << bit for bit in bits_of(standing.effective)) == profile.effective
    assert dict(standing.published()) == profile.published
    again = decode_profile(standing.renumbered(number), truth)
    assert again.number == number
    again.number = profile.number
    assert encode_profile(again, truth) == packed
