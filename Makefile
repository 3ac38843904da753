# README.md says what each of these is for.

PYTHON ?= python3
PORT ?= 8000
DATA_DIR ?= var
# The proxies whose X-Forwarded-For and X-Forwarded-Proto count. uvicorn reads this name; empty means none.
FORWARDED_ALLOW_IPS ?=
# Argon2 takes and frees 19 MiB at a time: more arenas would each keep their own share of it.
MALLOC_ARENA_MAX ?= 2
export PORT DATA_DIR FORWARDED_ALLOW_IPS MALLOC_ARENA_MAX

VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
APT := $(SUDO) apt-get
# Collecting compresses every file: only when one has changed.
MANIFEST := $(DATA_DIR)/static/staticfiles.json
COLLECTED := [ "$(MANIFEST)" -nt $(VENV)/run.done ] && [ -z "$$(find static -newer "$(MANIFEST)" -print -quit)" ]
# A whole environment for the tools that only read the code.
TOOLS := SECRET_KEY=not-a-secret-0123456789-abcdefghijklmnopqrstuvwxyz DATA_DIR=$$(mktemp -d)

.PHONY: run test test-sqlite test-postgresql test-tools bench stress check words lock audit chromium wrk faketime gettext

run: $(VENV)/run.done
	@mkdir -p -m 700 "$(DATA_DIR)"
	@[ -n "$$SECRET_KEY" ] || [ -e "$(DATA_DIR)/env" ] || (umask 077 && $(BIN)/python -c 'import secrets; print("SECRET_KEY=" + secrets.token_urlsafe(48))' > "$(DATA_DIR)/env")
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) createcachetable --verbosity 0
	@$(MANAGE) clearsessions
	@$(COLLECTED) || $(MANAGE) collectstatic --no-input --verbosity 0
	@$(MANAGE) demo --if-first-start
	@trap : INT; $(BIN)/uvicorn config.asgi:application --host 127.0.0.1 --port "$(PORT)" --forwarded-allow-ips "$(FORWARDED_ALLOW_IPS)" --loop uvloop --http httptools --lifespan on --no-server-header --timeout-graceful-shutdown 10 || [ $$? = 130 ]

test: test-sqlite $(if $(TEST_DATABASE_URL),test-postgresql)

test-sqlite: test-tools
	env -u TEST_DATABASE_URL -u TEST_CACHE_URL $(BIN)/python -m pytest

test-postgresql: test-tools
	$(BIN)/python -m pytest

test-tools: $(VENV)/dev.done chromium /usr/sbin/nginx /usr/bin/caddy

# The peers that the check is compared with live apart.
PEERS := $(DATA_DIR)/peers

bench: $(VENV)/dev.done wrk chromium $(PEERS)/done  ## How fast are the check, the list and the export of 100,000 keys? How light is a visit? ROUNDS=2 only tries it.
	PEERS="$(PEERS)/bin/python" $(BIN)/python -m tests.benchmarks

stress: $(VENV)/dev.done faketime  ## Races, faults and floods on four real servers, and docs/stress.md of it. SCALE=0.05 for a small one.
	$(BIN)/python -m tests.stress

check: $(VENV)/dev.done gettext
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/djlint --check --lint --quiet templates
	$(TOOLS) $(MANAGE) makemigrations --check --dry-run
	env -u TEST_DATABASE_URL $(MANAGE) lintmigrations apikeys --ignore-initial-migrations --no-cache --quiet ok ignore --settings tests.settings
	$(TOOLS) .ci/words
	$(BIN)/bandit --quiet --severity-level medium --recursive apikeys config
	$(TOOLS) HTTPS=on $(MANAGE) check --deploy --fail-level WARNING

words: $(VENV)/dev.done gettext  ## Bring apikeys/locale up to date with what the code says; then translate what is new.
	$(TOOLS) .ci/words write

audit: $(VENV)/dev.done  ## Known vulnerabilities of the locked packages; needs an index that knows them.
	$(BIN)/pip-audit --strict --disable-pip --requirement requirements/run.txt

lock: $(VENV)/dev.done  ## Lock again what pyproject.toml asks for.
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade -o requirements/run.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade -c requirements/run.txt --extra dev -o requirements/dev.txt pyproject.toml

$(PEERS)/done: tests/benchmarks/peers.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --disable-pip-version-check -r tests/benchmarks/peers.txt
	@touch $@

chromium wrk faketime:
	@command -v $@ > /dev/null || { $(APT) update -qq && $(APT) install -qq -y --no-install-recommends $@ > /dev/null; }

gettext:
	@command -v msgfmt > /dev/null || { $(APT) update -qq && $(APT) install -qq -y --no-install-recommends gettext > /dev/null; }

# Debian starts a server that it installs, on port 80: the tests start theirs, and need nothing there.
/usr/sbin/nginx /usr/bin/caddy:
	@$(APT) update -qq && $(APT) install -qq -y --no-install-recommends $(@F) > /dev/null
	@! command -v systemctl > /dev/null || $(SUDO) systemctl disable --quiet --now $(@F) || true

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 …")'
	@$(PYTHON) -c 'import ensurepip' 2> /dev/null || { $(APT) update -qq && $(APT) install -qq -y python3-venv > /dev/null; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.done: requirements/run.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@touch $@

$(VENV)/dev.done: requirements/dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@ $(VENV)/run.done
