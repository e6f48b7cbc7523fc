"""Notices leave: each once by each way, whatever its gateway does and whatever dies (spec 7; ADR 23)."""

import os
import signal
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from app import gateways
from app.access.actors import Actor
from app.actions import applications, deliveries, moving
from app.actions import work as actions
from app.db.database import transaction
from app.db.extensions import db
from app.jobs import deliveries as jobs
from app.jobs import outbox, queues
from app.models import Application, Audience, Channel, Delivery, DeliveryStage, Notice, Outbox, Unit
from app.now import move_demo
from app.rules import notices as rules
from app.rules import texts
from app.rules.calendar import local_day
from app.rules.roles import Role
from tests import factories
from tests.factories import DEPARTMENT, START
from tests.gateways import HANG, mail_server, set_up, sms_gateway
from tests.running import soon

PHONE, EMAIL = "+77011112233", "ana@example.org"
S, SMS, MAIL = DeliveryStage, Channel.sms, Channel.email
OPERATOR = Actor(Role.operator)
MESSAGES = db.select(Outbox.id).where(Outbox.delivery_id.is_not(None))  # papers of the same families wait for others


@pytest.fixture(scope="module")
def sms():
    with sms_gateway() as gateway:
        yield gateway


@pytest.fixture(scope="module")
def mail():
    with mail_server() as server:
        yield server


@pytest.fixture
def out(app, redis, sms, mail, monkeypatch):
    """Both ways are open, and nobody waits long for an answer."""
    sms.forget()
    mail.forget()
    monkeypatch.setattr(gateways.sms, "ANSWER", 0.4)
    monkeypatch.setattr(gateways.mail, "ANSWER", 0.4)
    with set_up(app, sms=sms.sms(), smtp=mail.smtp()):
        yield app


def told(phone: str | None = PHONE, email: str | None = EMAIL, place=None, **contacts: object) -> Notice:
    """A family that came into the queue, and so is told one thing."""
    with transaction():
        if place is None:
            place = factories.district()
            factories.norm("notice.quiet", "0-0", Unit.HOURS, place)
        row = factories.application(place)
        applications.change(row, by=DEPARTMENT, at=START, phone=phone, email=email, **contacts)
        return row.notices[0]


def go_on(times: int = 1) -> None:
    """The relay plans, and what is to be done is done, as often; each time the time of what waits has come."""
    jobs.plan()
    for _ in range(times):
        with transaction():
            db.session.execute(db.update(Outbox).values(not_before=None))
        waits = MESSAGES.where(Outbox.done_at.is_(None), Outbox.given_up_at.is_(None)).order_by(Outbox.id)
        outbox.handle(list(db.session.scalars(waits)))
        db.session.rollback()


def of(notice: Notice, channel: Channel) -> Delivery:
    db.session.rollback()
    return db.session.scalars(db.select(Delivery).filter_by(notice_id=notice.id, channel=channel)).one()


def stages(notice: Notice) -> dict[Channel, DeliveryStage]:
    db.session.rollback()
    return {one.channel: one.stage for one in db.session.get_one(Notice, notice.id).deliveries}


# ---------------------------------------------------------------- once by each way


def test_a_family_is_told_once_by_each_way_however_often_it_is_asked(out, sms, mail):
    notice = told()
    outbox.relay()
    assert len(db.session.scalars(MESSAGES.where(Outbox.sent_at.is_not(None))).all()) == 2
    for _ in range(3):
        go_on()
    assert stages(notice) == {SMS: S.sent, MAIL: S.sent}
    (text,) = sms.texts(PHONE)
    number = notice.application.number
    assert text == f"Өтініш {number}: Балаңыз кезекке қойылды. Өтініштің тіркеу нөмірі: {number}."
    (letter,) = mail.to(EMAIL)
    assert letter["From"] == "kezek@kezek.example.org" and number in letter["Subject"] and text[10:20] not in letter
    assert "Балаңыз кезекке қойылды" in letter.get_content() and "Көкшетау қаласы" in letter.get_content()
    assert len(sms.calls) == len(mail.letters) == 1


