"""How a place orders its queue from a day on, with the categories that are served one after another."""

from collections import Counter

from flask import g
from flask_appbuilder.widgets import RenderTemplateWidget
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.actions import orders, records
from app.models import PrivilegeKind, QueueCategory, QueueOrder
from app.now import now
from app.registers.queue_orders import QUEUE_ORDERS
from app.rules.orders import MOST, OLDEST, CategoryFacts
from app.views import approval, filters, forms
from app.views.confirmation import by_row


class CategoryLine(forms.FormLine):
    """One category; without the first age it begins at birth, without the last one it has no end."""

    rank = forms.a_number_or_none(_l("Place in the order"), 1, 99)
    privilege = forms.one_of(_l("Privilege"), PrivilegeKind, required=False)
    months_from = forms.a_number_or_none(_l("Months from"), 0, OLDEST)
    months_to = forms.a_number_or_none(_l("Months to"), 0, OLDEST)
    name_kk = forms.text(_l("Name in Kazakh"), render_kw={"required": False})
    name_ru = forms.text(_l("Name in Russian"), render_kw={"required": False})

    def step(self) -> CategoryFacts:
        """What was filled in, as the rules know it."""
        months_from = self.months_from.data or 0
        return CategoryFacts(
            self.privilege.data, months_from, self.months_to.data, self.name_kk.data, self.name_ru.data
        )


class QueueOrderForm(forms.Form):
    categories = forms.FormLines(
        CategoryLine,
        _l("Categories, in the order in which they are served"),
        MOST,
        description=_l(
            "Ages in full months, both included. Nothing in the first age: from birth; nothing in the last: and older. "
            "Without a privilege a category serves everybody of its ages. What is left empty is not saved."
        ),
    )

    def validate_categories(self, field):
        ranks = Counter(line.rank.data for line in field.filled if line.rank.data)
        if twice := [rank for rank, times in ranks.items() if times > 1]:
            raise forms.ValidationError(_("Two categories have the place %(rank)d.", rank=twice[0]))

    def values(self):
        return {**super().values(), "categories": [line.step() for line in self.categories.filled]}


class CategoriesWidget(RenderTemplateWidget):
    template = "widgets/categories.html"


class Orders(approval.Dated):
    """Orders with how many categories they have."""

    def in_words(self, row):
        return {**super().in_words(row), "categories": lambda: len(row.categories) or None}


class QueueOrderView(approval.ApprovedView):
    register, rows, form = QUEUE_ORDERS, Orders, QueueOrderForm
    verbs = {**approval.ApprovedView.verbs, **by_row("take_back")}
    show_template = "pages/queue_order.html"
    more_filters = {"mine": filters.MINE[QueueOrder]}

    def create(self, form):
        values = form.values()
        steps = enumerate(values.pop("categories"), start=1)
        order = QueueOrder(**values, categories=[QueueCategory(rank=rank, **step._asdict()) for rank, step in steps])
        records.create(order, by=g.actor, at=now())
        return order

    def standing(self, row):
        return {**super().standing(row), "categories": orders.steps(row)}

    def _get_show_widget(self, pk, item, *more, **others):
        widgets = super()._get_show_widget(pk, item, *more, **others)
        return {**widgets, "categories": CategoriesWidget(categories=item.categories)}
