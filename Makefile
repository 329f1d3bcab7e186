# SimGen sets itself up: `make demo` and `make test` work in a fresh clone, without root.
# Another interpreter than the first that fits: make PYTHON=/path/to/python3.12 test

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SILENT:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow lint clean

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WHEELS := $(VENV)/wheels
LOG := $(VENV)/pybullet.log
DEMO := out/demo
# Test files run side by side, each whole in one process, for its tests share what they made.
APART := --numprocesses auto --maxprocesses 4 --dist loadfile
# --verbose undoes --quiet.
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
PYENV_ROOT ?= $(HOME)/.pyenv
PYTHONS := $(PYTHON) python3.12 $(wildcard $(PYENV_ROOT)/versions/3.12*/bin/python3.12) python3 python3.13

help:
	echo "make demo       record two episodes, photograph one anew in rain, and draw their pages, under $(DEMO)"
	echo "make test       run the tests; make test-slow runs the longer proofs"
	echo "make lint       check the style"
	echo "make setup      only make $(VENV); the others do it themselves"
	echo "make clean      remove $(VENV), $(DEMO) and what the builds left"

setup: $(READY)

demo: $(READY)
	$(BIN)/simgen generate pick_place --out $(DEMO) --episodes 2 --seed 0 --overwrite
	$(BIN)/simgen render $(DEMO) --weather rain:4 --light morning --episodes 0 --out $(DEMO)-rain --overwrite
	$(BIN)/simgen view $(DEMO)
	$(BIN)/simgen view $(DEMO)-rain

test: $(READY)
	$(BIN)/python -m pytest $(APART)

test-slow: $(READY)
	$(BIN)/python -m pytest -m slow $(APART)

lint: $(READY)
	$(BIN)/ruff check

clean:
	rm -rf $(VENV) $(DEMO) $(DEMO)-* $(DEMO).partial build dist .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pybullet has no wheel for this Python, and its own build leaves NumPy out when pip builds it in isolation: pictures
# then come back as tuples. So it is built beside NumPy, in the background while the other packages download.
define REQUIREMENTS
import sys, tomllib
project = tomllib.load(open("pyproject.toml", "rb"))["project"]
extras = project["optional-dependencies"]
kinds = ("train", "remote", "mujoco", "genesis", "dev")
every = [line for line in project["dependencies"] + sum((extras[kind] for kind in kinds), []) if not line.startswith("simgen")]
print(*(line for line in every if line.startswith("pybullet") == (sys.argv[1] == "pybullet")), sep="\n")
endef
export REQUIREMENTS

define DRAWS_ARRAYS
import numpy, pybullet
pybullet.connect(pybullet.DIRECT)
picture = pybullet.getCameraImage(8, 8, renderer=pybullet.ER_TINY_RENDERER)[2]
raise SystemExit(not (pybullet.isNumpyEnabled() and isinstance(picture, numpy.ndarray)))
endef
export DRAWS_ARRAYS

define FIND_PYTHON
bare=
for python in $(PYTHONS); do
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then
		if "$$python" -c 'import ensurepip, venv' 2>/dev/null; then break; fi
		bare=$$("$$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
	fi
	python=
done
if [ -z "$$python" ]; then
	if [ -n "$$bare" ]; then lack="$$bare here has no venv module"; else lack="no Python 3.12 or later runs here" bare=python3.12; fi
	echo "simgen: $$lack. Run: sudo apt install $$bare $$bare-venv $$bare-dev" >&2
	exit 1
fi
endef

define FIND_COMPILER
header=$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h
if ! { command -v gcc && command -v g++ && test -e "$$header"; } >/dev/null; then
	echo "simgen: building pybullet needs gcc, g++ and $$header. Run: sudo apt install build-essential python3-dev" >&2
	exit 1
fi
endef

# The path tracer is about twice as fast with LLVM 16 or later. Where the system has none, Debian's and Ubuntu's is unpacked beside
# the packages, with what it is linked against and this machine lacks; elsewhere setup goes on without.
define FETCH_LLVM
if ! $(BIN)/python -c "from simgen.world.pathtrace import variant; raise SystemExit(not variant.llvm_libraries())"; then
	only="--recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances"
	mkdir -p $(VENV)/llvm
	if ! (
		cd $(VENV)/llvm
		for package in $$(apt-cache depends $$only libllvm19 | grep '^[a-z]' | sort -u); do
			dpkg -s "$$package" 2>/dev/null | grep -q '^Status: .* installed' || apt-get download -q "$$package"
		done
		for archive in *.deb; do dpkg-deb -x "$$archive" .; done
		rm ./*.deb
		ls usr/lib/*/libLLVM*
	) >/dev/null 2>&1; then
		rm -rf $(VENV)/llvm
		echo "No LLVM came by apt: the path tracer will draw without, half as fast. See: simgen doctor"
	fi
fi
endef

# A package whose installation was cut short has no INSTALLER file yet; without its dist-info pip installs it anew.
$(READY): pyproject.toml
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then
		$(FIND_PYTHON)
		echo "Making $(VENV) with $$python"
		"$$python" -m venv --clear $(VENV)
	fi
	for info in $(VENV)/lib/python3*/site-packages/*.dist-info; do
		if [ ! -e "$$info/INSTALLER" ]; then rm -rf "$$info"; fi
	done
	pybullet=$$($(BIN)/python -c "$$REQUIREMENTS" pybullet)
	$(BIN)/python -c "$$REQUIREMENTS" others >$(VENV)/requirements.txt
	builds() {
		exec setsid $(PIP) wheel --no-deps --no-build-isolation --wheel-dir $(WHEELS) "$$@" "$$pybullet" >$(LOG) 2>&1
	}
	installs() {
		if ! wait "$$1"; then
			tail -n 20 $(LOG) >&2
			echo "simgen: pybullet could not be built. The whole story is in $(LOG); mend its last error and run make again." >&2
			exit 1
		fi
		trap - EXIT
		$(PIP) install --no-deps --force-reinstall $(WHEELS)/pybullet-*.whl
	}
	build=
	if ! $(BIN)/python -c "$$DRAWS_ARRAYS" >/dev/null 2>&1; then
		$(FIND_COMPILER)
		$(PIP) install "$$(grep '^numpy' $(VENV)/requirements.txt)" "setuptools<82" wheel
		rm -rf $(WHEELS)
		echo "Building pybullet: about five minutes, unless pip has it cached"
		builds & build=$$!
		trap 'kill -- -$$build 2>/dev/null || true' EXIT
	fi
	echo "Installing the other packages: several GB, unless pip has them cached"
	if [ -t 1 ]; then talk=--verbose; else talk=--quiet; fi
	$(PIP) $$talk install -r $(VENV)/requirements.txt
	if [ -n "$$build" ]; then
		installs $$build
		if ! $(BIN)/python -c "$$DRAWS_ARRAYS" >/dev/null 2>&1; then
			echo "pip had a pybullet without NumPy cached; building it anew"
			$(PIP) cache remove pybullet >/dev/null 2>&1 || true
			rm -rf $(WHEELS)
			builds --no-cache-dir --no-binary pybullet & build=$$!
			installs $$build
		fi
		if ! $(BIN)/python -c "$$DRAWS_ARRAYS" >/dev/null 2>&1; then
			echo "simgen: pybullet was built without NumPy. Remove $(VENV) and run make again; $(LOG) says how the build went." >&2
			exit 1
		fi
		rm -rf $(WHEELS)
	fi
	$(PIP) install --no-deps --editable .
	$(FETCH_LLVM)
	touch $(READY)
