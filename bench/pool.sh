#!/usr/bin/env bash
# Measures what the pool does: see "The pool" in README.md. What follows the name goes to
# tenantry-bench pool NAME, which says what it takes by --help.
#
#   bench/pool.sh many        10,000 tenants on 20 connections, against bare axum
#   bench/pool.sh quiet       a quiet tenant beside one that floods
#   bench/pool.sh backends    the memory of PostgreSQL's backends across 10,000 schemas
#   bench/pool.sh cost        what binding, reset and holding cost
#   bench/pool.sh hold        what holding, and waiting for the home connection, buy
set -euo pipefail
cd "$(dirname "$0")/.."

what=${1:-}
case "$what" in
    many | quiet | backends | cost | hold) shift ;;
    *)
        sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac

scripts/install-postgresql.sh
built=${CARGO_TARGET_DIR:-target}/production

if [ "$what" = hold ]; then
    # The same program, whose connections are never held.
    TENANTRY_HOLD=never cargo build --profile production --locked -p projects-api
    cp "$built/projects-api" "$built/projects-api-never-held"
fi
cargo build --profile production --locked -p projects-api -p tenantry-cli
cargo build --profile production --locked -p tenantry-bench
exec "$built/tenantry-bench" pool "$what" "$@"
