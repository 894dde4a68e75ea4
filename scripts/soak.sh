#!/bin/sh
# The leak hunt at length: some eight minutes on two cores. TENANTRY_SOAK_OPERATIONS sets another length,
# and TENANTRY_SOAK_SEED tries again what a run has printed.
set -eu

: "${TENANTRY_SOAK_OPERATIONS:=200000}"
export TENANTRY_SOAK_OPERATIONS

cargo test --locked -p tenantry --test soak -- --nocapture

# Runners and PostgreSQL killed at random points, hundreds of times.
: "${TENANTRY_KILLS:=400}"
export TENANTRY_KILLS
cargo test --locked -p tenantry-cli --test cli killing -- --nocapture
