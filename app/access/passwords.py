"""Which passwords are too easily guessed (spec 7, passwords)."""

import re
from collections.abc import Sequence

LEAST = 3  # zxcvbn's score: 0 is found by a hundred guesses, 3 by no fewer than a hundred million, 4 is its best
READ = 72  # characters that zxcvbn looks at: the time it takes grows faster than the password
MEANT = 6  # letters that are left once what anybody tries first is taken away: one word of the owner's own
OURS = ("kezek", "кезек", "балабақша", "детсад", "садик", "құпиясөз", "пароль", "password", "parol", "admin")
OURS += ("қазақстан", "казахстан", "kazakhstan", "көкшетау", "кокшетау", "ақмола", "акмола", "астана", "алматы")
CYRILLIC, LATIN = "йцукенгшщзхъфывапролджэячсмитьбюё", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
KAZAKH, DIGITS = "әіңғүұқөһ", "234579-=\\"  # on these keys stand digits and signs elsewhere
KEYS = str.maketrans(CYRILLIC + KAZAKH, LATIN + DIGITS)
BY_SOUND = str.maketrans("абвгдезийклмнопрстуфыэәіңғүұқөһ", "abvgdeziyklmnoprstufyeainguukoh", "ъь")
BY_SOUND |= str.maketrans({"ё": "yo", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch"})
BY_SOUND |= str.maketrans({"ю": "yu", "я": "ya"})


def easily_guessed(password: str, about: Sequence[str] = ()) -> bool:
    """Is it a common password, words that anybody tries first, or a row of keys? `about`: what is known of its owner.

    Judged as it is written, as it sounds in Latin letters, and by the keys that are pressed: lists of common passwords
    know «пароль» as gfhjkm, and «мадина» as madina.
    """
    from zxcvbn import zxcvbn  # 30,000 words, which only a process that sets passwords has to know

    known = {form for word in (*OURS, *about) if word for form in _forms(word)}
    forms = _forms(password[:READ])
    weak = any(zxcvbn(one, user_inputs=sorted(known))["score"] < LEAST for one in forms)
    return weak or not _own(password.casefold(), known)


def _forms(word: str) -> set[str]:
    """A word as it is written, as it sounds, and by its keys."""
    word = word.casefold()
    return {word, word.translate(BY_SOUND), word.translate(KEYS)}


def _own(password: str, known: set[str]) -> bool:
    """Does it hold no word that is known, or enough beside it? Years and signs make no password of a name."""
    rest = password
    for word in sorted(known, key=len, reverse=True):
        if len(word) > 2:
            rest = rest.replace(word, " ")
    return rest == password or len(re.sub(r"[\W\d_]", "", rest)) >= MEANT
