"""The documents tab: which version of a paper holds, what replaced the others, and one made anew by an official."""

import pytest

from app.db.extensions import db
from app.models import Document, Outbox
from tests.factories import at
from tests.views.forms import Fields

LATER = at("2026-04-13T09:00")


def test_a_paper_made_anew_stands_beside_the_one_that_it_replaced(city):
    operator, own = city.sign_in("operator"), city.own
    show, anew = f"/applications/show/{own.application}", f"/applications/make-anew/{own.document}"
    page = operator.get(show).text
    assert anew in page and "2-нұсқамен ауыстырылды" not in page
    assert operator.post(anew, Fields(page).values).status_code in (302, 303)
    page = operator.get(show).text
    assert "13.04.2026 күні 2-нұсқамен ауыстырылды" in page
    assert f'action="{anew}"' not in page and "Құжат қайта жасалды" in page
    assert operator.post(anew, Fields(page).values).status_code in (302, 303)
    assert page.count("нұсқамен ауыстырылды") == operator.get(show).text.count("нұсқамен ауыстырылды")


def test_whoever_reads_alone_has_no_paper_made_anew(city):
    anew = f"/applications/make-anew/{city.own.document}"
    for role in ("head", "auditor"):
        reader = city.sign_in(role)
        page = reader.get(f"/applications/show/{city.own.application}").text
        assert anew not in page
        assert reader.post(anew, Fields(page).values).status_code in (302, 303, 403)
    assert "2-нұсқамен" not in city.sign_in("operator").get(f"/applications/show/{city.own.application}").text


@pytest.mark.parametrize("error", ["cancelled", "DoesNotFit at x.py:1"])
def test_a_paper_that_is_not_there_is_called_neither_valid_nor_a_message(city, error):
    """Somebody cancelled its making, or it could not be made: nobody can hand it to anybody."""
    own = f"/applications/show/{city.own.application}"
    with city.web.app_context():
        paper = db.session.get_one(Document, city.own.document)
        paper.file_key = paper.sha256 = paper.replaced_at = None
        db.session.execute(db.delete(Outbox).where(Outbox.document_id == paper.id))
        db.session.add(Outbox(job="render", document=paper, asked_at=LATER, given_up_at=LATER, error=error))
        db.session.commit()
    page = city.sign_in("operator").get(own).text
    row = next(row for row in page.split("<tr>") if "жасалмады" in row)
    assert "құжат жоқ" in row and "жарамды" not in row
    assert ("жұмыстан бас тартылды" in row) == (error == "cancelled") and "жіберу" not in row
