"""How a place orders its queue from a day on, with the categories that are served one after another."""

from flask_babel import lazy_gettext as _l

from app.models import QueueOrder, QueueOrderKind
from app.registers.declaration import Day, Field, Menu, OneOf, Own, Register, Row, Text
from app.registers.norms import APPROVED, PLACES, WRITERS
from app.rules.roles import WATCHING

THERE = _l("There is an order of this kind for this place and day already.")

QUEUE_ORDERS = Register(
    noun="queue-orders",
    model=QueueOrder,
    title=_l("Queue orders"),
    one=_l("Queue order"),
    add=_l("Enter a queue order"),
    change=_l("Change a queue order"),
    menu=Menu("rules", "list-numbers", "q"),
    readers=WATCHING,
    adds=WRITERS,
    changes=WRITERS,
    removes=WRITERS,
    order=("valid_from", "desc"),
    in_list=("place", "kind", "valid_from", "categories", "entered_by", "approved_at", "legal_basis"),
    fields=(
        Field("place", _l("Place"), Row(PLACES)),
        Field("kind", _l("Kind of order"), OneOf(QueueOrderKind), filtered=True),
        Field("valid_from", _l("In force from"), Day(), ordered=True),
        Field("legal_basis", _l("Legal basis"), Text(300)),
        Field("categories", _l("Categories"), Own(), shown=False),
        *APPROVED,
    ),
    clashes={"queue_order.place_id, queue_order.kind": THERE, "uq_queue_order_once_per_place_and_day": THERE},
)
