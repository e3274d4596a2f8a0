.DEFAULT_GOAL := help

# The version that .golangci.yml targets.
GOLANGCI_LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
# Genkit's module cannot be in go.work: see its go.mod.
MODULES := $(shell go list -f '{{.Dir}}' -m) $(CURDIR)/runtime/interop/genkit
FUZZTIME ?= 10s

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build depgen into bin/
	go build -o bin/ ./cmd/depgen

.PHONY: test
test: ## Run the tests of every module
	go test work
	cd runtime/interop/genkit && GOWORK=off go test ./...

.PHONY: race
race: ## Run the tests of every module under the race detector
	go test -race work
	cd runtime/interop/genkit && GOWORK=off go test -race ./...

.PHONY: lint
lint: ## Run go vet and golangci-lint in every module
	@for dir in $(MODULES); do \
		echo "$$dir"; \
		(cd "$$dir" && export GOWORK=off && go vet ./... && $(GOLANGCI_LINT) run ./...) || exit 1; \
	done

.PHONY: generate
generate: ## Regenerate all generated files and expected outputs
	@for dir in $(MODULES); do (cd "$$dir" && GOWORK=off go generate ./...) || exit 1; done
	go generate ./testdata/sample
	go run ./cmd/depgen --schema testdata/schemas/chinook.yaml --out testdata/schemas/chinook/deps_gen.go
	go test ./gen ./cmd/depgen -update

.PHONY: check
check: test lint ## Run the tests, linters and up-to-date checks that a commit must pass
	go run ./cmd/depgen check --schema testdata/schemas/chinook.yaml --out testdata/schemas/chinook/deps_gen.go
	@for dir in $(MODULES); do (cd "$$dir" && GOWORK=off go mod tidy -diff) || exit 1; done

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME (10s), two at a time
	@packages=$$(grep -rl --include '*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u) && test -n "$$packages" && \
	list=$$(go test -list '^Fuzz' $$packages) && \
	echo "$$list" | awk '/^Fuzz/ { name[n++] = $$1 } /^ok/ { for (i = 0; i < n; i++) print $$2, name[i]; n = 0 }' | \
	xargs -n2 -P2 sh -c 'go test -run "^$$" -fuzz "^$$1\$$" -fuzztime $(FUZZTIME) -parallel 1 "$$0" || exit 255'

.PHONY: simulation
simulation: ## Run the fault simulation with 100,000 writes per seed
	go test -count=1 -v -timeout 1h ./runtime/internal/simulation -args -writes 100000

.PHONY: bench
bench: ## Compare depgen with its alternatives, and update BENCHMARKS.md
	go run ./cmd/benchmarks

.PHONY: tidy
tidy: ## Tidy go.mod and go.sum of every module
	@for dir in $(MODULES); do (cd "$$dir" && GOWORK=off go mod tidy) || exit 1; done
