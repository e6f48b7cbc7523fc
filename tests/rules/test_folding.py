"""Spec 3.9: one name, written in many ways; which ways are the same name, and which are a question."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.folding import Match, fold, identity, match

KAZAKH_BY_RUSSIAN = dict(zip("әғқңөұүһі", "агкноуухи", strict=True))
LATIN_TWINS = dict(zip("АВЕКМНОРСТУХІаеокрсухі", "ABEKMHOPCTYXIaeokpcyxi", strict=True))
NAMES = [
    "Қарлығаш",
    "Қажымұқанұлы Әділхан",
    "Гауһар Шаһизада",
    "Үміт Өмірбекқызы",
    "Төлеңгіт",
    "Алёна",
    "Тюльпан",
    "СӘУЛЕ",
    "Мамед оглы Ниязов",
]


@pytest.mark.parametrize("name", NAMES)
def test_kazakh_letters_may_be_typed_on_a_russian_keyboard(name):
    both = KAZAKH_BY_RUSSIAN | {one.upper(): other.upper() for one, other in KAZAKH_BY_RUSSIAN.items()}
    typed = "".join(both.get(letter, letter) for letter in name)
    assert fold(typed) == fold(name)
    assert match(typed, name) is (Match.exact if typed == name else Match.near)


@given(st.sampled_from(NAMES), st.data())
def test_a_latin_letter_of_the_same_shape_makes_no_difference_to_the_key_and_is_a_near_match(name, data):
    mixed = "".join(LATIN_TWINS.get(letter, letter) if data.draw(st.booleans()) else letter for letter in name)
    assert fold(mixed) == fold(name)
    assert match(mixed, name) is (Match.exact if mixed == name else Match.near)


@pytest.mark.parametrize("name", [*NAMES, "John Smith", "Hassan"])
def test_case_makes_no_difference(name):
    assert fold(name.upper()) == fold(name.lower()) == fold(name)
    assert match(name.upper(), name.lower()) is Match.exact


@pytest.mark.parametrize("ending", ["ұлы", "улы", "қызы", "кызы", "оглы", "ҰЛЫ", "Оғлы"])
@pytest.mark.parametrize("between", [" ", "-", "  ", " - ", "\u00a0"])
def test_a_patronymic_may_be_joined_or_split(ending, between):
    assert fold(f"Ахметов Ерлан Серік{between}{ending}") == fold(f"Ахметов Ерлан Серік{ending}")
    assert match(f"Серік{between}{ending}", f"Серік{ending}") is Match.near


def test_what_only_begins_with_the_ending_of_a_patronymic_is_a_word_of_its_own():
    assert fold("Тау Ұлытау") == "тау улытау"
    assert fold("Ұлы дала") == "улы дала"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ясли-сад «Тюльпан»", 'ЯСЛИ-САД  "Тюльпан"'),
        ("Ясли-сад «Тюльпан»", "ясли – сад “Тюльпан”"),
        ("Мини-центр №5", "Мини-центр №\u00a05"),
        ("Балапан", "  Балапан\u200b "),
        ("Й", "И\u0306"),
        ("№ 1-2", "№ 1 — 2"),
    ],
)
def test_what_no_reader_means_is_one_identity(one, other):
    assert match(one, other) is Match.exact
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ясли-сад «Тюльпан»", "Ясли-сад «Tюльпан»"),
        ("Ясли-сад «Тюльпан»", "Ясли сад Тюльпан"),
        ("Берёзка", "Березка"),
        ("Мини-центр № 5", "Мини-центр 5"),
        ("Мини-центр № 5", "Мини-центр N5"),
        ("Карлыгаш", "Қарлығаш"),
        ("Гауһар", "Гауhар"),
        ("Әсел", "Əсел"),
        ("№ 1-2", "№ 1/2"),
        ("Топ 5А", "Топ 5-А"),
        ("Жара\u0301с", "Жарас"),
    ],
)
def test_what_people_mix_up_is_a_near_match_and_never_an_identity(one, other):
    assert match(one, other) is Match.near


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Мини-центр № 1-2", "Мини-центр № 12"),
        ("1-2", "12"),
        ("1/2", "12"),
        ("1.2", "12"),
        ("№ 1 2", "№ 12"),
        ("Топ 1-2", "Топ 2-1"),
        ("Балапан 1", "Балапан 2"),
        ("Айгүл", "Айгерім"),
        ("Хан", "Нан"),
        ("Андрей", "Андреи"),
        ("«»", "№"),
    ],
)
def test_two_names_are_two(one, other):
    assert match(one, other) is None


@given(st.text())
def test_a_key_is_its_own_key(name):
    assert fold(fold(name)) == fold(name)
    assert identity(identity(name)) == identity(name)


@given(st.text("АaһhНHәİßﬁ№Nо15 -–«»\"'\u0301\u200b.ҰЛЫ"))
def test_one_identity_has_one_folded_key(name):
    assert fold(identity(name)) == fold(name)


def test_the_key_of_every_single_character_is_its_own_key():
    signs = [chr(code) for code in range(0x3000)]
    assert [sign for sign in signs if fold(fold(sign)) != fold(sign)] == []
    assert [sign for sign in signs if fold(identity(sign)) != fold(sign)] == []


def test_a_folded_key_has_words_and_single_spaces_alone():
    key = fold(" «Айгүл»,\t№ 1 – 2; (топ)\n_ ")
    assert key == "айгул 1-2 топ"
    assert unicodedata.normalize("NFKC", key) == key
