# Every verb of the README. `make up` on a fresh machine needs a Python 3.12 or 3.13 with venv, and nothing else but make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
STATE := .landfall
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/$(STATE)/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
LOCAL := ansible-playbook -i inventories/local
PIN := pip-compile --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
  --no-header --no-annotate --allow-unsafe --quiet
# `make up REAL_NODE=1`, as root on Debian: a real kubelet joins, and the Flask application really runs.
NODE := $(if $(filter-out 0 no false,$(REAL_NODE)),-e '{"local_cluster_real_node": true}')

# What app/ci's scripts are told of the image of this commit; push.sh takes the account from DOCKERHUB_USERNAME, _TOKEN.
IMAGE_ENV = set -e; named=$$(python app/ci/image.py --commit "$$(git rev-parse HEAD)"); export $$named; \
  export IMAGE="$$repository:$$tag" VERSION="$$version" REVISION="$$revision" ARCHIVE="$(CURDIR)/$(STATE)/image.tar"

.PHONY: aws-acceptance chaos image push help up down tools test-tools test lint unit sanity galaxy-importer molecule molecule-roles e2e chain chain-tools bench bench-tools bench-rollout bench-app bench-restarts pictures contracts lock docs dashboards requirements system-packages clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Each level adds its packages to the one below: what Landfall runs on, the local cluster's, the tests' and developers'.
.PHONY: venv venv-local venv-test
venv: ## Make .venv with what Landfall runs on, for your own clusters
	@bash tools/make_venv.sh $(VENV) requirements.txt

venv-local: venv
	@bash tools/make_venv.sh $(VENV) requirements-local.txt

venv-test: venv-local
	@bash tools/make_venv.sh $(VENV) requirements-test.txt

tools: venv ## Get the tools (etcd, kube-apiserver, kwok, helm ...) into the cache
	@python tools/get_tools.py --bin $(STATE)/bin

up: venv-local tools ## Bring the embedded cluster up and roll the whole platform out on it (REAL_NODE=1: with a real kubelet)
	@$(LOCAL) playbooks/local_cluster.yml $(NODE)
	@$(LOCAL) site.yml

down: venv-local ## Remove the local cluster, and nothing else
	@$(LOCAL) playbooks/local_cluster.yml -e local_cluster_state=absent

lint: test-tools ## Check style, types, roles and generated docs
	@bash tests/lint.sh

test-tools: venv-test ## Get the programs that only the tests use; without one its tests say that they did not run
	@python tools/get_tools.py --pins tools/test-tools.yml --bin $(STATE)/bin || echo "test-tools: not all are there"
	@bash tools/get_checkov.sh $(STATE)/bin || echo "test-tools: checkov is not there"

unit: tools test-tools ## Run the unit tests
	@python -m pytest -n 2 --durations=15 -m "not cluster and not chaos"

sanity: venv-test ## Run ansible-test sanity on the built collection, newest and oldest ansible-core (not part of make test)
	@bash tests/sanity.sh newest
	@bash tests/sanity.sh oldest

galaxy-importer: venv-test ## Judge the built collection as Galaxy does before it takes one (not part of make test)
	@bash tests/galaxy_importer.sh

molecule: venv-test tools ## Converge, converge again, verify and uninstall on a cluster of its own (SCENARIO=default)
	@bash tests/molecule.sh $(or $(SCENARIO),default)

molecule-roles: venv-test tools ## Every scenario: each tag alone on an empty cluster (not part of make test)
	@bash tests/molecule.sh

# Two clusters at a time; the tests of one cluster stay together.
e2e: tools chain-tools ## Run the tests that roll the platform out as a user would, and follow a commit to the running pod
	@python -m pytest -m cluster -n 2 --durations=15 tests/e2e

chain-tools: venv-test
	@bash tests/chain_tools.sh

chain: tools chain-tools ## Follow commits to the running pod by the pipeline's own steps, on good and bad days (root; a part of make e2e)
	@python -m pytest -m cluster tests/e2e/chain

chaos: venv-test tools ## Hurt rollouts in every way we know, on two clusters, and print a table (KILLS=30, ROUNDS=3, SEED=...; 45 minutes)
	@LANDFALL_KILLS=$(or $(KILLS),30) LANDFALL_ROUNDS=$(or $(ROUNDS),3) $(if $(SEED),LANDFALL_SEED=$(SEED)) python -m pytest -n 2 \
	  tests/unit/hosts/test_killed_writers.py tests/unit/bad_input/test_bad_input.py tests/e2e/chaos

