# Every verb of the README. `make up` on a fresh machine needs a Python 3.12 or 3.13 with venv, and nothing else but make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
STATE := .landfall
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/$(STATE)/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
LOCAL := ansible-playbook -i inventories/local

.PHONY: help up down tools test lint unit molecule molecule-roles e2e e2e-more bench contracts lock docs requirements system-packages clean

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

molecule: tools ## Converge, converge again, verify and uninstall on a cluster of its own
	@bash tests/molecule.sh default

molecule-roles: tools ## Every scenario: each tag alone on an empty cluster (not part of make test)
	@bash tests/molecule.sh

e2e: tools ## Run the tests that roll the platform out as a user would, from the README
	@python -m pytest -m cluster tests/e2e/test_1_user.py tests/e2e/test_2_readme.py tests/e2e/test_3_down.py

e2e-more: tools ## The search for secrets and two runs at once, on clusters of their own (not part of make test)
	@python -m pytest -m cluster tests/e2e/test_secrets.py tests/e2e/test_lease.py

test: lint unit molecule e2e ## Run every test within the time budget
	@echo "make test ran lint, unit, molecule (default) and e2e; not run: make molecule-roles, make e2e-more"

bench: tools ## Print site.yml beside plain Helm: seconds, ratios, and what the time went to
	@python tests/bench/bench.py

contracts: venv ## Make the charts' contracts anew, from CHARTS or LANDFALL_CHART_CACHE
	@python tools/chart_contracts.py $(CHARTS)

lock: tools ## Pin charts, image base and actions to what upstream serves
	@python tools/lock.py

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
