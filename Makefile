# Everything that is done with this project. `make help` lists it.

SWIFT ?= swift
PYTHON ?= python3
# Arguments for the program: make run ARGS="--port 5000"
ARGS ?=
# The peers that are meant: all
PEERS ?=
# The rungs that are meant: all
RUNGS ?=
# What has to be in the format
SWIFT_SOURCES = Package.swift Sources Tests Examples Rungs/Package.swift Rungs/Sources

.DEFAULT_GOAL := help
.PHONY: help setup run bench build test lint format test-address test-thread test-valgrind \
        cost cost-check throughput acceptance bench-acceptance bench-figures compare compare-check report-check \
        peers peers-check rungs rungs-check dependent wrong-programs docs ci clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install libuv and zlib, if they are missing
	@Tools/setup

run: build ## Start the echo server on 127.0.0.1:4000 (ARGS="--port 5000" for others)
	@exec .build/release/uvecho serve $(ARGS)

bench: build ## Load the server on 127.0.0.1:4000 (ARGS="--connections 100 localhost:7" for others)
	@exec .build/release/uvecho bench $(ARGS)

compare: build ## Compare the server with those in Peers (ARGS="--profile quick --peers uvecho,c-libuv,node" for less)
	@exec .build/release/uvecho compare $(ARGS)

cost: build rungs ## Measure what each layer costs (ARGS="--no-speed --rungs c-libuv,uvecho" for less)
	@exec .build/release/uvecho cost $(ARGS)

build: setup ## Build for release, with Swift's libraries in the program, so that it starts sooner
	SWIFT="$(SWIFT)" Tools/build --product uvecho-tools

test: setup ## Run all tests
	$(SWIFT) test --disable-xctest --experimental-maximum-parallelization-width 6

lint: ## Check the format of all Swift code
	$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_SOURCES)

format: ## Put all Swift code into the format
	$(SWIFT) format --in-place --parallel --recursive $(SWIFT_SOURCES)

test-address: setup ## Run all tests under the address sanitizer, with its leak check
	Tools/sanitize address

test-thread: setup ## Run all tests under the thread sanitizer
	Tools/sanitize thread

test-valgrind: setup ## Run the library's and the server's tests under valgrind; a leak fails
	Tools/valgrind-tests

# What the gate needs of the ladder: SwiftNIO, which takes minutes to build, isn't in it.
GATED = echo-pump echo-handler echo-receiver echo-tasks turns-libuv turns-tasks

cost-check: build ## Hold what our layers cost against what was recorded: 3 % more instructions or an allocation more fail
	$(MAKE) rungs PRODUCTS="$(GATED)"
	.build/release/uvecho cost --check Tests/cost-thresholds.json --output report/cost-check
	$(PYTHON) Tools/cost_check.py --json report/cost-check.json --costs report/cost-check/cost.json

throughput: setup ## Compare responses a second with C libuv and Node (needs a quiet machine)
	$(PYTHON) Tools/throughput.py --json report/throughput.json

acceptance: build ## Try the server with clients that nobody here wrote, floods, limits and signals
	$(PYTHON) Tools/acceptance.py
	STYLE=async $(PYTHON) Tools/acceptance.py

bench-acceptance: build .build/venv/ready ## Try the load generator with other servers, stalls, kills, a terminal
	$(PYTHON) Tools/bench_acceptance.py

.build/venv/ready: Tools/requirements.txt
	$(PYTHON) -m venv .build/venv
	.build/venv/bin/pip install --quiet --requirement Tools/requirements.txt
	touch $@

bench-figures: setup ## Compare the load generator with wrk, redis-benchmark and a C client (needs a quiet machine)
	$(PYTHON) Tools/bench_figures.py --json report/bench-figures.json

compare-check: build .build/venv/ready ## Compare three servers in one round, and check the results and the page
	.build/release/uvecho compare --profile quick --rounds 1 --peers uvecho,c-libuv,node --output report/compare-check
	.build/venv/bin/python3 Tools/check_results.py report/compare-check/results.json --valid uvecho,c-libuv,node
	$(PYTHON) Tools/check_report.py report/compare-check/report.html --picture report/compare-check/headline.svg

report-check: setup ## Draw the reports of made-up results, and open them in a browser (needs chromium)
	REPORT_FOLDER=$(CURDIR)/report/sample $(SWIFT) test --disable-xctest \
	  --filter 'ComparisonTests.(HTMLReport|ReportFolderCost)Tests'
	$(PYTHON) Tools/check_report.py report/sample/report.html --whole --picture report/sample/headline.svg \
	  --screenshots report/sample
	$(PYTHON) Tools/check_report.py report/sample/limited.html --whole --picture report/sample/limited.svg \
	  --screenshots report/sample/limited
	$(PYTHON) Tools/check_report.py report/sample/quick.html
	$(PYTHON) Tools/check_report.py report/sample/cost.html --cost --picture report/sample/cost.svg \
	  --screenshots report/sample/cost

peers: ## Install and build the other languages' servers (PEERS="go node" for some); tells which failed
	$(PYTHON) Tools/peers.py install,build $(PEERS)

peers-check: build ## Start each of them, and try it
	$(PYTHON) Tools/peers.py check $(PEERS)

rungs: setup ## Build the servers of the cost ladder (PRODUCTS="echo-pump turns-libuv" for some of those in Swift)
	$(MAKE) -s -C Peers/c-epoll
	$(MAKE) -s -C Peers/c-libuv
	$(MAKE) -s -C Rungs/c
	$(if $(PRODUCTS),set -e; for product in $(PRODUCTS); do \
	  SWIFT="$(SWIFT)" Tools/build --package-path Rungs --product $$product; done,SWIFT="$(SWIFT)" Tools/build --package-path Rungs)
	$(if $(PRODUCTS),,$(SWIFT) build -c release --package-path Rungs --scratch-path Rungs/.build-dynamic --product echo-pump)

rungs-check: build rungs ## Start each of them, and try it (RUNGS="c-libuv libuv-pump" for some)
	$(PYTHON) Tools/rungs.py $(RUNGS)

dependent: setup ## Build a package that depends on this one
	Tools/dependent

wrong-programs: setup ## Compile programs that must not compile
	Tools/wrong-programs

docs: setup ## Build the library's documentation; a warning fails
	$(SWIFT) package generate-documentation --target Libuv --warnings-as-errors

ci: ## Everything that CI runs
	.ci/run

clean: ## Remove what was built, of the peers and rungs too: all that git ignores there
	rm -rf .build .build-* report
	git clean -ffdXq Peers Rungs
