#!/bin/sh
# Makes sure that programs of PostgreSQL 14 to 18 are on this machine: finds them, or installs them
# with apt, dnf or brew. Only the programs are wanted; no server of the system's own is started.
#
# With --find, tells the directory of the newest ones and installs nothing.
set -eu

oldest=14
newest=18

say() {
  printf '%s\n' "$@" >&2
}

# The directories in which the programs may be, one a line, as tenantry-devdb looks for them.
places() {
  if [ -n "${TENANTRY_PG_BIN:-}" ]; then
    printf '%s\n' "$TENANTRY_PG_BIN"
    return
  fi
  if command -v pg_config >/dev/null 2>&1; then
    pg_config --bindir
  fi
  printf '%s\n' "$PATH" | tr ':' '\n'
  for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
    /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
    /home/linuxbrew/.linuxbrew/opt/postgresql*/bin \
    /Applications/Postgres.app/Contents/Versions/*/bin; do
    printf '%s\n' "$dir"
  done
}

major_version() {
  "$1/postgres" --version 2>/dev/null | sed -n 's/^.*(PostgreSQL) \([0-9]*\).*$/\1/p'
}

# Tells the newest supported one as "major directory"; fails if there is none.
find_programs() {
  places | while IFS= read -r dir; do
    [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] || continue
    major=$(major_version "$dir")
    [ -n "$major" ] || continue
    [ "$major" -ge "$oldest" ] && [ "$major" -le "$newest" ] || continue
    printf '%s %s\n' "$major" "$dir"
  done | sort -s -n -r -k 1,1 | sed -n 1p | grep .
}

if found=$(find_programs); then
  say "PostgreSQL ${found%% *} is in ${found#* }"
  exit 0
fi
if [ "${1:-}" = --find ]; then
  say "no programs of PostgreSQL $oldest to $newest are here"
  exit 1
fi
if [ -n "${TENANTRY_PG_BIN:-}" ]; then
  say "TENANTRY_PG_BIN is $TENANTRY_PG_BIN, and no PostgreSQL $oldest to $newest is there"
  exit 1
fi

# Runs a command as root, or tells what to type.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    say "+ sudo $*"
    sudo "$@"
  else
    say "This has to be typed as root, and there is no sudo here:" "  $*" "Then start again."
    exit 1
  fi
}

with_apt() {
  as_root apt-get update
  # First what decides whether the package makes and starts a server of its own, which is not
  # wanted; and then everything as it was, for those who want one later.
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --no-install-recommends postgresql-common
  conf=/etc/postgresql-common/createcluster.conf
  # An earlier run that was interrupted has left the original there.
  [ -e "$conf.tenantry" ] || as_root cp -p "$conf" "$conf.tenantry"
  as_root sh -c "sed '/^[#[:space:]]*create_main_cluster/d' $conf.tenantry >$conf &&
    echo 'create_main_cluster = false' >>$conf"
  status=0
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --no-install-recommends postgresql || status=$?
  as_root mv "$conf.tenantry" "$conf"
  return $status
}

with_dnf() {
  # Older Red Hat systems offer several versions as modules, and an unsupported one by default.
  if dnf --quiet module list postgresql 2>/dev/null | grep -q '^postgresql *16 '; then
    as_root dnf --assumeyes module enable postgresql:16
  fi
  as_root dnf --assumeyes install postgresql-server
}

with_brew() {
  brew install postgresql@17
}

say "PostgreSQL $oldest to $newest is not here; installing it"
if command -v brew >/dev/null 2>&1 && [ "$(id -u)" -ne 0 ]; then
  with_brew
elif command -v apt-get >/dev/null 2>&1; then
  with_apt
elif command -v dnf >/dev/null 2>&1; then
  with_dnf
else
  say "There is neither apt, dnf nor brew here. Install PostgreSQL $oldest to $newest, server" \
    "included, in your system's way, for example one of:" \
    "  sudo pacman -S postgresql" \
    "  sudo zypper install postgresql-server" \
    "  apk add postgresql" \
    "or name the directory of its programs: export TENANTRY_PG_BIN=/path/to/postgresql/bin"
  exit 1
fi

if found=$(find_programs); then
  say "PostgreSQL ${found%% *} is in ${found#* }"
  exit 0
fi
say "What was installed has no PostgreSQL $oldest to $newest: this system's own packages may be" \
  "too old. PostgreSQL's site, https://www.postgresql.org/download, tells how to get a newer one." \
  "Then start again, or name its directory: export TENANTRY_PG_BIN=/path/to/postgresql/bin"
exit 1
