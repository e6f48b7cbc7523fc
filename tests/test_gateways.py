"""The ways out: what is handed over, in which form, and to none but the server that is meant; wrong settings."""

import ssl
from dataclasses import replace

import pytest

import config
from app.gateways import Message, NotSent, mail, sms
from app.papers.typesetting import qr
from tests import gateways
from tests.gateways import mail_server, sms_gateway

MESSAGE = Message("a1b2", "+77011112233", "Тақырып", 'Өтініш: "№ 1"\n&phone=8{key}')
LETTER = MESSAGE._replace(address="ana@example.org")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Of a server at localhost that nobody knows yet; where its key and itself lie."""
    return gateways.certificate(tmp_path_factory.mktemp("tls") / "localhost.pem")


@pytest.fixture
def tls(certificate):
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate)
    return server


def test_a_message_cannot_change_the_form_that_it_is_put_into():
    json = config.Sms("https://x", '{"to": "{phone}", "text": ["{text}"], "n": 1}', {"X-Key": "{key}"})
    assert sms.request(json, MESSAGE) == (
        {"Content-Type": "application/json", "X-Key": "a1b2"},
        b'{"to": "77011112233", "text": '
        b'["\\u04e8\\u0442\\u0456\\u043d\\u0456\\u0448: \\"\\u2116 1\\"\\n&phone=8{key}"], "n": 1}',
    )
    form = config.Sms("https://x", "to=%2B{phone}&text={text}&from=")
    headers, body = sms.request(form, MESSAGE)
    assert headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert body.startswith(b"to=%2B77011112233&text=%D3%A8") and body.endswith(b"%0A%26phone%3D8%7Bkey%7D&from=")


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_a_letter_goes_to_no_server_whose_certificate_nobody_knows(tls, certificate, monkeypatch, scheme):
    how = {"ssl_context": tls} if scheme == "smtps" else {"tls_context": tls, "require_starttls": True}
    with mail_server(**how) as server:
        there = server.smtp(scheme=scheme, host="localhost")
        with pytest.raises(NotSent, match="unreachable"):
            mail.send(there, LETTER)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        mail.send(there, LETTER)
        with pytest.raises(NotSent, match="unreachable"):
            mail.send(replace(there, host="127.0.0.1"), LETTER)  # known, but by another name
        ((_to, letter),) = server.letters
    assert (letter["Message-ID"], letter["Subject"]) == ("<a1b2@kezek.example.org>", "Тақырып")


def test_a_letter_goes_to_no_server_that_speaks_no_tls():
    with mail_server() as server, pytest.raises(NotSent, match="unreachable"):
        mail.send(server.smtp(scheme="smtp"), LETTER)
    assert server.letters == []


@pytest.mark.parametrize(
    ("first", "second", "taken_by"),
    [
        ("250 OK", "250 OK", ["ana@example.org", "ata@example.org"]),
        ("250 OK", "451 later", ["ana@example.org"]),
        ("250 OK", "550 nobody", ["ana@example.org"]),
        ("550 nobody", "250 OK", ["ata@example.org"]),
        ("550 nobody", "550 nobody", "refused"),
        ("451 later", "250 OK", "refused_now"),
    ],
)
def test_a_letter_to_two_is_tried_again_for_the_first_alone_and_comes_to_nobody_twice(first, second, taken_by):
    with mail_server() as server:
        server.ways[:] = [f"rcpt {first}", f"rcpt {second}"]
        letter = LETTER._replace(address="ana@example.org, ata@example.org")
        if isinstance(taken_by, str):
            with pytest.raises(NotSent, match=taken_by):
                mail.send(server.smtp(), letter)
            assert server.letters == []
        else:
            mail.send(server.smtp(), letter)
            assert [to for to, _letter in server.letters] == [taken_by]


def test_an_sms_goes_to_no_gateway_whose_certificate_nobody_knows(tls, certificate, monkeypatch):
    with sms_gateway(tls) as gateway:
        there = gateway.sms(url=f"https://localhost:{gateway.port}/send?from=kezek")
        with pytest.raises(NotSent, match="unreachable"):
            sms.send(there, MESSAGE)
        assert gateway.calls == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        sms.send(there, MESSAGE)
    assert gateway.texts("+77011112233") == [MESSAGE.text]


# ---------------------------------------------------------------- settings

SMTP = {"KEZEK_SMTP_URL": "smtp://mail.example.org", "KEZEK_SMTP_FROM": "kezek@example.org"}
GATEWAY = {"KEZEK_SMS_URL": "https://sms.example.org/send", "KEZEK_SMS_BODY": "to={phone}&text={text}"}

KEYS = {"KEZEK_KEY_ANCHORS": __file__, "KEZEK_KEY_CRLS": "http://crl.example.org/a.crl http://crl.example.org/b.crl"}


def test_whose_keys_are_believed_is_read():
    found = config.load(KEYS).keys
    assert found is not None and len(found.crls) == 2 and found.agent == "wss://127.0.0.1:13579"
    assert (found.service, found.longest.days) == ("", 1) and config.load({}).keys is None


def test_what_is_set_is_read_and_no_secret_is_shown():
    login = {"KEZEK_SMTP_USER": "kezek", "KEZEK_SMTP_PASSWORD": "құпия-1"}
    found = config.load(
        SMTP | login | GATEWAY | {"KEZEK_SMS_HEADERS": '{"Authorization": "Bearer 2", "X-Key": "{key}"}'}
    )
    assert found.smtp is not None and found.sms is not None and found.sms.repeats
    assert (found.smtp.scheme, found.smtp.host, found.smtp.port) == ("smtp", "mail.example.org", 587)
    assert "құпия-1" not in repr(found) and "Bearer" not in repr(found)
    assert config.load({}).smtp is config.load({}).sms is None


WRONG = [
    (SMTP | {"KEZEK_SMTP_URL": "mail.example.org"}, "KEZEK_SMTP_URL: not an address like smtp://mail.example.org:587."),
    (SMTP | {"KEZEK_SMTP_URL": "smtp://mail.example.org:x"}, "KEZEK_SMTP_URL: not an address"),
    (SMTP | {"KEZEK_SMTP_URL": "smtp://a:b@mail.example.org"}, "KEZEK_SMTP_URL: the user and the password"),
    (SMTP | {"KEZEK_SMTP_URL": "plain://mail.example.org"}, "KEZEK_SMTP_URL: without TLS"),
    (SMTP | {"KEZEK_SMTP_FROM": "kezek"}, "KEZEK_SMTP_FROM: the e-mail address"),
    (SMTP | {"KEZEK_SMTP_USER": "kezek"}, "KEZEK_SMTP_USER and KEZEK_SMTP_PASSWORD: set both"),
    (GATEWAY | {"KEZEK_SMS_URL": "http://sms.example.org/send"}, "KEZEK_SMS_URL: without TLS"),
    (GATEWAY | {"KEZEK_SMS_URL": "ftp://sms.example.org"}, "KEZEK_SMS_URL: not an address"),
    (GATEWAY | {"KEZEK_SMS_BODY": "to={phone}"}, "KEZEK_SMS_BODY: what is posted"),
    (GATEWAY | {"KEZEK_SMS_BODY": '{"to": "{phone}", "text": "{text}"'}, "KEZEK_SMS_BODY: not JSON"),
    (GATEWAY | {"KEZEK_SMS_HEADERS": "Authorization: x"}, "KEZEK_SMS_HEADERS: not JSON"),
    (GATEWAY | {"KEZEK_SMS_HEADERS": '["x"]'}, "KEZEK_SMS_HEADERS: names and values"),
    (GATEWAY | {"KEZEK_SMS_HEADERS": '{"X": "a\\nb"}'}, "KEZEK_SMS_HEADERS: a header"),
    (GATEWAY | {"KEZEK_SMS_HEADERS": '{"X": "{text}"}'}, "KEZEK_SMS_HEADERS: a message is no header"),
    (GATEWAY | {"KEZEK_SMS_URL": "https://sms.example.org/жіберу"}, "KEZEK_SMS_URL: not an address"),
    ({"KEZEK_URL": "ftp://kezek.example.org"}, "KEZEK_URL: not an address"),
    ({"KEZEK_URL": f"https://{'k' * 64}.org"}, "KEZEK_URL: an address of at most 75 characters"),
    ({"KEZEK_URL": "https://kezek.example.org/?a=b"}, "KEZEK_URL: an address of at most 75 characters"),
    (KEYS | {"KEZEK_KEY_ANCHORS": "/nowhere.pem"}, "KEZEK_KEY_ANCHORS: there is no such file"),
    (KEYS | {"KEZEK_KEY_CRLS": ""}, "KEZEK_KEY_CRLS: the addresses"),
    (KEYS | {"KEZEK_KEY_CRLS": "file:///etc/passwd"}, "KEZEK_KEY_CRLS: not an address"),
    (KEYS | {"KEZEK_KEY_CRL_HOURS": "0"}, "KEZEK_KEY_CRL_HOURS: not a number"),
    (KEYS | {"KEZEK_KEY_SERVICE": "http://ncanode.example.org"}, "KEZEK_KEY_SERVICE: without TLS"),
    (KEYS | {"KEZEK_KEY_AGENT": "wss://agent.example.org:13579"}, "KEZEK_KEY_AGENT: it listens"),
    (KEYS | {"KEZEK_KEY_AGENT": "wss://127.0.0.1:1; script-src *"}, "KEZEK_KEY_AGENT: not an address"),
]


@pytest.mark.parametrize(("env", "said"), WRONG)
def test_a_setting_that_cannot_be_is_named_in_a_sentence(env, said):
    with pytest.raises(config.Wrong) as wrong:
        config.load(env)
    assert str(wrong.value).startswith(said) and str(wrong.value).endswith(".")


def test_the_longest_address_of_kezek_fits_the_code_of_a_paper():
    url = f"https://{'k' * 63}.org"
    assert len(config.load({"KEZEK_URL": url}).url) == config.LONGEST_URL
    assert qr(f"{url}/verify/{'0' * 22}").designator == "6-M"
