"""The entrance for officials: base.py holds what every screen obeys, then one file per noun."""

from flask import Flask
from flask_wtf.csrf import CSRFProtect


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Put the screens on."""
