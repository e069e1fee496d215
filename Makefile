# One command each: `make notebooks`, `make test`, `make lab`. `make help` lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first of these that is a Python 3.10 to 3.13; PYTHON=... names another.
CANDIDATES := python3 python3.13 python3.12 python3.11 python3.10 python
IN_RANGE   := import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(firstword $(foreach p,$(CANDIDATES),$(shell $(p) -c '$(IN_RANGE)' 2>/dev/null && echo $(p))))

BIN       := .venv/bin
READY     := .venv/.ready
NOTEBOOKS := $(sort $(wildcard notebooks/*.ipynb))

# The stored notebooks are a quick run on the sample, whatever the shell has set.
ON_SAMPLE := env -u WORKBOOK_DATA -u WORKBOOK_PROFILE -u WORKBOOK_FIGURES

# Two notebooks side by side, each whole and in the order of the course.
TWO_BOOKS := -n 2 --dist loadfile --no-loadscope-reorder

# Keeps TensorFlow's start-up messages out of the notebooks' outputs.
export TF_CPP_MIN_LOG_LEVEL := 3
export TF_ENABLE_ONEDNN_OPTS ?= 1

.PHONY: help
help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

# uv installs in a tenth of pip's time; pip does where uv cannot.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# A half-made environment is never taken for a whole one: the mark comes last.
$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.10 to 3.13 with venv found." \
	  "Install one (Debian and Ubuntu: apt install python3-venv) or name it:" \
	  "make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(PIP) $$(grep '^uv==' requirements.lock | cut -d' ' -f1) && \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.lock || \
	  $(PIP) -r requirements.lock
	$(PIP) --no-deps -e .
	touch $@

.PHONY: environment
environment: $(READY)  ## make the Python environment in .venv

# Without the widgets' state a page shows their still pictures, and loads no script.
.PHONY: notebooks
notebooks: $(READY)  ## run every notebook; pages in build/notebooks, figures in build/figures
	$(BIN)/python -m helpers draw
	printf '%s\n' $(NOTEBOOKS) | xargs -n 1 -P 2 \
	  $(BIN)/jupyter nbconvert --execute --ExecutePreprocessor.store_widget_state=False \
	  --to html --embed-images --output-dir build/notebooks

.PHONY: lab
lab: $(READY)  ## open JupyterLab on the notebooks
	$(BIN)/jupyter lab --notebook-dir=. notebooks

.PHONY: test
test: $(READY)  ## lint, the tests of helpers, the notebooks against their stored outputs
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(ON_SAMPLE) $(BIN)/python -m helpers draw
	$(BIN)/pytest -n 2 --cov --cov-report=term tests
	$(ON_SAMPLE) $(BIN)/pytest $(TWO_BOOKS) --nbval --nbval-cell-timeout=900 --nbval-sanitize-with=tests/notebooks/sanitize.cfg notebooks
ifdef WORKBOOK_REAL_DATA
	WORKBOOK_DATA=$(abspath $(WORKBOOK_REAL_DATA)) $(BIN)/pytest $(TWO_BOOKS) --nbval-lax --nbval-cell-timeout=900 notebooks
endif

.PHONY: test-long
test-long: $(READY)  ## the tests of many minutes that `make test` leaves out
	$(ON_SAMPLE) $(BIN)/python -m helpers draw
	$(BIN)/pytest -n 2 -m long --durations=0 tests

.PHONY: reader
reader: $(READY)  ## train the shipped reader from nothing
	$(BIN)/python -m helpers reader

.PHONY: store
store: $(READY)  ## run the notebooks and keep their outputs in them
	$(BIN)/python tools/notebooks.py store

.PHONY: diagrams
diagrams: $(READY)  ## draw the diagrams of notebooks/pictures
	$(BIN)/python tools/diagrams.py

.PHONY: lock
lock: $(READY)  ## resolve pyproject.toml to requirements.lock (UPGRADE=--upgrade)
	$(BIN)/uv pip compile --universal --python-version 3.10 --all-extras $(UPGRADE) --no-header \
	  --no-emit-index-url --no-emit-find-links --annotation-style line \
	  pyproject.toml --output-file requirements.lock

.PHONY: clean
clean:  ## remove what the commands made, the data too
	rm -rf .venv build data runs *.egg-info
