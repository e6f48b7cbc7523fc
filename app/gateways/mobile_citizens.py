"""S1 (52): is a mobile phone registered for an IIN? Asked of a service in settings (docs/operations.md).

It is posted {"iin": ..., "phone": ...} as JSON and answers {"registered": true} or false. What it does not answer in
time, or otherwise, is no.
"""

import json
from http.client import HTTPException
from urllib.error import URLError
from urllib.request import Request, urlopen

from config import Service

ANSWER = 3  # seconds
MOST = 4_096  # bytes of an answer that are read


def registered(service: Service, iin: str, phone: str) -> bool:
    """Is it, as far as the service says?"""
    asked = json.dumps({"iin": iin, "phone": phone}).encode()
    headers = {"Content-Type": "application/json"} | (
        {"Authorization": f"Bearer {service.token}"} if service.token else {}
    )
    try:
        with urlopen(Request(service.url, asked, headers), timeout=ANSWER) as answer:
            return json.loads(answer.read(MOST)).get("registered") is True
    except (URLError, HTTPException, OSError, ValueError, AttributeError):
        return False
