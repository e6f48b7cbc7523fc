"""Which passwords are too easily guessed (spec 7, passwords)."""

from collections.abc import Sequence

LEAST = 3  # zxcvbn's score: 0 is found by a hundred guesses, 3 by no fewer than a hundred million, 4 is its best
READ = 72  # characters that zxcvbn looks at: the time it takes grows faster than the password
OURS = ("kezek", "кезек", "балабақша", "балабакша", "детсад", "құпиясөз", "кұпиясөз", "пароль", "parol")
CYRILLIC, LATIN = "йцукенгшщзхъфывапролджэячсмитьбюё", "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
KAZAKH, DIGITS = "әіңғүұқөһ", "234579-=\\"  # on these keys stand digits and signs elsewhere
KEYS = str.maketrans(CYRILLIC + KAZAKH, LATIN + DIGITS)


def easily_guessed(password: str, about: Sequence[str] = ()) -> bool:
    """Is it a common password, words that anybody tries first, or a row of keys? `about`: what is known of its owner.

    Judged as it is written and by the keys that are pressed: lists of common passwords know «пароль» as gfhjkm.
    """
    from zxcvbn import zxcvbn  # 30,000 words, which only a process that sets passwords has to know

    known = [word.casefold() for word in (*OURS, *about) if word]
    known += [word.translate(KEYS) for word in known]
    written = password[:READ].casefold()
    return any(zxcvbn(one, user_inputs=known)["score"] < LEAST for one in {written, written.translate(KEYS)})
