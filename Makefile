# All development and CI tasks: `make help` lists them.

CARGO ?= cargo

# Tests that do not depend on the store run only once.
STORED := not test(/^(architecture|config|openapi|process|templates::verb)::|mongodb/)
# On MongoDB, `make test` omits those that hardly use the store. `make soak` runs all of them.
GATED := $(STORED) and not test(/^(cli|cors|dashboard|docs|failure|federation::outbound|floods|http|kill::commits|metrics|origin_defects|outbox::(retries|servers)|pages|requirements|sms|templates|token_matrix)::/)
# The conformance suite again, with two servers that alternate.
NODES := test(/^mongodb_nodes::/)

SOAK := --profile soak --run-ignored ignored-only --no-capture
# Timing is measured on release builds: without optimisation, reading a row is measurably slower than reading none.
TIMED := test(/^timing::/)

.DEFAULT_GOAL := help
.PHONY: help run check test test-quick test-pages test-clients test-packages packages release soak bench growth directory instructions generate screenshots tools

help: ## list all targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: ## serve for development on http://localhost:8000
	$(CARGO) run --release

check: ## check format, lints, documentation, and licences and sources of dependencies
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CARGO) clippy --package portcullis --no-default-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --quiet
	misc/install-tools.sh cargo-deny
	$(CARGO) deny --log-level error check bans licenses sources

test: ## all tests, on both stores, in a browser and with generated clients; installs missing tools
	misc/install-tools.sh cargo-nextest
	misc/with-redis.sh misc/with-mongod.sh $(CARGO) nextest run --workspace -E 'not $(NODES)'
	$(CARGO) test --doc --package portcullis-core --quiet
	PORTCULLIS_TEST_STORE=mongodb misc/with-mongod.sh $(CARGO) nextest run --workspace -E 'package(portcullis) and $(GATED)'
	misc/test-pages.sh
	misc/test-clients.sh
	misc/test-packages.sh

test-pages: ## tests of the pages in a real browser
	misc/test-pages.sh

test-clients: ## generated clients, compiled and used to log in; requests compared with the original system
	misc/test-clients.sh all

test-packages: ## wheel and image with the test build, from an empty environment to a verified login; linters
	misc/test-packages.sh

packages: ## build the released program, for aarch64 too, test every format, and check that the build is reproducible: an hour, as root
	packaging/lint.sh
	packaging/build.sh > target/packages.program
	packaging/check.sh "$$(cat target/packages.program)" archive wheel npm deb image
	packaging/artefacts.sh "$$(cat target/packages.program)" target/dist-packages
	packaging/reproduce.sh "$$(cat target/packages.program)"
	packaging/build.sh dist aarch64 > target/packages.aarch64
	packaging/foreign.sh "$$(cat target/packages.aarch64)" aarch64

release: ## commit and tag a release: make release VERSION=0.2.0
	packaging/release.sh "$(VERSION)"

test-quick: ## all tests on SQLite only, without a browser
	misc/install-tools.sh cargo-nextest
	$(CARGO) nextest run --workspace -E 'not test(/mongodb|^redis::/)'
	$(CARGO) test --doc --package portcullis-core --quiet

soak: ## crashes, floods and timing, on both stores: half an hour on an idle machine
	misc/install-tools.sh cargo-nextest caddy haproxy nginx
	misc/redis-versions.sh
	misc/with-mongod.sh $(CARGO) nextest run --package portcullis-backends -E '$(NODES)'
	misc/with-redis.sh misc/with-mongod.sh $(CARGO) nextest run --workspace $(SOAK) -E 'not $(TIMED)'
	PORTCULLIS_TEST_STORE=mongodb misc/with-mongod.sh \
		$(CARGO) nextest run --workspace $(SOAK) -E 'package(portcullis) and $(STORED) and not $(TIMED)'
	PORTCULLIS_TEST_ROUNDS=20 PORTCULLIS_TEST_STORE=mongodb misc/with-redis.sh --shared misc/with-mongod.sh \
		$(CARGO) nextest run --workspace -E 'package(portcullis) and $(STORED)'
	$(CARGO) nextest run --release --package portcullis $(SOAK) -E '$(TIMED)'
	PORTCULLIS_TEST_STORE=mongodb misc/with-mongod.sh \
		$(CARGO) nextest run --release --package portcullis $(SOAK) -E '$(TIMED)'
	misc/test-clients.sh all
	misc/test-pages.sh e2e/passkeys.soak.mjs
	misc/test-pages.sh e2e/single-sign-on.soak.mjs

bench: ## throughput on SQLite, and on MongoDB with Redis, compared with the limits of this machine
	PORTCULLIS_TEST_MONGOD_DATA=target misc/with-redis.sh --shared misc/with-mongod.sh $(CARGO) bench --profile dist --package portcullis --bench table

growth: ## how cost grows with users and realms, on SQLite
	$(CARGO) bench --profile dist --package portcullis --bench table -- --growth

directory: ## administration of 200,000 users, on SQLite and MongoDB
	PORTCULLIS_TEST_MONGOD_DATA=target misc/with-mongod.sh $(CARGO) bench --profile dist --package portcullis --bench table -- --directory

PROFILE ?= dist
instructions: ## count the instructions of a read, login and refresh, and compare them with misc/instructions.txt
	$(CARGO) build --profile $(PROFILE)
	misc/instructions.py $${CARGO_TARGET_DIR:-target}/$(PROFILE)/portcullis $(PROFILE)

generate: ## rewrite the generated documents: openapi.json, settings.md, metrics.md, templates.md and the tables of ARCHITECTURE.md
	UPDATE=1 $(CARGO) test --package portcullis --test suite -- generated

screenshots: ## update the pictures in docs/images
	misc/test-pages.sh misc/screenshots.mjs
