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
