"""OWASP ASVS 5.0, level 2: each requirement is answered in docs/asvs.md, by tests that are there; some of them."""

import ast
import re
import sys
from functools import cache
from pathlib import Path

from tests.test_house import APP, FILES, imported
from tools import audit

TESTS, ROOT = APP.parent / "tests", APP.parent
ROW = re.compile(r"^\| (V\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs" / "asvs.md").read_text("utf-8"))
TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
OF_LEVELS_1_AND_2 = {  # how many requirements each chapter of ASVS 5.0.0 has of these levels
    **{1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13, 14: 9, 15: 13},
    **{16: 16, 17: 7},
}
ABSENT = {  # what "Not here" says, and the packages by which it would be here
    "OAuth": {"authlib", "oauthlib", "requests_oauthlib", "flask_dance"},
    "OpenID": {"flask_openid", "openid", "oic", "authlib"},
    "SAML": {"onelogin", "saml2"},
    "LDAP": {"ldap", "ldap3"},
    "XPath": {"lxml", "elementpath"},
    "LaTeX": {"pylatex", "pylatexenc"},
    "JNDI": {"jpype", "jnius"},
    "memcache": {"memcache", "pymemcache", "pylibmc"},
    "GraphQL": {"graphene", "strawberry", "ariadne", "graphql"},
    "WebSocket": {"flask_sock", "flask_socketio", "socketio", "simple_websocket"},
    "WebRTC": {"aiortc", "aioice"},
    "postMessage": set(),
    "HTML editors": {"bleach", "nh3", "flask_ckeditor"},
    "no field is markup": {"markdown", "mistune", "docutils"},
    "client certificates": set(),
}
OUR_SCRIPTS = sorted((APP / "static").glob("*.js"))
DEMO_AND_WAITS = {"app/demo/people.py", "app/db/database.py"}  # invented people; how long is waited after a clash


def test_each_requirement_is_answered_by_tests_that_are_there_or_where_it_is_written():
    for number, _level, what, answer, proof in ROWS:
        assert what and answer, number
        for file, name in TEST.findall(proof):
            assert f"def {name}(" in source(file), f"{number}: {file}::{name}"
        for file in re.findall(r"`([\w./-]+)`", TEST.sub("", proof)):
            assert (ROOT / file).is_file(), f"{number}: {file}"
        if answer.startswith("Not here: "):
            assert any(word in answer for word in ABSENT), number


@cache
def source(file: str) -> str:
    return (TESTS / file).read_text("utf-8")


def test_every_requirement_is_there_once_and_four_in_five_are_proven_by_tests():
    found = [row[0] for row in ROWS]
    assert len(set(found)) == len(found)
    chapters = [int(one[1:].split(".")[0]) for one in found]
    assert {n: chapters.count(n) for n in sorted(set(chapters))} == OF_LEVELS_1_AND_2
    tested = [row for row in ROWS if TEST.search(row[4])]
    here = [row for row in ROWS if not row[3].startswith("Not here")]
    tested_here = [row for row in here if TEST.search(row[4]) and not row[3].startswith(("No:", "In part"))]
    assert len(tested) / len(ROWS) >= 0.8
    assert len(tested_here) / len(here) >= 0.8, "of what is not there nothing has to be proven"


def packages(file: Path) -> set[str]:
    return {module.split(".")[0] for module in imported(file)}


def test_what_is_said_not_to_be_here_is_not():
    used = set().union(*(packages(file) for file in FILES))
    pinned = set(re.findall(r"^([\w-]+)==", (ROOT / "requirements" / "run.txt").read_text("utf-8"), re.MULTILINE))
    assert used > {"flask", "sqlalchemy"} and "flask" in pinned
    for word, names in ABSENT.items():
        assert not names & (used | pinned), word
    said = "\n".join(file.read_text("utf-8") for file in APP.rglob("templates/**/*.html"))
    assert not re.search(r"secret question|password hint", said, re.IGNORECASE)


