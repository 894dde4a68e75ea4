#!/bin/sh
# Runs all tests: with cargo-nextest if that is installed, else with cargo alone.
set -eu

if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --workspace --all-features --locked
  # Nextest leaves out the examples in the documentation.
  cargo test --workspace --all-features --locked --doc
else
  cargo test --workspace --all-features --locked
fi
