"""The benchmark's own promises: both sides do the same, and the table says what was measured. Nothing is timed here."""

import json
from types import SimpleNamespace

import pytest

from bench import report, town
from bench.measure import Figure
from bench.rows import clock

ROW = SimpleNamespace(WORK="a page", PEER="another", TARGET=0.5)


@pytest.fixture(scope="module")
def small(databases):
    return town.build(databases.server, 4_000)


def test_the_clock_and_the_hand_written_transaction_leave_the_same_rows(small):
    with small.copy("clock") as url, town.application(url, web=False):
        clock.check_same_rows(small, url)
        assert clock.ours() == 0
        clock.start_again(small)
        assert clock.ours() == 200


def test_a_side_that_does_less_is_found_out(small, monkeypatch):
    monkeypatch.setattr(clock, "by_hand", lambda url: None)
    differ = pytest.raises(AssertionError, match="the two sides differ in voucher")
    with small.copy("clock") as url, town.application(url, web=False), differ:
        clock.check_same_rows(small, url)


def test_one_row_is_measured_anew_and_the_others_stay_in_the_document(tmp_path):
    files = {"document": tmp_path / "benchmarks.md", "data": tmp_path / "var" / "bench.json"}
    for ours in ([0.4, 0.6, 0.5], [0.3, 0.2, 0.1]):
        figure = Figure(ours, [1.0, 0.5, 0.5])
        for name in ("list", "show") if ours[0] == 0.4 else ("list",):
            found = report.result(name, ROW, figure)
            report.write([found], [report.line(ROW, figure, found)], **files)
    [kept] = json.loads(files["data"].read_text())
    assert kept == {"name": "list", "ours": 0.2, "peer": 0.5, "ratio": 0.4, "target": 0.5, "holds": True}
    lines = [line.split(" | ") for line in files["document"].read_text().splitlines() if line.startswith("| ")]
    assert [(line[0], line[7]) for line in lines] == [("| row", "holds"), ("| list", "yes"), ("| show", "**no**")]
