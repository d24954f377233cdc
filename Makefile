# The one front door: `make help` lists the verbs.

CARGO ?= cargo

# What does not depend on the store needs no second run.
STORED := not test(/^(config|house|openapi|process|templates::verb)::|mongodb/)

SOAK := --profile soak --run-ignored ignored-only --no-capture
# Time is measured of what is shipped: without optimisation every read of a row could be told from none.
TIMED := test(/^timing::/)

.DEFAULT_GOAL := help
.PHONY: help run check test test-quick test-pages soak bench generate screenshots tools

help: ## list the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## serve for development on http://127.0.0.1:8000
	$(CARGO) run --release

check: ## format, lints as errors, documentation, licences and sources of dependencies
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --package portcullis --no-default-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --quiet
	misc/install-tools.sh cargo-deny
	$(CARGO) deny --log-level error check bans licenses sources

test: ## everything that must hold, on both stores and in a browser, with what it needs installed first
	misc/install-tools.sh cargo-nextest
	misc/with-mongod.sh $(CARGO) nextest run --workspace
	PORTCULLIS_TEST_STORE=mongodb misc/with-mongod.sh $(CARGO) nextest run --package portcullis -E '$(STORED)'
	misc/test-pages.sh

test-pages: ## the pages, looked at by a real browser
	misc/test-pages.sh

test-quick: ## the same on SQLite alone
	misc/install-tools.sh cargo-nextest
	$(CARGO) nextest run --workspace -E 'not test(/mongodb/)'

soak: ## kills, floods and what time tells, on both stores: a quarter of an hour on an idle machine
	misc/install-tools.sh cargo-nextest
	misc/with-mongod.sh $(CARGO) nextest run --workspace $(SOAK) -E 'not $(TIMED)'
	PORTCULLIS_TEST_STORE=mongodb misc/with-mongod.sh \
		$(CARGO) nextest run --package portcullis $(SOAK) -E '$(STORED) and not $(TIMED)'
	$(CARGO) nextest run --release --package portcullis $(SOAK) -E '$(TIMED)'
	PORTCULLIS_TEST_STORE=mongodb misc/with-mongod.sh \
		$(CARGO) nextest run --release --package portcullis $(SOAK) -E '$(TIMED)'

bench: ## what it does in a second on both stores, beside the ceilings of this machine
	PORTCULLIS_TEST_MONGOD_DATA=target misc/with-mongod.sh $(CARGO) bench --package portcullis --bench table

generate: ## rewrite what is generated from the code: docs/openapi.json, docs/settings.md, docs/metrics.md, docs/templates.md
	UPDATE=1 $(CARGO) test --package portcullis --test suite -- generated

screenshots: ## make the pictures of docs/images anew
	misc/test-pages.sh misc/screenshots.mjs
