"""`make register`: the beginning of a declaration, as docs/new-register.md goes on with it."""

import ast
import subprocess
import sys

import pytest

from tools import register


def test_the_beginning_of_a_register_is_written_and_what_else_is_needed_is_said(tmp_path):
    (tmp_path / "app/registers").mkdir(parents=True)
    told = register.begin("boarding_schools", tmp_path)
    written = (tmp_path / "app/registers/boarding_schools.py").read_text("utf-8")
    declared = ast.parse(written).body[-1]
    assert declared.targets[0].id == "BOARDING_SCHOOLS" and 'noun="boarding-schools"' in written
    assert "class BoardingSchool(Base):" in told and '__tablename__ = "boarding_school"' in told
    lint = [sys.executable, "-m", "ruff", "check", "--config", register.ROOT / "pyproject.toml", tmp_path]
    assert subprocess.run(lint, capture_output=True).returncode == 0
    with pytest.raises(FileExistsError):
        register.begin("boarding_schools", tmp_path)


@pytest.mark.parametrize("name", ["", "School", "school", "../schools", "schools;", "мектептеrs"])
def test_a_name_that_no_register_can_have_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="small letters"):
        register.begin(name, tmp_path)
