"""The admin's list and page of applications: the columns, filters, search and related rows of Kezek's."""

from django.contrib import admin
from django.core.paginator import Paginator
from django.urls import path
from django.utils.functional import cached_property

from app.views.lists import PAGE
from app.views.paging import COUNTED
from bench.django_desk import models
from bench.django_desk.models import Application


class CappedPaginator(Paginator):
    """Counts up to a limit, as Kezek's list does: an exact count of a million rows costs more than the page."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by().values("pk")[: COUNTED + 1].count()


def inline(of: type) -> type[admin.TabularInline]:
    """What belongs to an application, all of it read-only and without an empty form: the fastest that an inline is."""
    fields = tuple(field.name for field in of._meta.fields if field.name not in ("id", "application"))
    facts = {"model": of, "fields": fields, "readonly_fields": fields, "extra": 0, "can_delete": False}
    return type(f"{of.__name__}Inline", (admin.TabularInline,), facts)


@admin.register(Application)
class ApplicationAdmin(admin.ModelAdmin):
    list_display = ("number", "child", "born_on", "place", "queued_at", "status")
    list_display_links = ("number",)
    list_filter = ("status", "place")
    list_per_page = PAGE
    list_select_related = ("child", "place")
    inlines = tuple(
        map(
            inline,
            (
                models.Privilege,
                models.Voucher,
                models.Referral,
                models.StopListing,
                models.Document,
                models.Notice,
                models.Change,
            ),
        )
    )
    ordering = ("-pk",)
    raw_id_fields = ("child", "place")
    paginator = CappedPaginator
    search_fields = ("=number_key", "=child__iin", "child__search_name__startswith")
    show_full_result_count = False
    sortable_by = ("queued_at",)

    @admin.display(description="Born")
    def born_on(self, application: Application):
        return application.child.born_on


urlpatterns = [path("admin/", admin.site.urls)]
