# The commands of this repository; the work is done by cargo and by scripts/.

.DEFAULT_GOAL := help
.PHONY: help demo test faults soak bench lint

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## run the projects API on a private PostgreSQL with two tenants
	@scripts/check-tools.sh
	@scripts/install-postgresql.sh
	cargo run --release --locked -p tenantry-cli -- demo

test: ## install what the tests need, and run them all
	@scripts/check-tools.sh
	@scripts/install-postgresql.sh
	scripts/test.sh

faults: ## build faults in, one at a time, and see that the tests notice each
	@scripts/check-tools.sh
	scripts/faults.sh

soak: ## hunt for leaks between tenants for some minutes, and wait for what takes long
	@scripts/check-tools.sh
	@scripts/install-postgresql.sh
	scripts/soak.sh

bench: ## measure, side by side with bare axum and the TypeScript toolkit
	@scripts/check-tools.sh
	@scripts/install-postgresql.sh
	bash bench/run.sh

lint: ## check format, lints and documentation, warnings denied
	@scripts/check-tools.sh
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --all-features --locked
