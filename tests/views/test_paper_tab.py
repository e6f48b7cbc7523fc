"""The documents tab: which version of a paper holds, what replaced the others, and one made anew by an official."""

from tests.views.forms import Fields


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