aws-acceptance: venv ## Make a cluster on real AWS, roll the platform out and take all of it away: asks first, costs money
	@bash tests/aws_acceptance.sh

test: lint unit molecule e2e ## Run every test within the time budget
	@echo "make test ran lint, unit, molecule (default) and e2e; not run: make molecule-roles, sanity and galaxy-importer"

image: venv ## Build the Flask application's image of this commit, as the pipeline does
	@$(IMAGE_ENV); mkdir -p $(STATE); bash app/ci/build.sh; echo "image: built $$IMAGE"

push: venv ## Push that image, and write its tag and digest into app/chart/values.yaml: before the first rollout
	@$(IMAGE_ENV); digest=$$(bash app/ci/push.sh); \
	  python app/ci/bump.py --tag "$$tag" --digest "$${digest#digest=}"; \
	  echo "push: app/chart/values.yaml names $$IMAGE now: commit it, and push the commit where Argo CD delivers."

bench: bench-tools bench-rollout bench-app bench-restarts ## Print all figures

# ONLY="rollout clusters plan counts": these sections alone.
bench-rollout: venv-test tools ## Print site.yml beside helmfile and plain Helm: ratios, seconds, tasks, API requests (ONLY="plan counts")
	@PYTHONPATH=collections python -m tests.bench.bench $(if $(ONLY),--only $(ONLY))

bench-tools: venv-test ## Build helmfile for make bench, unless one is on PATH: 12 minutes, once
	@command -v helmfile > /dev/null || python tools/get_tools.py --pins tools/test-tools.yml --only helmfile \
	  || echo "bench-tools: helmfile could not be built: make bench says not run of it"

# LATE=0 leaves out the round behind a load balancer that withdraws as late as AWS, which takes a quarter of an hour.
bench-restarts: venv-test tools ## Print the requests lost while pods are replaced, also behind a late load balancer (LATE=120)
	@PYTHONPATH=collections python -m tests.bench.restarts $(if $(LATE),--late $(LATE))

bench-app: venv-test ## Print the Flask application beside a bare Flask hello: requests a second, p50, p99, what each part costs
	@python tests/bench/app_bench.py

pictures: venv-test ## Take the screenshots of docs/images (chromium, see system-packages)
	@PYTHONPATH=collections python -m tests.pictures.take

contracts: venv ## Make the charts' contracts anew, from CHARTS or LANDFALL_CHART_CACHE
	@python tools/chart_contracts.py $(CHARTS)

lock: tools ## Pin charts, image base, actions and tools to what upstream serves
	@python tools/lock.py

docs: venv ## Write the role READMEs from their argument_specs, and the causes into docs/failures.md
	@python tools/role_docs.py
	@python tools/failures_page.py

dashboards: venv-test ## Make Grafana's dashboards and docs/dashboards.md anew (CHECK=1: only say which are stale)
	@python tools/make_dashboards.py $(if $(filter-out 0 no false,$(CHECK)),--check)

requirements: venv-test ## Pin the requirements of each level, and those of the oldest ansible-core, anew
	@for each in requirements requirements-local requirements-test; do \
	  $(PIN) --upgrade -o $$each.txt $$each.in || exit; done
	@sed -nE 's/^requires_ansible: ">=(.*)"$$/ansible-core==\1/p; s/^([A-Za-z0-9-]+)>=([^,]+).*/\1==\2/p' \
	  meta/runtime.yml meta/ee-requirements.txt | $(PIN) --upgrade -o tests/unit/product/oldest.txt -
	@for each in checkov galaxy_importer; do \
	  (cd tools/$$each && $(PIN) --upgrade -o requirements.txt requirements.in) || exit; done
	@cd app && for each in requirements requirements-ci requirements-test; do \
	  $(PIN) -c ../requirements.txt -c ../requirements-test.txt -o $$each.txt $$each.in || exit; done

system-packages: ## Install what the tests can use from Debian's packages (root)
	@apt-get update -q && apt-get install -q -y --no-install-recommends shellcheck wrk faketime \
	  chromium chromium-driver fonts-noto-core \
	  containerd runc containernetworking-plugins iproute2 util-linux buildah mmdebstrap haproxy \
	  prometheus prometheus-alertmanager skopeo docker-registry redis-server \
	  curl default-jdk-headless maven gcc libc6-dev

clean: ## Remove what was made here, the cluster excepted
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .ansible
