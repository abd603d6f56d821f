# Everything a newcomer or a CI machine does. `make` alone lists it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.NOTPARALLEL:
.DEFAULT_GOAL := help

export PATH := $(CURDIR)/node_modules/.bin:$(HOME)/.cargo/bin:$(PATH)

# How many simulated shoppers come to the demo sale; 0 for none.
CROWD ?= 2000
export CROWD

# The crowd solves its proofs on this very machine: work easy enough to leave a core to the visitor.
DIFFICULTY ?= 12

SLUICE := target/release/sluice
URL ?= http://127.0.0.1:3000
XTASK := target/debug/xtask

# cargo-leptos looks the newest versions up on the network unless it is told that what we have will do.
export LEPTOS_SASS_VERSION := $(shell sed -n 's/.*"sass": "\(.*\)".*/\1/p' package.json)
export LEPTOS_WASM_OPT_VERSION := version_$(shell sed -n 's/.*"binaryen": "\([0-9]*\).*/\1/p' package.json)
export LEPTOS_WASM_BINDGEN_VERSION := $(shell sed -n '/^name = "wasm-bindgen"$$/{n;s/.*"\(.*\)"/\1/p}' Cargo.lock)

# One native build for all tests. A release never has these; `ship` asks it.
TEST_BUILD := --workspace --features server/failpoints

# A release that could be told to crash must not run.
define ship
	@if $(SLUICE) --version | grep failpoints; then echo "$(SLUICE) is a test build"; exit 1; fi
endef

# Only `contract` asks Stripe itself: the other tests bring a provider of their own, which has another key.
UNTIED := env -u STRIPE_SECRET_KEY

.PHONY: help install run dev demo crowd test lint unit unit-cluster unit-postgres captcha-ocr adversary contract localstripe schedules chaos e2e bench pictures fmt clean

help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | expand -t 15

install: ## Install what is missing: wasm target, Redis, npm tools (the others below do it by themselves)
	@deploy/install.sh

run: install ## Build for production and open a demo sale with a crowd: CROWD=0 for none
	cargo build --release -p server -p herd
	cargo build -p xtask
	$(ship)
	$(XTASK) site --release
	SLUICE_GATE__DIFFICULTY=$(DIFFICULTY) exec $(SLUICE) serve --demo

dev: ## The demo sale without a crowd, rebuilt at every change of a file
	@deploy/install.sh --watch
	CROWD=0 exec cargo leptos watch -- serve --demo

demo: ## Start the demo sale again, crowd and all, on the server that `make run` left running
	$(SLUICE) sale demo
	@if [ $(CROWD) -gt 0 ]; then \
		target/release/herd crowd --continuous --shoppers $(CROWD) --url $(URL); \
	fi

crowd: ## Send CROWD shoppers to the server that `make run` left running
	target/release/herd crowd --shoppers $(CROWD) --url $(URL)

test: ## Everything that must pass: lint, unit and integration tests, the browser's walk
	@deploy/install.sh --browser
	@$(MAKE) lint
	cargo build $(TEST_BUILD)
	$(XTASK) site --dev
	@$(UNTIED) $(MAKE) unit
	@$(UNTIED) $(MAKE) unit-cluster
	@$(UNTIED) $(MAKE) unit-postgres
	@$(MAKE) contract
	@$(UNTIED) $(MAKE) localstripe
	$(UNTIED) target/debug/chaos --smoke
	@$(UNTIED) $(MAKE) e2e

lint: ## Formatting, clippy without a warning, and licences and advisories where cargo-deny is present
	cargo fmt --all --check
	cargo clippy $(TEST_BUILD) --all-targets -- -D warnings
	@if cargo deny --version >/dev/null 2>&1; then \
		cargo deny check; \
	else \
		echo "lint: cargo deny is not installed, its checks are skipped"; \
	fi

unit: ## The Rust tests alone
	@if cargo nextest --version >/dev/null 2>&1; then \
		set -x; cargo nextest run $(TEST_BUILD); \
	else \
		echo "unit: cargo nextest is not installed, this is cargo test"; \
		set -x; cargo test $(TEST_BUILD); \
	fi

