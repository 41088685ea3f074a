# Every verb of the README. `make up` on a fresh machine needs a Python 3.12 or 3.13 with venv, and nothing else but make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
STATE := .landfall
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/$(STATE)/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
LOCAL := ansible-playbook -i inventories/local

.PHONY: help up down tools test lint unit molecule e2e docs requirements system-packages clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: venv
venv:
	@bash tools/make_venv.sh

tools: venv ## Get the tools (etcd, kube-apiserver, kwok, helm ...) into the cache
	@python tools/get_tools.py --bin $(STATE)/bin

up: tools ## Bring the embedded cluster up and roll the whole platform out on it
	@$(LOCAL) playbooks/local_cluster.yml
	@$(LOCAL) site.yml

down: venv ## Remove the local cluster, and nothing else
	@$(LOCAL) playbooks/local_cluster.yml -e local_cluster_state=absent

lint: venv ## Check style, types, roles and generated docs
	@bash tests/lint.sh

unit: tools ## Run the unit tests
	@python -m pytest -n 2 -m "not cluster"

molecule: tools ## Converge, converge again, verify and uninstall on clusters of their own
	@bash tests/molecule.sh

e2e: tools ## Run the tests that roll the platform out as a user would, from the README
	@python -m pytest -m cluster tests/e2e

test: lint unit molecule e2e ## Run every test

docs: venv ## Write the role READMEs from their argument_specs
	@python tools/role_docs.py

requirements: venv ## Pin requirements.txt anew from requirements.in
	@pip-compile --upgrade --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-header --no-annotate --allow-unsafe --quiet -o requirements.txt requirements.in
	@cd app && for each in requirements requirements-test; do pip-compile --generate-hashes --strip-extras \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --no-annotate --allow-unsafe \
	  --quiet -c ../requirements.txt -o $$each.txt $$each.in; done

system-packages: ## Install what the tests can use from Debian's packages (root)
	@apt-get update -q && apt-get install -q -y --no-install-recommends shellcheck

clean: ## Remove what was made here, the cluster excepted
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .ansible
