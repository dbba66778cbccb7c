# Everything runs from .venv, which the stamps below make on first use and refresh when a lock changes.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
SHOP := $(VENV)/.shop-installed
DEV := $(VENV)/.dev-installed
LOCKS := requirements/uv.txt requirements/setup.sh pyproject.toml

# Two threads of BLAS on a small matrix cost more than the matrix.
export OPENBLAS_NUM_THREADS := 1
# Compiled modules are kept: tests start a hundred processes, and each would compile the same files again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run setup test check style types device contracts containers soak bench cover arm images lock vendor clean

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1	/p' $(MAKEFILE_LIST)

run: $(SHOP) ## the service and a till with the sample shop, until Ctrl-C
	@exec $(BIN)/rung run

setup: $(DEV) ## the environment of a developer

test: $(DEV) ## every test, MicroPython and browser included
	@sh requirements/browser.sh
	@sh requirements/strace.sh
	@sh requirements/micropython32.sh
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder

check: style types device contracts containers ## style, types, MicroPython's compiler, import contracts, container files

style: $(DEV)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(DEV)
	@$(BIN)/basedpyright --level error

device: $(DEV)
	@$(BIN)/basedpyright --level error --project firmware/pyrightconfig.json
	@$(BIN)/basedpyright --level error --project firmware/pyrightconfig-esp32.json
	@$(BIN)/python -m firmware.build build/device

contracts: $(DEV)
	@$(BIN)/lint-imports --no-cache

containers: $(DEV)
	@sh docker/lint.sh $(BIN)

soak: $(DEV) ## the fault tests with many more rounds than in `make test`, and the proofs of the model; hours
	@RUNG_SOAK=1 $(BIN)/python -m pytest -q -k "kill or fault or belief or power or planted or tampering or forged or contract or decision_replay or attacks or manifests or signatures" --timeout 7200
	@$(BIN)/python -m tests.simulator 98000 --seed 2001 --jobs 2
	@$(BIN)/python -m models.arena_yardstick
	@$(BIN)/python -m models.readout_proof --sims 1000
	@$(BIN)/python -m models.holding_proof
	@$(BIN)/python -m models.calibration --sims 1000
	@$(BIN)/python -m models.calibration --sims 40 --bugs sigma rung left
	@$(BIN)/python -m models.recovery
	@$(BIN)/python -m models.agreement

bench: $(DEV) ## the benchmarks of plans, decisions, fits and replays, and the arena; half an hour
	@$(BIN)/rung bench plan
	@$(BIN)/rung bench decide
	@$(BIN)/rung bench replay
	@$(BIN)/rung bench publish
	@$(BIN)/rung bench reconnect
	@$(BIN)/rung bench restore
	@$(BIN)/rung arena --seeds 30 --hazards
	@$(BIN)/rung bench fit

cover: $(DEV) ## which lines of a device's code run, on MicroPython's WebAssembly port; five minutes, needs npm
	@sh requirements/wasm.sh
	@$(BIN)/python -m tests.firmware.coverage

arm: $(DEV) ## how long a cashier waits, in instructions of a Pico's processor, which QEMU runs; five minutes, needs Debian
	@sh requirements/arm.sh
	@$(BIN)/python -m tests.firmware.arm

images: $(DEV) ## builds and starts both images with buildah, without a registry of images
	@sh docker/try.sh

lock: $(DEV) ## computes requirements/*.txt anew from pyproject.toml
	@sh requirements/lock.sh $(BIN)/uv

vendor: ## fetches the pages' vendored scripts anew and writes their checksums
	@sh pricing_service/web/vendor/fetch.sh

clean: ## removes the environment, caches and build output; keeps var/
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(SHOP): requirements/shop.txt $(LOCKS)
	@sh requirements/setup.sh shop
	@touch $@

$(DEV): requirements/dev.txt requirements/stubs.txt requirements/stubs-esp32.txt $(LOCKS)
	@sh requirements/setup.sh dev
	@touch $(SHOP) $@
