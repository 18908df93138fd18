# Two commands matter: make demo, make test. Both set up all that they need in .venv.
# CPU-only PyTorch (no CUDA libraries): make demo TORCH=cpu

PYTHON ?= $(shell command -v python3.11 || command -v python3)
TORCH ?= default
BIN := .venv/bin
STAMP := .venv/.installed-$(TORCH)
OUT ?= ameli-demo

ifeq ($(TORCH),cpu)
LOCKS := -r requirements.lock --extra-index-url https://download.pytorch.org/whl/cpu
else
LOCKS := -r requirements.lock -r requirements-cuda.lock
endif

.PHONY: help demo test lint browser venv lock clean

help:  ## show this
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: venv browser  ## run everything on a small generated world
	$(BIN)/ameli demo --out $(OUT)

test: venv browser lint  ## lint, type-check and test
	$(BIN)/python -m pytest

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

browser:  ## install Chromium and its driver where there is none
	@sh tools/install_browser.sh

venv: $(STAMP)  ## make .venv from the lock files

$(STAMP): requirements.lock requirements-cuda.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11) and "Python 3.11 is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(LOCKS)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m pip check
	@touch $@

lock: venv  ## pin again what is installed
	$(BIN)/python tools/lock.py

clean:  ## remove what was made here, .venv excepted
	rm -rf ameli-demo build *.egg-info .mypy_cache .ruff_cache .pytest_cache
