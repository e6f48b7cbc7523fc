# Everything a person does here. `make` alone lists it. A second time needs seconds and no network.

.DEFAULT_GOAL := help
.PHONY: help run setup test guards soak lint fix types bench register rules screenshots migrate translations pins audit for-run
.PHONY: for-test for-bench for-audit

PYTHON ?= python3
BIN := .venv/bin
CATALOGUE := translations/messages.pot
PIN := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-options

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.* ## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

run: for-run ## set up what is missing, start everything with a small town in it, print the address
	@$(BIN)/python tools/run.py

setup: for-run ## set up what is missing to run, and start nothing

test: for-test ## the whole suite, on SQLite and on PostgreSQL (ARGS="-k voucher" for a part)
	@# What one process has compiled is kept for all the others that the tests start, whatever the environment says.
	@PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n auto --dist worksteal $(ARGS)

guards: for-test ## take each guard of security away and see its test turn red (ARGS="part of a name")
	@$(BIN)/python -m tools.guards $(ARGS)

soak: for-test ## the long run: 100,000 steps of the workflow beside its model, and the rules against inputs by chance
	@KEZEK_STEPS=$${KEZEK_STEPS:-100000} KEZEK_KILLS=$${KEZEK_KILLS:-200} KEZEK_SEED=$${KEZEK_SEED:-$$(date +%s)} KEZEK_TAMPERS=167 \
	  $(BIN)/pytest -x -n auto -o faulthandler_timeout=0 --hypothesis-profile=soak tests/test_workflow.py tests/rules tests/actions/test_chain.py \
	  tests/actions/test_offered.py tests/views/test_offered_on_pages.py tests/jobs/test_kills.py \
	  tests/views/test_look_in_chromium.py tests/views/test_api_described.py tests/views/test_attacks.py \
	  tests/views/test_markup_in_chromium.py tests/views/test_timing.py $(ARGS)

lint: for-test ## look for what is not as it should be, in code and templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint app/templates --lint --quiet

fix: for-test ## put right what a machine can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: for-test ## check types, strictly, in app/rules and app/actions
	@$(BIN)/mypy

bench: for-bench ## measure beside peers (ONLY=list,pdf for some rows)
	@$(BIN)/python -m bench $(ONLY) $(ARGS)

rules: for-test ## print the regulation's table of contents: rules, verbs, and what proves each clause
	@$(BIN)/python -m tools.rules

register: for-run ## write the beginning of a register's declaration (NAME=boarding_schools)
	@$(BIN)/python -m tools.register $(NAME)

screenshots: for-test ## take the pictures of docs/tour.md anew, and all others into var/tour (ONLY=journal,why or help)
ifneq ($(ONLY),help)
	@ONLY=$(ONLY) $(BIN)/python tools/screenshots.py
endif
ifeq ($(filter-out help,$(ONLY)),)
	@$(BIN)/python -m tests.seeds.pictures
endif

migrate: for-run ## write the migration for a change of app/models.py (M="what changes")
	@mkdir -p var
	@$(BIN)/flask db upgrade
	@$(BIN)/flask db migrate -m "$(M)"

translations: for-run ## collect the texts of code and templates into translations/, and compile them
	@# The libraries' own texts too, so that ours override them: Flask-AppBuilder has no Kazakh and half a Russian.
	@$(BIN)/pybabel -q extract -F pyproject.toml -k _l -k lazy_gettext --omit-header --no-location --sort-output \
	  -o $(CATALOGUE) app $(addprefix .venv/lib/python3.*/site-packages/,flask_appbuilder flask_wtf wtforms)
	@$(BIN)/pybabel -q update -i $(CATALOGUE) -d translations --no-wrap \
	  --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@$(BIN)/pybabel -q compile -d translations

pins: for-test ## write exact versions into requirements/ (ARGS=--upgrade for newer ones)
	@$(PIN) $(ARGS) pyproject.toml -o requirements/run.txt
	@for extra in test bench node audit; do \
	  $(PIN) $(ARGS) pyproject.toml -c requirements/run.txt --extra $$extra -o requirements/$$extra.txt; done

audit: for-audit ## ask the network for known holes in all that is pinned: requirements/run.txt and others, npm audit
	@$(BIN)/python -m tools.audit

for-run for-test for-bench for-audit:
	@$(PYTHON) tools/setup.py $(@:for-%=%)
