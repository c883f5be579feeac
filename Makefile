# The targets of everyday work. `make check` is what CI runs.
# Each target's comment is its help text.

GO     ?= go
LINT   := $(GO) tool -modfile=tools/lint/go.mod golangci-lint
# Packages with goroutines that share state; the race detector is slow, so it runs where it pays.
RACE   := ./internal/store/... ./internal/edge/... ./internal/outbox/... ./internal/identity/... ./internal/schedule/... ./internal/app/... ./test/e2e/...
FUZZ   ?= 20s

.DEFAULT_GOAL := help
.PHONY: help build dev test test/race test/pg test/fault lint fix fuzz bench gen check tour

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z\/]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile

build: ## build ./bin/airside, static and without debug data
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/airside ./cmd/airside

dev: ## run the seeded platform on 127.0.0.1:8080
	$(GO) run ./cmd/airside dev

test: ## run all tests
	$(GO) test ./...

test/race: ## run the tests of the concurrent packages under the race detector
	$(GO) test -race -timeout 15m $(RACE)

test/pg: ## run the tests that need PostgreSQL, against a server of their own
	test/pg/run

test/fault: ## kill the server under load, cut its power, fill and break its disk (needs /dev/fuse)
	test/fault/run

lint: ## gofmt, go vet and golangci-lint
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -d $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(LINT) run ./...

fix: ## format, and apply what the linters can mend themselves
	gofmt -w $$(git ls-files '*.go')
	$(LINT) run --fix ./...

fuzz: ## run every fuzz target for FUZZ (20s) each
	@git grep -lE '^func Fuzz' -- '*_test.go' | while read -r f; do \
		sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$$f" | while read -r name; do \
			echo "== $$name in $$(dirname "$$f")"; \
			$(GO) test "./$$(dirname "$$f")" -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZ) || exit 1; \
		done || exit 1; \
	done

bench: ## run every benchmark once; compare numbers of one run only
	$(GO) test -run '^$$' -bench . -benchmem ./...

gen: ## write what is made of other files: the routes' golden file, the settings' reference, the detection rules of others
	$(GO) run ./cmd/airside routes > cmd/airside/testdata/routes.golden
	$(GO) run ./cmd/airside config --markdown > docs/configuration.md
	$(GO) run ./cmd/airside detect rules --sigma > docs/detection/sigma.yml
	$(GO) run ./cmd/airside detect rules --prometheus > docs/detection/prometheus.yml
	$(GO) run ./cmd/airside incident runbooks --write docs/runbooks

check: ## everything CI checks
	bash .ci/run

tour: build ## take the tour of README.md against a server of its own
	PATH="$(CURDIR)/bin:$$PATH" bash docs/tour.sh
