"""The admin's list of applications: the columns, filters and search of Kezek's, and its addresses."""

from django.contrib import admin
from django.core.paginator import Paginator
from django.urls import path
from django.utils.functional import cached_property

from app.views.lists import PAGE
from app.views.rows import COUNTED
from bench.django_desk.models import Application


class CappedPaginator(Paginator):
    """Counts up to a limit, as Kezek's list does: an exact count of a million rows costs more than the page."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by().values("pk")[: COUNTED + 1].count()


@admin.register(Application)
class ApplicationAdmin(admin.ModelAdmin):
    list_display = ("number", "child", "born_on", "place", "queued_at", "status")
    list_display_links = ("number",)
    list_filter = ("status", "place")
    list_per_page = PAGE
    list_select_related = ("child", "place")
    ordering = ("-pk",)
    paginator = CappedPaginator
    search_fields = ("=number_key", "=child__iin", "child__search_name__startswith")
    show_full_result_count = False
    sortable_by = ("queued_at",)

    @admin.display(description="Born")
    def born_on(self, application: Application):
        return application.child.born_on


urlpatterns = [path("admin/", admin.site.urls)]
