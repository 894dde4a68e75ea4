#!/usr/bin/env bash
# Measures Tenantry side by side with bare axum, Node and psql: see README.md.
#
#   bench/run.sh           all rounds, about a quarter of an hour
#   bench/run.sh --quick   one short round, to see that everything works
set -euo pipefail
cd "$(dirname "$0")/.."

quick=()
case "${1:-}" in
    "") ;;
    --quick) quick=(--quick) ;;
    *)
        echo "usage: bench/run.sh [--quick]" >&2
        exit 2
        ;;
esac

for tool in cargo node npm; do
    if ! command -v "$tool" >/dev/null; then
        echo "bench: $tool is missing; it takes Rust, and Node 20 or newer with npm" >&2
        exit 2
    fi
done

# Runs a command so that a signal reaches it at once, and waits until it has stopped what it
# started.
running=
measure() {
    "$@" &
    running=$!
    wait "$running"
    running=
}
stop() {
    trap - INT TERM
    if [ -n "$running" ]; then
        kill -TERM "$running" 2>/dev/null || true
        wait "$running" 2>/dev/null || true
    fi
    exit "$1"
}
trap 'stop 130' INT
trap 'stop 143' TERM

scripts/install-postgresql.sh

if [ ! bench/node/node_modules/.package-lock.json -nt bench/node/package-lock.json ]; then
    measure npm ci --prefix bench/node --loglevel=error
fi

# Apart from each other, so that the programs measured are built just as a user builds them.
measure cargo build --profile production --locked -p projects-api -p tenantry-cli
measure cargo build --profile production --locked -p tenantry-bench

bench=${CARGO_TARGET_DIR:-target}/production/tenantry-bench
measure "$bench" run ${quick[@]+"${quick[@]}"}
measure "$bench" migrations ${quick[@]+"${quick[@]}"}

echo
echo "The tables are in bench/results/http.md and bench/results/migrations.md."
