# Everything that is done with this project. `make help` lists it.

SWIFT ?= swift
PYTHON ?= python3
# Arguments for the server: make run ARGS="--port 5000"
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run build test lint format test-address test-thread test-valgrind \
        cost-check throughput acceptance dependent docs ci clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install libuv, if it is missing
	@Tools/setup

run: build ## Start the echo server on 127.0.0.1:4000 (ARGS="--port 5000" for others)
	@exec .build/release/uvecho serve $(ARGS)

build: setup ## Build for release
	$(SWIFT) build -c release --product uvecho

test: setup ## Run all tests
	$(SWIFT) test --disable-xctest

lint: ## Check the format of all Swift code
	$(SWIFT) format lint --strict --parallel --recursive Package.swift Sources Tests Examples

format: ## Put all Swift code into the format
	$(SWIFT) format --in-place --parallel --recursive Package.swift Sources Tests Examples

test-address: setup ## Run all tests under the address sanitizer, with its leak check
	Tools/sanitize address

test-thread: setup ## Run all tests under the thread sanitizer
	Tools/sanitize thread

test-valgrind: setup ## Run the library's and the server's tests under valgrind; a leak fails
	Tools/valgrind-tests

cost-check: setup ## Compare instructions, allocations and memory with C, against their bounds
	$(PYTHON) Tools/cost_check.py --json report/cost-check.json

throughput: setup ## Compare responses a second with C libuv and Node (needs a quiet machine)
	$(PYTHON) Tools/throughput.py --json report/throughput.json

acceptance: build ## Try the server with clients that nobody here wrote, floods, limits and signals
	$(PYTHON) Tools/acceptance.py

dependent: setup ## Build a package that depends on this one
	Tools/dependent

docs: setup ## Build the library's documentation; a warning fails
	$(SWIFT) package generate-documentation --target Libuv --warnings-as-errors

ci: ## Everything that CI runs
	.ci/run

clean: ## Remove what was built
	rm -rf .build .build-* report
	$(MAKE) -s -C Peers/c-libuv clean
	$(MAKE) -s -C Peers/c-epoll-client clean
