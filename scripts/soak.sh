#!/bin/sh
# The leak hunt at length, and the tests that take longer than ten seconds by their nature. About five
# minutes on two cores that are free, eight at most; TENANTRY_SOAK_OPERATIONS sets another length, and
# TENANTRY_SOAK_SEED tries again what a run has printed.
set -eu

: "${TENANTRY_SOAK_OPERATIONS:=200000}"
export TENANTRY_SOAK_OPERATIONS

cargo test --locked -p tenantry --test soak -- --include-ignored --nocapture
