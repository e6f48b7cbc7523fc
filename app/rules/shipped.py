"""What Kezek comes with: the norms, the queue order, the years of the calendar (spec 3.1-3.3), a contract (S1)."""

from datetime import date, datetime

from app.models import OnLapse, PrivilegeKind, Unit
from app.rules import contract
from app.rules.calendar import LOCAL
from app.rules.verbs import SIGN_IN

YEARS = range(2016, 2032)  # later years would be guesses
SINCE = date(2016, 1, 1)
S1 = "akmola.kz, «Мектепке дейінгі ұйымға ваучер алу және уақытша брондау кезінде орын таңдау бойынша нұсқаулық»"
S2 = "«Жеке балабақшаға мемлекеттік білім беру тапсырысы бойынша жолдаманы алуға арналған нұсқаулық»"
S3 = "egov.kz, «Мектепке дейінгі балаларды (6 жасқа дейін) кезекке қою»"
S0 = "akmola.kz, «Мектепке дейінгі ұйымға жолдама алу»"
OURS = "Kezek"
LEGACY = "бұрынғы кезек тәртібі: бір жеңілдікті, үш жалпы"
CARD = "мемлекеттік қызмет көрсету картасы"
APPROVED_AT = datetime(2016, 1, 1, tzinfo=LOCAL)

# Spec 3.10: which instruction says how a family signs in for an act.
SIGNED = {
    "register": S3,
    **dict.fromkeys(("confirm", "refuse", "restore", "choose", "choose_temporary", "sign"), S1),
    **dict.fromkeys(("extend", "revoke", "claim_privilege", "join"), S2),
    **dict.fromkeys(("withdraw", "change"), S1),
    "wish": OURS,
}
NORMS: tuple[tuple[str, str, Unit, OnLapse | None, str], ...] = (
    ("procedure", "referral", Unit.CHOICE, None, S0),
    ("voucher.confirm", "2", Unit.WD, OnLapse.stop_list, S1),
    ("voucher.choose", "5", Unit.WD, OnLapse.archive, S1),
    ("voucher.stop_list", "28", Unit.CD, OnLapse.archive, S1),
    ("voucher.restorations", "1", Unit.COUNT, None, S1),
    ("voucher.restorations_per", "application", Unit.CHOICE, None, S1),
    ("referral.priority", "3", Unit.WD, OnLapse.open, S2),
    ("referral.attend", "5", Unit.WD, OnLapse.stop_list, S2),
    ("referral.stop_list", "10", Unit.WD, None, S2),
    ("referral.misses", "2", Unit.COUNT, OnLapse.remove, S2),
    ("referral.extension", "30", Unit.CD, None, S2),
    ("referral.extensions", "1", Unit.COUNT, None, S2),
    ("referral.revocation", "24", Unit.H, None, S2),
    ("referral.minimum_age", "24", Unit.MONTHS, None, S2),
    ("state_order.minimum_age", "36", Unit.MONTHS, None, S2),
    ("state_order.turn", "none", Unit.CHOICE, None, S2),
    ("mini_centre.turn", "needed", Unit.CHOICE, None, S0),
    ("queue.ratio", "1:3", Unit.RATIO, None, LEGACY),
    ("privilege.certificate", "1", Unit.MONTHS, None, CARD),
    ("queue.maximum_age", "72", Unit.MONTHS, OnLapse.archive, S3),
    ("wish.maximum", "5", Unit.COUNT, None, OURS),
    ("free_choice.window", "0", Unit.H, None, OURS),
    ("rounds", "manual", Unit.CHOICE, None, OURS),
    ("notice.reminder", "1", Unit.WD, None, OURS),
    ("notice.quiet", "21-8", Unit.HOURS, None, OURS),
    ("notice.daily", "5", Unit.COUNT, None, OURS),
    ("retention.application", "72", Unit.MONTHS, None, OURS),
    ("retention.message", "12", Unit.MONTHS, None, OURS),
    ("retention.file", "90", Unit.CD, None, OURS),
    *((f"sign.{name}", str(SIGN_IN[name]), Unit.CHOICE, None, basis) for name, basis in SIGNED.items()),
)

