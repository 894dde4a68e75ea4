#!/usr/bin/env bash
# Measures the multi-tenant server: see "The server" in README.md. What follows the name goes to
# tenantry-bench server NAME, which says what it takes by --help.
#
#   bench/server.sh json       a route that answers a small JSON, beside Fastify
#   bench/server.sh row        a route that reads a row, beside Fastify with drizzle-multitenant
#   bench/server.sh tenants    a thousand tenants in one process
#   bench/server.sh reload     reloading under load
#   bench/server.sh watch      from a saved file to the new code's first answer
#   bench/server.sh beside     a quiet tenant beside a bad one
set -euo pipefail
cd "$(dirname "$0")/.."

what=${1:-}
case "$what" in
    json | row | tenants | reload | watch | beside) shift ;;
    *)
        sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac

scripts/install-postgresql.sh
if [ ! bench/node/node_modules/.package-lock.json -nt bench/node/package-lock.json ]; then
    npm ci --prefix bench/node --loglevel=error
fi
cargo build --profile production --locked -p tenantry-cli
cargo build --profile production --locked -p tenantry-bench
exec "${CARGO_TARGET_DIR:-target}/production/tenantry-bench" server "$what" "$@"
