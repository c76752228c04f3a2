# Leadline. Two commands matter: `make demo` shows it at work, `make test` passes
# every test. On a machine with Go, Node 20, npm, Python 3.11 and make they
# install the rest into this folder.

GO      ?= go
PYTHON  ?= python3
FUZZTIME ?= 10s
export CGO_ENABLED ?= 0

# Binaries say the commit that they were built from, where git can tell it.
VCS := $(shell git rev-parse HEAD >/dev/null 2>&1 && echo -buildvcs=auto)

GOFILES := $(shell find cmd internal ui -name '*.go' -not -path '*/node_modules/*' 2>/dev/null)
UIFILES := $(shell find ui/src -type f 2>/dev/null) ui/build.mjs ui/package-lock.json

.PHONY: demo build test check lint test-go test-race test-ui test-browser test-python collector alertmanager fuzz bench stress clean help

help: ## List the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

demo: build ## Run the example shop under load, measured
	$(GO) build -o bin/demo ./examples/shop/demo
	@exec bin/demo $(DEMOFLAGS)

build: bin/leadline ## Build bin/leadline with the UI in it

bin/leadline: $(GOFILES) go.mod go.sum ui/dist/index.html
	$(GO) build -trimpath $(VCS) -o $@ ./cmd/leadline

ui/dist/index.html: ui/node_modules/.package-lock.json $(UIFILES)
	cd ui && npm run --silent build

ui/node_modules/.package-lock.json: ui/package-lock.json
	cd ui && npm ci --silent --no-audit --no-fund && touch node_modules/.package-lock.json

test: build collector alertmanager test-go test-ui test-browser ## Pass every test

test-go: build ## Go: units, conformance, kills, the shop with its Python tests, the guides
	$(GO) test -timeout 30m ./...
	cd bench && $(GO) test ./...

test-ui: ui/dist/index.html
	cd ui && npm run --silent check && npm test --silent

test-browser: build
	cd ui && npm run --silent test:browser

collector: bin/otelcol

# The OpenTelemetry Collector stands between in the kill tests, and is the
# peer of the benchmarks.
bin/otelcol: bench/collector/main.go bench/collector/go.mod
	cd bench/collector && $(GO) build -trimpath -o ../../bin/otelcol .

alertmanager: bin/alertmanager

# The Alertmanager takes our alerts in a test. Later versions do not build from
# their module.
bin/alertmanager: bench/alertmanager/go.mod
	cd bench/alertmanager && $(GO) build -trimpath -o ../../bin/alertmanager github.com/prometheus/alertmanager/cmd/alertmanager

check: lint test-race ## Format, vet, staticcheck, architecture, race

lint: ui/dist/index.html
	@test -z "$$(gofmt -l cmd internal examples test bench ui/*.go)" || { gofmt -l cmd internal examples test bench ui/*.go; echo "gofmt these files"; exit 1; }
	$(GO) vet ./...
	$(GO) vet -tags leadlinetest ./internal/app ./cmd/leadline
	$(GO) tool staticcheck ./...
	$(GO) test ./internal/archtest

test-race:
	CGO_ENABLED=1 $(GO) test -race -short ./internal/...

# Go now and then reports the end of its own time as a failure of the target
# (golang.org/issue/75804, mended in 1.27): without a failing input such a run is made again.
fuzz: ## Run every fuzz target for FUZZTIME
	@mkdir -p bin
	@for pkg in $$(grep -rl --include='*_test.go' '^func Fuzz' internal | xargs -n1 dirname | sort -u); do \
	  for target in $$(grep -rhoE '^func Fuzz[A-Za-z0-9_]+' $$pkg/*_test.go | sed 's/func //'); do \
	    echo "$$pkg $$target"; \
	    fuzz() { $(GO) test ./$$pkg -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) >bin/fuzz.log 2>&1; ended=$$?; cat bin/fuzz.log; return $$ended; }; \
	    fuzz && continue; \
	    grep -q 'Failing input' bin/fuzz.log && exit 1; \
	    grep -q '^    context deadline exceeded$$' bin/fuzz.log && fuzz || exit 1; \
	  done; \
	done

bench: build collector ## Side by side with the Collector, as ratios
	./bench/run.sh

stress: build collector alertmanager ## Repeat the tests of crashes and kills
	$(GO) test -count=5 -timeout 60m ./internal/intakelog ./internal/ingest ./test/...

clean: ## Remove everything that was built
	rm -rf bin ui/dist/assets ui/dist/*.html ui/dist/*.svg ui/node_modules .venv