def test_two_relays_plan_a_notice_once(out):
    notice, done = told(), []

    def plan():
        with out.app_context():
            done.append(jobs.plan())

    other = threading.Thread(target=plan)
    with transaction():
        assert deliveries.plan(set(Channel), at=START) == 1
        other.start()
        other.join(0.5)  # on SQLite it waits for the file
    other.join()
    assert done == [0] and len(stages(notice)) == 2


def test_a_family_is_written_to_in_its_language(out, sms, mail):
    told(notice_language="ru")
    go_on()
    assert sms.texts(PHONE)[0].startswith("Заявление ") and "поставлен в очередь" in mail.to(EMAIL)[0].get_content()


def test_what_is_tried_again_says_the_same_and_stays_on_record_as_it_was_sent(out, sms):
    """A gateway knows a message by its key: another text under it would be lost, or on record and never sent."""
    sms.ways[:] = ["hangs"]
    notice = told(email=None)
    go_on()
    with transaction():
        applications.change(notice.application, by=DEPARTMENT, at=START, notice_language="ru")
    go_on()
    assert len({one["text"] for one in sms.calls}) == 1 and len(sms.calls) == 2
    assert of(notice, SMS).text == sms.texts(PHONE)[0] and sms.texts(PHONE)[0].startswith("Өтініш ")


def test_a_letter_waits_for_no_sms_gateway(out):
    told()
    jobs.plan()
    ways = {
        row.delivery.channel: outbox.JOBS[row.job].queue
        for row in db.session.scalars(db.select(Outbox))
        if row.delivery
    }
    assert ways == {SMS: queues.SMS, MAIL: queues.LETTERS}


def test_without_a_mobile_phone_and_without_an_email_nobody_is_reached_and_the_notice_says_so(out, sms, mail):
    notice = told(phone="+77162251234", email=None)
    go_on()
    assert stages(notice) == {SMS: S.failed, MAIL: S.failed}
    assert of(notice, SMS).error == of(notice, MAIL).error == "no_address"
    assert sms.calls == mail.letters == []


def test_a_kindergarten_without_an_address_reads_in_its_inbox_and_is_no_failure(out):
    notice = told()
    with transaction():
        own = factories.kindergarten(notice.application.place)
        facts = {"audience": Audience.kindergarten, "kindergarten_id": own.id}
        moving.notify(notice.application, "choose", at=START, **facts)
        own.email = "arman@example.org"
        moving.notify(notice.application, "sign", at=START, **facts)
        deliveries.plan(set(Channel), at=START)
        own.email = None
        moving.notify(notice.application, "revoke", at=START, **facts)
        deliveries.plan(set(Channel), at=START)
        ways = {one.template: [way.stage for way in one.deliveries] for one in notice.application.notices}
    assert (ways["sign"], ways["revoke"]) == ([S.waiting], [])


def test_where_no_gateway_is_set_up_a_notice_waits_for_none(app, redis):
    notice = told()
    go_on()
    assert stages(notice) == {}
    with set_up(app, sms=None), sms_gateway() as later, set_up(app, sms=later.sms()):
        go_on()
        assert later.calls == []  # what was told before there was a gateway is not sent years later


# ---------------------------------------------------------------- gateways that misbehave


UNSURE = ("500 and takes", "302 and takes", "303 and takes", "408 and takes", "nonsense", "drops", "drips", "hangs")


@pytest.mark.parametrize("way", ["500", "429", "401", "302", "no HTTP", *UNSURE])
def test_an_sms_gateway_that_misbehaves_sends_nobody_two_messages(out, sms, way):
    sms.ways[:] = [way, way]
    notice = told(email=None)
    go_on(times=2)
    assert of(notice, SMS).stage is S.waiting and of(notice, SMS).error
    go_on()
    assert of(notice, SMS).stage is S.sent and of(notice, SMS).error is None
    assert len(sms.texts(PHONE)) == 1 and len(sms.calls) == 3


def test_a_gateway_that_refuses_a_message_for_good_is_not_asked_again(out, sms):
    sms.ways[:] = ["400"]
    notice = told(email=None)
    go_on(times=3)
    assert (of(notice, SMS).stage, of(notice, SMS).error, len(sms.calls)) == (S.failed, "refused", 1)


