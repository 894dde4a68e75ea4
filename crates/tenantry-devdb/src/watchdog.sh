# Starts PostgreSQL, and stops it when the last of its owners has gone, however it went.
#
# Standard input is the pipe that every owner holds open for writing: it ends with the last of
# them, and goes on when another comes. Standard output is the locked file that PostgreSQL inherits,
# so that the lock is held for as long as any process of it lives. Standard error is its log.
#
# Arguments: the directory everything is in; how many seconds to wait for another owner; `keep` or
# `wipe`, what to do with the data in the end; the socket's directory; then `start` and PostgreSQL's
# command line, or `adopt` and the id of a postmaster whose watchdog was killed.

home=$1 patience=$2 finally=$3 sockets=$4 how=$5
shift 5
echo $$ >"$home/run/watchdog"

if [ "$how" = start ]; then
  "$@" <&1 >&2 &
  server=$!
else
  server=$1
fi
exec >&2
trap '' HUP INT TERM
# An owner stopped the server itself: take note of the end, which nobody else can, and leave.
trap 'wait "$server" 2>/dev/null; exit 0' USR1

# Waits until no owner holds the pipe. Each one writes a line when it comes, so this is true if
# there was any.
owned() {
  seen=1
  while read -r line; do seen=0; done
  return $seen
}

# Whether the postmaster still lives, and its id was not given to another process since.
serves() {
  { tr '\0' ' ' <"/proc/$server/cmdline" || ps -ww -o args= -p "$server"; } 2>/dev/null |
    grep -q -F -- "$home/data "
}

# Sends the signal until the postmaster has ended, for half a minute: one that is only just
# starting misses the first.
ends_by() {
  tries=300
  while serves; do
    [ "$tries" -gt 0 ] || return 1
    [ $((tries % 10)) -ne 0 ] || kill -s "$1" "$server"
    tries=$((tries - 1))
    sleep 0.1
  done
}

left=$patience
while :; do
  if owned; then left=$patience; fi
  if [ "$left" -gt 0 ]; then
    left=$((left - 1))
    sleep 1
    continue
  fi
  # Nobody came: close the door, and look once more for one who was just stepping in.
  mv "$home/run/owners" "$home/run/closing" || break
  if owned; then
    mv "$home/run/closing" "$home/run/owners"
    left=$patience
    continue
  fi
  break
done

# Fast shutdown, then immediate, then what cannot be refused.
for signal in INT QUIT KILL; do
  ends_by "$signal" && break
done
wait "$server" 2>/dev/null
rm -rf "$sockets"
# Not all of it can be removed if it is within what is root's.
[ "$finally" = wipe ] && rm -rf "$home/data" "$home" 2>/dev/null
mv "$home/run/closing" "$home/run/owners" 2>/dev/null
rm -f "$home/run/watchdog"
exit 0
