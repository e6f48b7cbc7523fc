"""What Kezek comes with: the norms, the queue order and the years of the calendar (spec 3.1-3.3)."""

from datetime import date, datetime

from app.models import OnLapse, PrivilegeKind, Unit
from app.rules.calendar import LOCAL

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
    ("rounds", "manual", Unit.CHOICE, None, OURS),
    ("notice.reminder", "1", Unit.WD, None, OURS),
    ("notice.quiet", "21-8", Unit.HOURS, None, OURS),
    ("notice.daily", "5", Unit.COUNT, None, OURS),
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