def calls(file: Path) -> set[str]:
    """What a file calls, as it names it."""
    return {
        ast.unparse(node.func) for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)
    }


def test_our_code_runs_no_text_as_a_program():
    for file in FILES:
        source = file.read_text("utf-8")
        assert not calls(file) & {"eval", "exec", "os.system", "os.popen", "yaml.load", "__import__"}, file
        assert not packages(file) & {"pickle", "marshal", "shelve", "dill"}, file
        assert "shell=True" not in source and "render_template_string" not in source, file


def test_our_scripts_set_text_as_text():
    risky = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|postMessage|\beval\(|new Function|__proto__"
    )
    assert OUR_SCRIPTS
    assert [file.name for file in OUR_SCRIPTS if risky.search(file.read_text("utf-8"))] == []


def test_what_nobody_may_guess_comes_from_the_secure_generator():
    """Random numbers of the other kind are drawn where nothing is kept from anybody."""
    drawn = {str(file.relative_to(ROOT)) for file in FILES if "random" in packages(file)}
    assert drawn == DEMO_AND_WAITS


def test_no_broken_hash_is_used():
    weak = {"md5", "sha1", "MD5", "SHA1", "hashlib.md5", "hashlib.sha1", "hashes.MD5", "hashes.SHA1"}
    assert [str(file) for file in FILES if calls(file) & weak] == []


def test_the_inventory_of_cryptography_names_what_is_there():
    said = (ROOT / "docs" / "threat-model.md").read_text("utf-8").partition("## Cryptography")[2]
    with_keys = {"argon2", "cryptography", "hmac", "asn1crypto", "itsdangerous"}
    there = {str(file.relative_to(ROOT)) for file in FILES if packages(file) & with_keys}
    assert {name for name in there if f"`{name}`" not in said and not name.startswith("app/demo/")} == set()


def test_the_threat_model_names_each_way_out():
    said = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
    asks = {"http.client", "urllib.request", "smtplib", "socket", "requests", "httpx"}
    out = {str(file.relative_to(ROOT)) for file in FILES if imported(file) & asks and "/demo/" not in str(file)}
    assert out and {name for name in out if f"`{name}`" not in said} == set()


def test_headers_that_browsers_heed_stand_on_every_page(web):
    pages = web.test_client()
    for address in (
        "/",
        "/login/",
        "/my/enter",
        "/statistics",
        "/verify/none",
        "/nowhere",
        "/static/kezek.css",
        "/api/v1/places",
    ):
        with pages.get(address, headers={"Origin": "https://elsewhere.example"}) as answer:
            said = answer.headers
        assert said["X-Content-Type-Options"] == "nosniff", address
        assert said["Referrer-Policy"] in ("same-origin", "no-referrer"), address
        if answer.mimetype == "text/html":
            assert "frame-ancestors 'none'" in said["Content-Security-Policy"], address
        assert not [name for name, _ in said if name.startswith("Access-Control-")], address


def test_a_password_is_masked_pasted_and_filled_in_by_managers(web):
    page = web.test_client().get("/login/").text
    (field,) = re.findall(r"<input[^>]*name=\"password\"[^>]*>", page)
    assert 'type="password"' in field and 'autocomplete="current-password"' in field
    assert all("paste" not in file.read_text("utf-8") for file in OUR_SCRIPTS)


def test_the_audit_reads_what_is_pinned():
    """It asks the network, so it is not run here: whatever is pinned is asked about, strictly."""
    asked = audit.audits()
    assert {f"requirements/{file.name}" for file in (ROOT / "requirements").glob("*.txt")} | {
        "package-lock.json"
    } == set(asked)
    for of, command in asked.items():
        assert ("--strict" in command and str(command[-1]).endswith(of)) or "audit" in command, of
    assert audit.run([sys.executable, "-c", "print('away'); raise SystemExit(1)"]) == (False, "    away")
