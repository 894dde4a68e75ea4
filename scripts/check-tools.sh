#!/bin/sh
# Checks that Rust and a C compiler are there, which everything else is built with.
set -eu

say() {
  printf '%s\n' "$@" >&2
}

missing=0

if ! command -v cargo >/dev/null 2>&1; then
  say "cargo is not here: install Rust as https://rustup.rs says, and open a new shell."
  missing=1
fi

# Rust links with cc. On macOS there is a /usr/bin/cc that only offers to install the real one.
has_compiler() {
  if [ "$(uname -s)" = Darwin ]; then
    xcode-select -p >/dev/null 2>&1
  else
    command -v "${CC:-cc}" >/dev/null 2>&1
  fi
}

if ! has_compiler; then
  say "A C compiler is not here, and Rust links with it. Install one:"
  if [ "$(uname -s)" = Darwin ]; then
    say "  xcode-select --install"
  elif command -v apt-get >/dev/null 2>&1; then
    say "  sudo apt-get install build-essential"
  elif command -v dnf >/dev/null 2>&1; then
    say "  sudo dnf install gcc"
  else
    say "  your system's package for gcc or clang"
  fi
  missing=1
fi

exit $missing
