#!/bin/sh
# The leak hunt at length: some eight minutes on two cores. TENANTRY_SOAK_OPERATIONS sets another length,
# and TENANTRY_SOAK_SEED tries again what a run has printed.
set -eu

: "${TENANTRY_SOAK_OPERATIONS:=200000}"
export TENANTRY_SOAK_OPERATIONS

cargo test --locked -p tenantry --test soak -- --nocapture
