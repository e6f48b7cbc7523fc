"""The peer of lists and pages: Django's admin on the same tables, tuned as its manual and its users advise."""

from typing import Any

import django
import sqlalchemy as sa
from django.conf import settings
from django.core.management import call_command


def signed_in(database_url: str):
    """Set Django up on a database, add its own tables, and return a superuser's test client."""
    url = sa.make_url(database_url)
    place = {"NAME": url.database, "USER": url.username, "HOST": url.query["host"]}
    if settings.configured:  # one process measures several rows, each in a copy of the town
        from django.db import connection

        connection.settings_dict |= place
    else:
        _set_up(place)
    call_command("migrate", verbosity=0)

    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    return client


def _set_up(place: dict[str, Any]) -> None:
    settings.configure(
        SECRET_KEY="for measuring only, long enough to be one",
        ALLOWED_HOSTS=["testserver"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "CONN_MAX_AGE": None,
                **place,
            }
        },
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "bench.django_desk",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        ROOT_URLCONF="bench.django_desk.admin",
        STATIC_URL="/static/",
        LANGUAGE_CODE="kk",
        TIME_ZONE="Asia/Almaty",
        USE_TZ=True,
    )
    django.setup()


def leave() -> None:
    """Close the connections, so that the database can go."""
    from django.db import connections

    connections.close_all()
