"""One declaration a register (docs/adr/0021-registers.md): what its fields are, who reads and writes it, where it lies.

A declaration is data: it imports models and rules alone, and every floor above makes its own of it. Permissions and
scopes (access), labels of the history (words), columns and samples of files (imports), lists and forms (views).
"""

from app.models import ImportKind
from app.registers.accounts import ACCOUNTS
from app.registers.clients import CLIENTS
from app.registers.contract_texts import CONTRACT_TEXTS
from app.registers.days_off import DAYS_OFF
from app.registers.declaration import Register
from app.registers.groups import GROUPS
from app.registers.guardianships import GUARDIANSHIPS
from app.registers.kindergartens import KINDERGARTENS
from app.registers.norms import NORMS
from app.registers.offices import OFFICES
from app.registers.queue_orders import QUEUE_ORDERS
from app.registers.sanatorium_certificates import SANATORIUM_CERTIFICATES
from app.registers.vacancies import VACANCIES
from app.registers.waiting_entries import WAITING_ENTRIES

# In the order of the menu.
ALL: tuple[Register, ...] = (
    GUARDIANSHIPS,
    WAITING_ENTRIES,
    VACANCIES,
    KINDERGARTENS,
    GROUPS,
    OFFICES,
    SANATORIUM_CERTIFICATES,
    NORMS,
    QUEUE_ORDERS,
    CONTRACT_TEXTS,
    DAYS_OFF,
    ACCOUNTS,
    CLIENTS,
)
# Those whose rows are brought in from a file by what the declaration says.
BROUGHT: dict[ImportKind, Register] = {ImportKind(one.noun.replace("-", "_")): one for one in ALL if one.known_by}


def of(model: type) -> Register | None:
    """The register that rows of this kind stand in, if they are declared."""
    return next((one for one in ALL if one.model is model), None)
