#!/bin/sh
# What takes long. First the leak hunt: some eight minutes on two cores. TENANTRY_SOAK_OPERATIONS sets another length,
# and TENANTRY_SOAK_SEED tries again what a run has printed.
set -eu

: "${TENANTRY_SOAK_OPERATIONS:=200000}"
export TENANTRY_SOAK_OPERATIONS

cargo test --locked -p tenantry --test soak -- --nocapture

# Runners and PostgreSQL killed at random points, hundreds of times.
: "${TENANTRY_KILLS:=400}"
export TENANTRY_KILLS
cargo test --locked -p tenantry-cli --test cli killing -- --nocapture

# The server's memory over a hundred thousand requests, a thousand reloads, ten thousand loads and unloads:
# some minutes of an optimised build.
: "${TENANTRY_SOAK_REQUESTS:=100000}" "${TENANTRY_SOAK_RELOADS:=1000}" "${TENANTRY_SOAK_LOADS:=10000}"
export TENANTRY_SOAK_REQUESTS TENANTRY_SOAK_RELOADS TENANTRY_SOAK_LOADS
timeout 1800 cargo test --release --locked -p tenantry-server --test memory -- --nocapture
