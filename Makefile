PYTHON ?= python3.11
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: install chat test lint wheel bench screenshots clean

install: .venv/installed

chat: install
	$(BIN)/tanya chat

test: .venv/installed-test
	$(BIN)/pytest

lint: .venv/installed-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

wheel: .venv/installed
	$(PIP) build hatchling
	$(BIN)/python -m build --wheel --no-isolation

screenshots: .venv/installed-test
	$(BIN)/python -m docs.screenshots

bench: .venv/installed-bench
	$(BIN)/python -m bench.speed

.venv/bin/python:
	$(PYTHON) -m venv .venv || python3 -m venv .venv

.venv/installed: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP) torch
	$(PIP) --editable .
	touch $@

.venv/installed-%: .venv/installed
	$(PIP) --editable ".[$*]"
	touch $@

clean:
	rm -rf .venv var dist build
