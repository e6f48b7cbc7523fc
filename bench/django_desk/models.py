"""The columns of app/models.py that the admin's pages show. Not managed: the tables are Kezek's."""

from django.db import models

from app.models import ApplicationStatus


class Place(models.Model):
    name_kk = models.CharField(max_length=120)

    class Meta:
        managed = False
        db_table = "place"

    def __str__(self) -> str:
        return self.name_kk


class Child(models.Model):
    iin = models.CharField(max_length=12)
    last_name = models.CharField(max_length=80)
    first_name = models.CharField(max_length=80)
    patronymic = models.CharField(max_length=80)
    search_name = models.CharField(max_length=250)
    born_on = models.DateField()

    class Meta:
        managed = False
        db_table = "child"

    def __str__(self) -> str:
        return " ".join(filter(None, (self.last_name, self.first_name, self.patronymic)))


class Application(models.Model):
    number = models.CharField(max_length=60)
    number_key = models.CharField(max_length=60)
    place = models.ForeignKey(Place, models.DO_NOTHING)
    child = models.ForeignKey(Child, models.DO_NOTHING)
    queued_at = models.DateTimeField()
    status = models.CharField(max_length=24, choices=[(status.value, status.value) for status in ApplicationStatus])

    class Meta:
        managed = False
        db_table = "application"

    def __str__(self) -> str:
        return self.number


class OfApplication(models.Model):
    """What belongs to an application and is shown on its page."""

    application = models.ForeignKey(Application, models.DO_NOTHING)

    class Meta:
        abstract = True
        managed = False


class Privilege(OfApplication):
    kind = models.CharField(max_length=24)
    status = models.CharField(max_length=24)
    claimed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    valid_until = models.DateField(null=True)

    class Meta(OfApplication.Meta):
        db_table = "privilege"


class Voucher(OfApplication):
    kind = models.CharField(max_length=24)
    status = models.CharField(max_length=24)
    issued_on = models.DateField()
    confirm_by = models.DateField()
    choose_by = models.DateField(null=True)

    class Meta(OfApplication.Meta):
        db_table = "voucher"


class Referral(OfApplication):
    kind = models.CharField(max_length=24)
    status = models.CharField(max_length=24)
    issued_on = models.DateField()
    attend_by = models.DateField(null=True)

    class Meta(OfApplication.Meta):
        db_table = "referral"


class StopListing(OfApplication):
    from_on = models.DateField()
    until = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(OfApplication.Meta):
        db_table = "stop_listing"


class Document(OfApplication):
    kind = models.CharField(max_length=24)
    code = models.CharField(max_length=40)
    asked_at = models.DateTimeField()

    class Meta(OfApplication.Meta):
        db_table = "document"


class Notice(OfApplication):
    audience = models.CharField(max_length=24)
    template = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta(OfApplication.Meta):
        db_table = "notice"


class Change(OfApplication):
    at = models.DateTimeField()
    verb = models.CharField(max_length=24)
    subject = models.CharField(max_length=24)
    role = models.CharField(max_length=24)
    status_from = models.CharField(max_length=24, null=True)
    status_to = models.CharField(max_length=24, null=True)
    reason = models.CharField(max_length=500, null=True)

    class Meta(OfApplication.Meta):
        db_table = "change"
