# The one front door: `make help` lists the verbs.

CARGO ?= cargo

.DEFAULT_GOAL := help
.PHONY: help run check test test-quick test-pages soak bench generate tools

help: ## list the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## serve for development on http://127.0.0.1:8000
	$(CARGO) run --release

check: ## format, lints as errors, documentation, licences and sources of dependencies
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --quiet
	misc/install-tools.sh cargo-deny
	$(CARGO) deny --log-level error check bans licenses sources

test: ## everything that must hold, with what it needs installed first
	misc/install-tools.sh cargo-nextest
	$(CARGO) nextest run --workspace

test-pages: ## the pages, looked at by a real browser
	misc/test-pages.sh

soak: ## kills and floods: minutes, not seconds
	misc/install-tools.sh cargo-nextest
	$(CARGO) nextest run --workspace --run-ignored ignored-only --no-capture

bench: ## what it does in a second, beside the ceilings of this machine
	$(CARGO) bench --package portcullis --bench table

generate: ## rewrite what is generated from the code: docs/openapi.json, docs/settings.md
	UPDATE=1 $(CARGO) test --package portcullis --test suite -- generated