# The tests named cluster and sentinel bring their own Redis, and ran in `unit`.
unit-cluster: ## The engine's tests again, each on a Redis Cluster of its own
	@export TEST_REDIS=cluster; \
	if cargo nextest --version >/dev/null 2>&1; then \
		set -x; cargo nextest run $(TEST_BUILD) -E 'package(engine) and binary(it) and not test(/^(cluster|sentinel)::/)'; \
	else \
		set -x; cargo test -p engine --test it -- --skip cluster:: --skip sentinel::; \
	fi

# Whatever touches the ledger; the other tests of the server say the same on either database.
unit-postgres: ## The tests of the ledger once more, on a Postgres that is started for them
	@if cargo nextest --version >/dev/null 2>&1; then \
		set -x; deploy/with-postgres.sh cargo nextest run $(TEST_BUILD) -E '(package(engine) and (kind(test) or test(/^ledger::/))) or (package(server) and kind(test) and test(/^(commands|edges|redis_dies|survival)::/))'; \
	else \
		set -x; deploy/with-postgres.sh cargo test -p engine -p server --test it; \
	fi

schedules: ## Thousands of random schedules of faults, crashes and webhooks against the payment worker
	SLUICE_SCHEDULES=full cargo test $(TEST_BUILD) --lib schedules -- --nocapture --test-threads 1

captcha-ocr: ## How many of our CAPTCHA pictures tesseract reads (apt-get install tesseract-ocr); fails at 5%
	cargo nextest run $(TEST_BUILD) --run-ignored only --no-capture -E 'test(/tesseract_reads/)'

adversary: ## Attackers against the real server, with no layer, each, all, and all but one: docs/SECURITY.md. Takes an hour
	cargo build --release -p herd
	target/release/herd adversary --seeds 30

contract: ## What the simulator promises, asked of Stripe's own test mode: STRIPE_SECRET_KEY=sk_test_...
	@if [ -z "$${STRIPE_SECRET_KEY:-}" ]; then \
		echo "contract: STRIPE_SECRET_KEY is not set, Stripe itself is not asked"; \
	elif cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run $(TEST_BUILD) --run-ignored only -E 'package(psp) and test(/^contract::/)'; \
	else \
		cargo test -p psp --test it -- --ignored contract::; \
	fi

# What the browser does with it is in `e2e`. The script ends with 75 where there is no way to install it.
localstripe: ## The payment client against localstripe, an implementation of Stripe's API that is not ours (PyPI)
	@code=0; LOCALSTRIPE=$$(deploy/localstripe.sh) || code=$$?; \
	if [ $$code = 75 ]; then \
		echo "localstripe: it cannot be installed here, its tests are skipped"; \
	elif [ $$code != 0 ]; then \
		exit $$code; \
	elif cargo nextest --version >/dev/null 2>&1; then \
		export LOCALSTRIPE; set -x; cargo nextest run $(TEST_BUILD) --run-ignored only -E 'package(engine) and test(/^localstripe::/)'; \
	else \
		export LOCALSTRIPE; set -x; cargo test -p engine --test it -- --ignored localstripe::; \
	fi

chaos: ## Kill every part at every moment of a small sale; the table goes into docs/RELIABILITY.md
	cargo build $(TEST_BUILD)
	target/debug/chaos --markdown docs/RELIABILITY.md

e2e: ## The browser's walk alone, against target/debug/sluice as it was last built
	tsc -p end2end
	export LOCALSTRIPE=$$(deploy/localstripe.sh || test $$? = 75); cd end2end && npx --no-install playwright test

bench: ## Measure the budgets into target/bench/report.json; fails when one is missed
	@deploy/install.sh --browser
	cargo build --release -p server -p herd -p bench
	cargo build -p xtask
	$(ship)
	$(XTASK) site --release
	$(XTASK) solver-reference
	deploy/with-postgres.sh bash -c 'BENCH_POSTGRES_URL="$$TEST_POSTGRES_URL" exec target/release/bench'

pictures: ## Take the screenshots of docs/images again
	cd end2end && npx --no-install playwright test -c pictures.config.ts

fmt: ## Format the Rust code
	cargo fmt --all

clean: ## Remove what was built (never data/: a ledger may lie there)
	cargo clean
	rm -rf end2end/test-results end2end/playwright-report
