"""Words as the seeds and officials write them in cells, Kazakh and Russian, for what the code names.

The first two of each are the ones that messages name.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from app.models import ApplicationStatus, Intake, KindergartenKind, Language, Ownership, PrivilegeKind, QueueKind, Sex

NOT_A_SIGN = re.compile(r"[\W_]+")

LANGUAGES = {
    Language.kk: ("қазақша", "казахский", "қазақ", "қазақш", "қазақ тілі", "казахский язык", "на казахском", "kk"),
    Language.ru: ("орысша", "русский", "орыс", "орыс тілі", "русский язык", "на русском", "ru"),
    Language.en: ("ағылшынша", "английский", "ағылшын", "ағылшын тілі", "английский язык", "на английском", "en"),
}
OWNERSHIPS = {
    Ownership.state: ("мемлекеттік меншік", "государственная", "мемлекеттік", "государственная собственность"),
    Ownership.private: ("жеке меншік", "частная", "жекеменшік", "жеке", "частная собственность", "частный"),
    Ownership.departmental: ("ведомстволық", "ведомственная", "ведомстволық меншік", "ведомственный"),
}
KINDS = {
    KindergartenKind.nursery_kindergarten: ("бөбекжай-бақша", "ясли-сад", "бөбекжай-балабақша", "бөбекжай"),
    KindergartenKind.kindergarten: ("балабақша", "детский сад"),
    KindergartenKind.mini_centre: ("шағын орталық", "мини-центр"),
    KindergartenKind.sanatorium: ("санаторлық", "санаторный", "санаторий", "санаторная"),
    KindergartenKind.special: ("арнайы", "специальный", "специальная"),
}
INTAKES = {
    Intake.general: ("жалпы белгіленген", "общеустановленный", "жалпы", "общий"),
    Intake.temporary: ("уақытша болу", "временное пребывание", "уақытша", "временный"),
}
YES_NO = {True: ("иә", "да", "бар", "есть", "+"), False: ("жоқ", "нет", "-", "–")}
SEXES = {
    Sex.male: ("ұл", "мальчик", "ер", "мужской", "м", "ұл бала"),
    Sex.female: ("қыз", "девочка", "әйел", "женский", "ж", "қыз бала"),
}
QUEUES = {
    QueueKind.general: ("жалпы білім беретін кезек", "общеобразовательная очередь", "жалпы", "общая"),
    QueueKind.sanatorium: ("санаторлық кезек", "санаторная очередь", "санаторлық", "санаторная"),
    QueueKind.special: ("арнайы кезек", "специальная очередь", "арнайы", "специальная"),
}
STATUSES = {
    ApplicationStatus.queued: ("кезекте", "в очереди", "принято решение (в очереди)"),
    ApplicationStatus.archived: ("мұрағатта", "в архиве"),
    ApplicationStatus.notified: ("хабарлама жіберілді", "направлено уведомление"),
    ApplicationStatus.confirming: ("растауда", "на подтверждении"),
    ApplicationStatus.voucher_issued: ("ваучер берілді", "ваучер выдан"),
    ApplicationStatus.referred: ("жолдама берілді", "выдано направление"),
    ApplicationStatus.enrolled: ("қабылданды", "зачислен"),
    ApplicationStatus.stop_listed: ("тоқтау парағында", "в стоп-листе"),
    ApplicationStatus.removed: ("кезектен шығарылды", "снят с очереди"),
}
PRIVILEGES: dict[PrivilegeKind | None, tuple[str, ...]] = {
    None: ("жеңілдіксіз", "без льготы", "жеңілдіктер жоқ", "жоқ", "нет", "-", "–"),
    PrivilegeKind.out_of_turn: (
        *("кезектен тыс", "внеочередное", "кезектен тыс алу құқығы", "внеочередное право"),
        *("әскери қызметшінің баласы", "ребёнок военнослужащего", "арнаулы мемлекеттік орган қызметкерінің баласы"),
        "ребёнок сотрудника специальных государственных органов",
    ),
    PrivilegeKind.first_order: (
        *("бірінші кезекте", "первоочередное", "бірінші кезекте алу құқығы", "первоочередное право"),
        *("көп балалы отбасы", "многодетная семья", "мүгедектігі бар бала", "ребёнок с инвалидностью"),
        *("ата-анасының мүгедектігі", "инвалидность родителя", "жетім бала", "сирота", "ребёнок-сирота"),
        *("ата-ана қамқорлығынсыз қалған", "без попечения родителей", "ребёнок педагога", "педагогтің баласы"),
        *("ерекше білім беру қажеттілігі", "особые образовательные потребности"),
    ),
}
WORDS: dict[Any, Mapping[Any, tuple[str, ...]]] = {  # by the kind that they name
    Language: LANGUAGES,
    Ownership: OWNERSHIPS,
    KindergartenKind: KINDS,
    Intake: INTAKES,
    Sex: SEXES,
    QueueKind: QUEUES,
}
CITY, DISTRICT = "city", "district"
OF_PLACES = {  # what a place is, in either language
    **dict.fromkeys(("қаласы", "қала", "қ", "город", "гор", "г"), CITY),
    **dict.fromkeys(("ауданы", "аудан", "район", "р-н", "рн"), DISTRICT),
    **dict.fromkeys(("облысы", "область", "обл"), "region"),
}


def plain(text: str) -> str:
    """A word without what makes no difference: case, spaces, signs, ё for е, full and half width."""
    return NOT_A_SIGN.sub("", unicodedata.normalize("NFKC", text).casefold().replace("ё", "е"))


def place_name(name: str) -> tuple[str, str]:
    """What a place is ("" where it is not said) and its own name: г. Көкшетау and Көкшетау қаласы agree."""
    words = re.findall(r"[\w-]+", unicodedata.normalize("NFKC", name).casefold())
    kinds = [OF_PLACES[word] for word in words if word in OF_PLACES]
    own = " ".join(word for word in words if word not in OF_PLACES)
    return (kinds[0] if kinds else "", own or name)


def meanings(words: Mapping[Any, Iterable[str]]) -> dict[str, Any]:
    """From each word as it may be written to what it means; signs alone (+, -) stand for themselves."""
    return {plain(word) or word: meaning for meaning, written in words.items() for word in written}
