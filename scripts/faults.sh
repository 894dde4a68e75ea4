#!/usr/bin/env bash
# Builds each fault of scripts/faults.txt into its crate and runs the crate's tests: they must fail.
# Then again without a fault: they must pass. With arguments, only the faults of these crates.
#
# A fault reaches the crate by TENANTRY_FAULT, which its build script turns into a cfg: only that
# crate and its tests are compiled anew, and once more when it is built without.
set -euo pipefail
cd "$(dirname "$0")/.."

# A test that hangs for want of a connection has failed, too.
patience=300
missed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# run CRATE FILTER: the crate's integration tests.
run() {
  timeout "$patience" cargo test --quiet --locked -p "$1" --test it -- ${2:+"$2"} >"$log" 2>&1
}

build() {
  cargo test --quiet --locked -p "$1" --test it --no-run >"$log" 2>&1 || { cat "$log"; exit 1; }
}

faults=$(grep -v '^ *\(#\|$\)' scripts/faults.txt)
crates=$(awk '{ print $1 }' <<<"$faults" | sort -u)

for crate in $crates; do
  [[ $# -eq 0 || " $* " == *" $crate "* ]] || continue
  build "$crate"
  while read -r _ fault filter; do
    TENANTRY_FAULT=$fault build "$crate"
    if TENANTRY_FAULT=$fault run "$crate" "$filter"; then
      printf 'MISSED  %s %s: all tests passed\n' "$crate" "$fault"
      missed=1
    elif failed=$(sed -n 's/^test \(.*\) \.\.\. FAILED$/\1/p; s/^    \([a-z_0-9:]*::[a-z_0-9:]*\)$/\1/p' "$log" | sort -u) && [[ -n $failed ]]; then
      printf 'noticed %s %s by %s\n' "$crate" "$fault" "$(head -3 <<<"$failed" | paste -sd ' ')"
    else
      printf 'MISSED  %s %s: no test failed, but they did not end well\n' "$crate" "$fault"
      tail -20 "$log"
      missed=1
    fi
  done < <(awk -v crate="$crate" '$1 == crate' <<<"$faults")
  if run "$crate" ""; then
    printf 'passed  %s without a fault\n' "$crate"
  else
    printf 'FAILED  %s without a fault\n' "$crate"
    tail -40 "$log"
    missed=1
  fi
done
exit "$missed"