def test_a_gateway_that_is_not_there_is_tried_for_a_day_and_then_a_person_reads_why(out):
    with set_up(out, sms=None), sms_gateway() as gone:
        there = gone.sms()
    with set_up(out, sms=there):
        notice = told(email=None)
        go_on(times=len(outbox.WAITS))
        assert of(notice, SMS).stage is S.waiting
        go_on()
    assert (of(notice, SMS).stage, of(notice, SMS).error) == (S.failed, "unreachable")


def test_what_may_have_arrived_and_failed_since_is_perhaps_sent(out, sms):
    sms.ways[:] = ["hangs", *["429"] * len(outbox.WAITS)]
    notice = told(email=None)
    go_on(times=len(outbox.WAITS) + 1)
    assert (of(notice, SMS).stage, of(notice, SMS).error) == (S.perhaps, "refused_now")


@pytest.mark.parametrize("way", UNSURE)
def test_without_a_key_what_a_gateway_may_have_taken_is_perhaps_sent_and_never_sent_again(out, sms, way):
    keyless = sms.sms(body='{"to": "+{phone}", "text": "{text}", "id": "same"}')
    assert not keyless.repeats
    with set_up(out, sms=keyless):
        sms.ways[:] = [way]
        notice = told(email=None)
        began = monotonic()
        go_on(times=3)
    assert monotonic() - began < HANG  # a byte now and then keeps nobody waiting
    assert (of(notice, SMS).stage, len(sms.calls)) == (S.perhaps, 1)
    assert of(notice, SMS).error in ("no_answer", "strange_answer")


def test_where_a_gateway_was_taken_out_of_the_settings_what_waits_for_it_waits_on(out, sms, mail):
    notice = told()
    jobs.plan()
    with set_up(out, sms=None, smtp=None):
        go_on(times=len(outbox.WAITS) + 1)
        assert stages(notice) == {SMS: S.waiting, MAIL: S.waiting}
        assert (of(notice, SMS).began_at, of(notice, MAIL).began_at) == (None, None)
    go_on()
    assert stages(notice) == {SMS: S.sent, MAIL: S.sent}
    assert len(sms.calls) == len(mail.letters) == 1


@pytest.mark.parametrize("way", ["451 later", "rcpt 450 later"])
def test_a_mail_server_that_takes_nothing_for_now_is_asked_again(out, mail, way):
    mail.ways[:] = [way]
    notice = told(phone=None)
    go_on()
    assert (of(notice, MAIL).stage, of(notice, MAIL).error) == (S.waiting, "refused_now")
    go_on()
    assert of(notice, MAIL).stage is S.sent and len(mail.to(EMAIL)) == 1


@pytest.mark.parametrize("way", ["554 no", "rcpt 550 nobody here"])
def test_a_letter_that_is_refused_for_good_has_failed(out, mail, way):
    mail.ways[:] = [way]
    notice = told(phone=None)
    go_on(times=2)
    assert (of(notice, MAIL).stage, of(notice, MAIL).error, mail.letters) == (S.failed, "refused", [])


@pytest.mark.parametrize("way", ["hangs", "drops"])
def test_a_letter_that_was_handed_over_without_an_answer_is_perhaps_sent_and_never_sent_again(out, mail, way):
    mail.ways[:] = [way]
    notice = told(phone=None)
    go_on(times=3)
    assert (of(notice, MAIL).stage, of(notice, MAIL).error) == (S.perhaps, "no_answer")
    assert len(mail.letters) == 1


def test_no_phone_and_no_email_stands_in_a_log(out, sms, mail, caplog):
    sms.ways[:], mail.ways[:] = ["500", "400"], ["451 later", "554 no"]
    told()
    with caplog.at_level("DEBUG"):
        go_on(times=2)
    ours = "".join(one.getMessage() for one in caplog.records if one.name != "mail.log")  # that is the server's own
    assert "outbox" in ours and PHONE[1:] not in ours and EMAIL not in ours


# ---------------------------------------------------------------- what dies