# Spec 3.3: rank, privilege, ages in full months, and the name as the seed and the customer's forms have it.
CATEGORIES: tuple[tuple[PrivilegeKind | None, int, int | None, str, str], ...] = (
    (
        PrivilegeKind.out_of_turn,
        0,
        None,
        "кезектен тыс орын алуға құқығы бар балалар",
        "дети, имеющие право на внеочередное получение места",
    ),
    (
        PrivilegeKind.first_order,
        36,
        None,
        "бірінші кезекте орын алуға құқығы бар, 3 жасқа толған балалар",
        "дети, имеющие право на первоочередное получение места, достигшие 3 лет",
    ),
    (
        None,
        36,
        None,
        "кезекте тұрған, жасы бойынша 3 жасқа толған балалар, кезекке қойылған күні бойынша",
        "дети, стоящие в очереди, достигшие 3 лет, по дате постановки в очередь",
    ),
    (
        PrivilegeKind.first_order,
        24,
        35,
        "бірінші кезекте орын алуға құқығы бар, 2 жастағы балалар",
        "дети 2 лет, имеющие право на первоочередное получение места",
    ),
    (
        None,
        24,
        35,
        "кезекте тұрған, 2 жастағы балалар, кезекке қойылған күні бойынша",
        "дети 2 лет, стоящие в очереди, по дате постановки в очередь",
    ),
    (
        PrivilegeKind.first_order,
        18,
        23,
        "бірінші кезекте орын алуға құқығы бар, 1,5 жастағы балалар",
        "дети 1,5 лет, имеющие право на первоочередное получение места",
    ),
    (
        None,
        18,
        23,
        "кезекте тұрған, 1,5 жастағы балалар, кезекке қойылған күні бойынша",
        "дети 1,5 лет, стоящие в очереди, по дате постановки в очередь",
    ),
)

# S1: the first text of contracts, section by section, in Kazakh and Russian. A lawyer has to read it.
CONTRACT_BASIS = "Kezek: жоба, заңгер оқып шығуы керек · проект, его должен прочитать юрист"
CONTRACT: dict[str, tuple[str, str]] = {
    "subject": (
        "Ұйым баланы аталған топқа қабылдайды, тәрбиелейді және мектепке дейінгі білім береді; отбасы осы "
        "шарттың талаптарын орындайды.",
        "Организация принимает ребёнка в указанную выше группу, воспитывает его и даёт дошкольное "
        "образование; семья выполняет условия этого договора.",
    ),
    "organisation": (
        "Ұйым баланың өмірі мен денсаулығын қорғайды, жасына сай тамақ пен күтім береді, бағдарлама бойынша "
        "оқытады, отбасына баланың жетістігі туралы айтады. Балаға орын сақтап, топқа қабылдауға және "
        "қауіпсіздік талаптарын қоюға құқылы.",
        "Организация охраняет жизнь и здоровье ребёнка, обеспечивает питание и уход по возрасту, обучает по "
        "программе, сообщает семье об успехах ребёнка. Она вправе требовать соблюдения порядка приёма и "
        "безопасности.",
    ),
    "family": (
        "Отбасы баланы уақытында әкеліп, алып кетеді, ауырғанын сол күні хабарлайды, құжаттар мен төлемді "
        "мерзімінде береді. Бағдарламамен танысуға, топтың өміріне қатысуға, жазбаша шағымдануға құқылы.",
        "Семья вовремя приводит и забирает ребёнка, в тот же день сообщает о болезни, в срок отдаёт документы "
        "и оплату. Она вправе знакомиться с программой, участвовать в жизни группы, письменно жаловаться.",
    ),
    "fee": (
        "Тәрбиелеу мен оқыту ақысын мемлекеттік тапсырыс бойынша мемлекет төлейді; отбасы баланың тамағына, "
        "бекітілген мөлшерде, ай сайын төлейді.",
        "Воспитание и обучение по государственному заказу оплачивает государство; семья ежемесячно платит за "
        "питание ребёнка в утверждённом размере.",
    ),
    "liability": (
        "Тараптар міндеттерін орындамағаны үшін Қазақстан Республикасының заңдарына сай жауап береді.",
        "За невыполнение обязанностей стороны отвечают по законам Республики Казахстан.",
    ),
    "disputes": (
        "Даулар келіссөзбен, болмаса білім бөлімінде, одан кейін сотта шешіледі.",
        "Споры решаются переговорами, затем в отделе образования, после этого в суде.",
    ),
    "term": (
        "Шарт екі қол қойылған күннен бастап бала ұйымнан шыққанға дейін жарамды; отбасы оны кез келген "
        "уақытта жазбаша бұза алады.",
        "Договор действует с дня второй подписи, пока ребёнок не выбыл из организации; семья может в любое "
        "время письменно расторгнуть его.",
    ),
}
CONTRACT_COLUMNS = {  # the same, as the columns of a text of contracts
    f"{name}_{language}": said
    for name, both in CONTRACT.items()
    for language, said in zip(contract.LANGUAGES, both, strict=True)
}
