# Every target says what it does; `make help` prints them. `make check` is what CI runs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LINT := go tool -modfile=test/tools/go.mod golangci-lint
FUZZTIME ?= 20s
NEWEST = $(shell sed -n 's,^require k8s.io/kubernetes v,,p' test/acceptance/mods/1.*.mod | sort -V | tail -n 1)

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/hardstrap
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/hardstrap ./cmd/hardstrap

.PHONY: test
test: ## run every test that needs no Kubernetes code; under two minutes
	go vet ./...
	go test ./...

.PHONY: mutation
mutation: ## change each setting of rendered nodes, everywhere it can stand, and ask diff; prints the score
	go test ./internal/mutation -count=1 -run '^TestMutation$$' -timeout 60m -v -full

.PHONY: golden
golden: ## write the golden files anew, and remove stale ones
	go test ./golden -update

.PHONY: lint
lint: ## golangci-lint as pinned in test/tools
	$(LINT) run ./...

.PHONY: catalog
catalog: ## make internal/catalog/data anew from the real modules; takes long
	test/acceptance/catalog.sh
	cd test/acceptance && go run ./cmd/makeresources >../../internal/auditpolicy/resources.tsv
	cd test/acceptance && go run ./cmd/makeresources objects >../../internal/catalog/objects.tsv
	cd test/acceptance && go run ./cmd/makeflagfields >../../internal/catalog/flagfields.tsv

.PHONY: acceptance
acceptance: ## give every rendered file to the code that reads it: each Kubernetes minor's, companions' own; takes long
	test/connectivity/run.sh
	test/acceptance/run.sh
	cd test/companions && go vet ./... && go test ./...

.PHONY: nodes
nodes: ## write the nodes of internal/testnode anew with the real kubeadm: MINOR="1.37 1.36"; takes long
	UPDATE=1 test/acceptance/run.sh $(MINOR)

.PHONY: cluster
cluster: ## boot real clusters and ask how they behave: PROFILE="restricted plain", PROFILE=all, VERSION=1.36.3
	test/cluster/run.sh $(PROFILE) # make hands on what its command line sets, VERSION too

.PHONY: evidence
evidence: ## make docs/evidence.md anew, from a cluster of each built-in profile and one of none; takes long
	VERSION=$(NEWEST) test/cluster/run.sh all
	cd test/cluster && go run ./evidence ../../build/cluster/results $(NEWEST) >../../build/evidence.md
	mv build/evidence.md docs/evidence.md

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME (20s)
	@go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}' ./... | while read -r dir; do \
	  for target in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$$dir"/*_test.go | sed 's/^func //'); do \
	    echo "== $$target in $${dir#$$PWD/}"; \
	    (cd "$$dir" && go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) .) || exit 1; \
	  done; done

.PHONY: bench
bench: ## Go benchmarks, and whole runs against helm template
	go test -run '^$$' -bench . -benchmem ./...
	test/bench/run.sh

.PHONY: check
check: test lint acceptance ## all that must pass before a change lands