def killed(gateway_has, ids) -> None:
    """A process of its own begins to send, and is killed when the gateway has it."""
    if not (pid := os.fork()):
        db.session.registry.clear()
        db.engine.dispose(close=False)  # its connections are its parent's
        try:
            outbox.handle(ids)
        finally:
            os._exit(0)
    assert soon(gateway_has, every=0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def work() -> list[int]:
    jobs.plan()
    db.session.rollback()
    return list(db.session.scalars(MESSAGES.where(Outbox.done_at.is_(None))))


def aged(notice: Notice, channel: Channel) -> None:
    """So long ago that whoever began it is dead."""
    with transaction():
        of(notice, channel).began_at = datetime.now(UTC) - deliveries.LONGEST


def test_an_sms_whose_process_was_killed_is_sent_again_under_its_key_and_arrives_once(out, sms, monkeypatch):
    monkeypatch.setattr(gateways.sms, "ANSWER", 60)
    sms.ways[:] = ["hangs"]
    notice = told(email=None)
    killed(lambda: sms.calls, work())
    assert of(notice, SMS).stage is S.sending
    go_on()
    assert len(sms.calls) == 1, "whoever began it may still be at it"
    with transaction():
        of(notice, SMS).began_at = datetime.now(UTC) + timedelta(hours=1)
    go_on()
    assert of(notice, SMS).began_at < datetime.now(UTC), "the clock was put back: it waits from now on"
    aged(notice, SMS)
    go_on()
    assert of(notice, SMS).stage is S.sent
    assert len(sms.calls) == 2 and len(sms.texts(PHONE)) == 1 and len({call["id"] for call in sms.calls}) == 1


def test_a_letter_whose_process_was_killed_is_perhaps_sent_until_a_person_says(out, mail, monkeypatch):
    monkeypatch.setattr(gateways.mail, "ANSWER", 60)
    mail.ways[:] = ["hangs"]
    notice = told(phone=None)
    killed(lambda: mail.letters, work())
    aged(notice, MAIL)
    go_on(times=2)
    assert (of(notice, MAIL).stage, of(notice, MAIL).error, len(mail.letters)) == (S.perhaps, "unknown", 1)
    with transaction():
        deliveries.send_again(of(notice, MAIL), by=OPERATOR, at=START)
    go_on()
    assert of(notice, MAIL).stage is S.sent and len(mail.ids()) == 2, "sent anew it is another letter"


def test_whoever_was_slow_and_succeeded_after_all_has_sent_it(out):
    notice = told(phone=None)
    (row_id,) = work()
    with transaction():
        key = deliveries.begin(of(notice, MAIL).id, at=datetime.now(UTC), repeats=False).key
    aged(notice, MAIL)
    outbox.handle([row_id])
    assert of(notice, MAIL).stage is S.perhaps
    with transaction():
        deliveries.end(of(notice, MAIL).id, key, at=datetime.now(UTC))
    assert of(notice, MAIL).stage is S.sent


def test_what_was_perhaps_sent_did_arrive_when_a_person_says_so(out, mail):
    mail.ways[:] = ["drops"]
    notice = told(phone=None)
    go_on()
    with transaction():
        deliveries.arrived(of(notice, MAIL), by=OPERATOR, at=START)
    go_on()
    assert of(notice, MAIL).stage is S.sent and len(mail.letters) == 1


def test_what_an_administrator_has_tried_again_keeps_its_key_while_it_may_have_arrived(out, sms):
    """The gateway took it and did not answer: under another key the family would have it twice."""
    sms.ways[:] = ["drops"]
    notice = told(email=None)
    go_on()
    assert of(notice, SMS).stage is S.waiting and of(notice, SMS).uncertain
    with transaction():
        (row_id,) = work()
        actions.try_again(db.session.get_one(Outbox, row_id), by=Actor(Role.administrator), at=START)
    go_on()
    assert of(notice, SMS).stage is S.sent
    assert len(sms.texts(PHONE)) == 1 and len({call["id"] for call in sms.calls}) == 1


def test_a_yes_that_comes_after_a_cancel_is_kept(out, sms):
    notice = told(email=None)
    (row_id,) = work()
    handed = jobs.make(of(notice, SMS).id)
    with transaction():
        actions.cancel(db.session.get_one(Outbox, row_id), by=Actor(Role.administrator), at=START)
    assert of(notice, SMS).stage is S.perhaps
    outbox.retried(lambda: outbox._end(row_id, outbox.JOBS["sms"], handed))
    assert of(notice, SMS).stage is S.sent


@pytest.mark.parametrize("typed", ("asem@пошта.қаз", "asem+1@mail.example.kz"))
def test_a_letter_goes_to_an_address_as_servers_know_it(out, mail, typed):
    notice = told(phone=None, email=texts.email(typed))
    go_on()
    assert of(notice, MAIL).stage is S.sent
    ((to, letter),) = mail.letters
    assert to[0].isascii() and letter["To"].isascii() and "@" in to[0]


def test_a_letter_to_an_address_that_no_server_knows_has_surely_failed(out, mail):
    notice = told(phone=None, email="әсем@example.org")  # from before such were refused
    go_on(times=2)
    assert (of(notice, MAIL).stage, of(notice, MAIL).error, mail.letters) == (S.failed, "no_address", [])


# ---------------------------------------------------------------- quiet hours and the daily limit


def test_in_the_quiet_hours_an_sms_waits_and_a_letter_does_not(out, sms, mail):
    with transaction():
        place, hour = factories.district(), datetime.now(factories.LOCAL).hour
        factories.norm("notice.quiet", f"{hour}-{(hour + 2) % 24}", Unit.HOURS, place)
    notice = told(place=place)
    go_on()
    assert stages(notice) == {SMS: S.waiting, MAIL: S.sent} and sms.calls == []
    (waits,) = db.session.scalars(db.select(Outbox).where(Outbox.delivery_id.is_not(None), Outbox.done_at.is_(None)))
    ends = waits.not_before.astimezone(factories.LOCAL)
    assert (ends.hour, ends.minute, waits.attempts, waits.error) == ((hour + 2) % 24, 0, 0, None)


def test_one_phone_gets_as_many_sms_in_a_day_as_the_norm_says(out, sms):
    with transaction():
        place = factories.district()
        factories.norm("notice.quiet", "0-0", Unit.HOURS, place)
        factories.norm("notice.daily", "2", Unit.COUNT, place)
    notices = [told(email=None, place=place) for _ in range(3)]
    other = told(email=None, place=place, phone="+77012223344")
    go_on()
    assert [of(one, SMS).stage for one in (*notices, other)] == [S.sent, S.sent, S.waiting, S.sent]
    (waits,) = db.session.scalars(db.select(Outbox).where(Outbox.delivery_id.is_not(None), Outbox.done_at.is_(None)))
    assert local_day(waits.not_before) == local_day(datetime.now(UTC)) + timedelta(1)
    with transaction():  # the next day
        db.session.execute(db.update(Delivery).values(began_at=datetime.now(UTC) - timedelta(1)))
    go_on()
    assert of(notices[2], SMS).stage is S.sent


def test_two_workers_at_once_send_one_phone_no_more_than_the_norm_says(out, sms, monkeypatch):
    with transaction():
        place = factories.district()
        factories.norm("notice.quiet", "0-0", Unit.HOURS, place)
        factories.norm("notice.daily", "1", Unit.COUNT, place)
    notices = [told(email=None, place=place) for _ in range(2)]
    jobs.plan()
    waiting, both, goes_at = list(db.session.scalars(MESSAGES)), threading.Barrier(2), rules.goes_at
    db.session.rollback()

    def when_both_have_counted(*args, **facts):
        with suppress(threading.BrokenBarrierError):
            both.wait(1)
        return goes_at(*args, **facts)

    def work(id_):
        with out.app_context():
            outbox.handle([id_])

    monkeypatch.setattr(rules, "goes_at", when_both_have_counted)
    workers = [threading.Thread(target=work, args=(id_,)) for id_ in waiting]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(of(one, SMS).stage for one in notices) == [S.sent, S.waiting]
    assert len(sms.texts(PHONE)) == 1


def test_an_application_that_is_there_knows_its_notices(out):
    notice = told()
    assert notice in db.session.get_one(Application, notice.application_id).notices


def test_what_the_demo_shows_stays_as_it_would_have_been_sent(app, redis):
    with transaction():
        move_demo(START)
    notice = told()
    jobs.plan()
    texts = {one.channel: one.text for one in (of(notice, SMS), of(notice, MAIL))}
    assert "Балаңыз кезекке қойылды" in texts[SMS]
    with transaction():
        row = db.session.get_one(Notice, notice.id).application
        applications.change(row, by=DEPARTMENT, at=START, notice_language="ru")
    jobs.plan()
    assert {one.channel: one.text for one in (of(notice, SMS), of(notice, MAIL))} == texts
