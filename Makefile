# SPDX-License-Identifier: GPL-3.0-or-later
# `make help` lists what can be done. Everything sets up what it needs first, and is quick the second time.

# The torch build: cpu, cu130 and its like (NVIDIA), rocm7.1 and its like (AMD), or auto. What was chosen last stays chosen.
# On macOS every build has MPS.
TORCH_BACKEND ?= $(or $(shell cat .venv/worker/torch-backend 2>/dev/null),cpu)

WORKER := .venv/worker/bin/python
SETUP := scripts/setup_environment.sh
# The newest Blender that is set up.
BLENDER = $(if $(wildcard .venv/bpy52/.ready),.venv/bpy52,.venv/bpy45)/bin/python
export GID_WORKER := $(CURDIR)/.venv/worker

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test lint format extension bench clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r name text; do printf '  make %-10s %s\n' "$$name" "$$text"; done

setup: .venv/worker/.ready-$(TORCH_BACKEND) .venv/bpy45/.ready .venv/bpy52/.ready ## the environments of the worker and of both Blenders (TORCH_BACKEND=cpu|cu130|rocm7.1|auto)

demo: setup ## a photograph comes alive: out/demo.blend, out/demo.mp4, frames, contact sheet (IMAGE=path for your own)
	@$(BLENDER) -m scripts.demo $(if $(IMAGE),--image "$(IMAGE)") --out out

test: setup ## all tests, in the worker's environment and in both Blenders
	@scripts/run_tests.sh

lint: .venv/worker/.ready-$(TORCH_BACKEND) ## ruff's format and rules, and mypy's strict mode for everything without bpy
	@$(WORKER) -m ruff format --check . && $(WORKER) -m ruff check . && $(WORKER) -m mypy

format: .venv/worker/.ready-$(TORCH_BACKEND) ## mends what ruff can mend
	@$(WORKER) -m ruff format . && $(WORKER) -m ruff check --fix .

extension: setup ## the zip for Blender, in dist/
	@$(BLENDER) scripts/build_extension.py

bench: setup ## measures, and writes docs/benchmarks.md
	@$(WORKER) -m scripts.bench

clean: ## removes what the commands above made, the environments included
	rm -rf .venv out dist build .pytest_cache .hypothesis .ruff_cache .mypy_cache *.egg-info

# The stamps are written last, so an interrupted run is taken up again.
.venv/worker/.ready-$(TORCH_BACKEND): pyproject.toml constraints/worker.txt $(SETUP)
	@$(SETUP) worker $(TORCH_BACKEND)
	@touch $@

.venv/bpy45/.ready: constraints/blender45.txt $(SETUP)
	@$(SETUP) bpy45
	@touch $@

# Status 3: Python 3.13, which Blender 5.2 needs, is not on this machine. The script has said so; 4.5 goes on alone.
.venv/bpy52/.ready: constraints/blender52.txt $(SETUP)
	@$(SETUP) bpy52 && touch $@ || [ $$? = 3 ]
