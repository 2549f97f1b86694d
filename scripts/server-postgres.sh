#!/usr/bin/env bash
# A server Postgres with pgvector for tests and benchmarks, on loopback, next to the embedded one.
#
#   scripts/server-postgres.sh start [PORT]   starts it (installs it first, once) and prints its URL
#   scripts/server-postgres.sh url            prints the URL of the running server
#   scripts/server-postgres.sh stop           stops it; the data stays
#   scripts/server-postgres.sh crash          stops it as a cut of the power does; the next start recovers
#   scripts/server-postgres.sh data           prints the folder of its data
#   scripts/server-postgres.sh drop           of one with a name: stops it and removes its data
#
# NOCTUARY_PG_DIR  where it lives (default: .postgres in the project; delete the folder to start afresh)
# NOCTUARY_PG_PORT the port, when the argument is not given (default: a free one)
# NOCTUARY_PG_NAME another server beside the usual one, with data of its own, for a test that stops it or fills its disk
# NOCTUARY_PG_DISK_MB of one with a name: its data lies on a disk of so many megabytes (needs root)
#
# A Postgres on this machine that has pgvector is used. Otherwise Debian's Postgres 17 goes into a chroot of its own
# (about 700 MB, about a minute, needs root and a Debian mirror in apt's configuration): nothing else changes here.
#
# Exit status: 0 done, 1 failed, 2 wrong usage, 3 cannot be had on this machine ("skipped: ..." says why).
# Trust authentication: any account on this machine can connect. Never put real notes into it.
set -euo pipefail
umask 022 # the server's account must be able to enter what root creates

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dir=${NOCTUARY_PG_DIR:-$project/.postgres}
name=${NOCTUARY_PG_NAME:-}
case $name in *[!a-z0-9-]*) echo "NOCTUARY_PG_NAME: letters, digits and hyphens" >&2; exit 2 ;; esac
of=${name:+-$name}
case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
suite=trixie
version=17
root=$dir/$suite

fail() { echo "$1" >&2; exit 1; }
skip() { echo "skipped: $1" >&2; exit 3; }
have() { command -v "$1" >/dev/null 2>&1; }

# within SECONDS COMMAND...: macOS has no timeout(1); there only an installed server is used, which needs no download.
within() {
  local seconds=$1
  shift
  if have timeout; then timeout --kill-after=10 "$seconds" "$@"; else "$@"; fi
}

# --- finding a server ------------------------------------------------------------------------------------------------

# Prints the bin folder of the newest installed server that has pgvector.
installed_bin() {
  local bin share
  {
    for bin in /usr/lib/postgresql/*/bin; do
      share=/usr/share/postgresql/$(basename "$(dirname "$bin")")
      if [ -x "$bin/initdb" ] && [ -f "$share/extension/vector.control" ]; then echo "$bin"; fi
    done
    if have pg_config; then
      bin=$(pg_config --bindir)
      if [ -x "$bin/initdb" ] && [ -f "$(pg_config --sharedir)/extension/vector.control" ]; then echo "$bin"; fi
    fi
  } | sort -V | tail -n 1
}

# The server refuses to run as root, and its account must be able to enter the folder.
installed_usable() {
  [ "$(id -u)" -ne 0 ] && return 0
  have runuser && id postgres >/dev/null 2>&1 || return 1
  mkdir -p "$dir" && runuser -u postgres -- test -x "$dir"
}

# choose_server: sets `kind` (installed, chroot or empty), `bin` and `data` (as the server sees it).
choose_server() {
  kind= bin=$(installed_bin) data=$dir/data$of
  if [ -x "$root/usr/lib/postgresql/$version/bin/initdb" ] && [ "$(id -u)" -eq 0 ]; then
    kind=chroot bin=/usr/lib/postgresql/$version/bin data=/pgdata$of
  elif [ -n "$bin" ] && installed_usable; then
    kind=installed
  fi
}

# as_server PROGRAM ARGUMENTS...: runs one of the server's programs as the account that owns the data.
as_server() {
  local program=$1
  shift
  if [ "$kind" = chroot ]; then
    LC_ALL=C.UTF-8 chroot --userspec=postgres:postgres "$root" "$bin/$program" "$@"
  elif [ "$(id -u)" -eq 0 ]; then
    runuser -u postgres -- "$bin/$program" "$@"
  else
    "$bin/$program" "$@"
  fi
}

# --- installing ------------------------------------------------------------------------------------------------------

# The Debian archive that apt itself uses here. Never printed: some mirrors have credentials in their address.
debian_mirror() {
  apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    sed -n 's/^Debian|Debian|//p' | head -n 1
}

# An interrupted installation may have left the chroot's /proc and /sys mounted, and rm must not walk into them.
unmount_under() {
  local mounted
  awk -v under="$1/" 'index($2, under) == 1 { print $2 }' /proc/mounts | sort -r |
    while read -r mounted; do umount "$mounted"; done
}

install_server() {
  local mirror partial=$dir/$suite.partial log=$dir/install.log proxy=
  [ "$(id -u)" -eq 0 ] || skip "no installed Postgres with pgvector, and only root can install one in a chroot"
  have apt-get || skip "no installed Postgres with pgvector, and this machine has no apt to install one with"
  if ! have debootstrap; then
    within 120 apt-get update >>"$log" 2>&1 || skip "apt-get update failed: see $log"
    DEBIAN_FRONTEND=noninteractive within 180 apt-get install -y --no-install-recommends debootstrap \
      >>"$log" 2>&1 || skip "debootstrap could not be installed: see $log"
  fi
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || skip "apt's configuration names no Debian mirror"
  # debootstrap downloads with wget, which does not know apt's proxy.
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  [ -z "$proxy" ] || export http_proxy=$proxy
  echo "Installing Postgres $version with pgvector into $root (about a minute) ..." >&2
  unmount_under "$partial"
  rm -rf --one-file-system "$partial"
  within 600 debootstrap --variant=minbase \
    --include="postgresql-$version,postgresql-$version-pgvector" "$suite" "$partial" "$mirror" \
    >>"$log" 2>&1 || { unmount_under "$partial"; skip "debootstrap failed: see $log"; }
  unmount_under "$partial"
  mv "$partial" "$root"
}

# --- running ---------------------------------------------------------------------------------------------------------

url_of() { echo "postgres://postgres@127.0.0.1:$1/postgres"; }

# Asks the server itself: after a restart of the machine the process id in the data folder may be anyone's.
running() {
  [ -n "$kind" ] && [ -f "$dir/port$of" ] &&
    as_server pg_isready -q -t 5 -h 127.0.0.1 -p "$(cat "$dir/port$of")" >/dev/null 2>&1
}

host_data() { if [ "$kind" = chroot ]; then echo "$root$data"; else echo "$data"; fi; }

create_data() {
  local host_data
  host_data=$(host_data)
  if [ "$kind" = chroot ]; then
    # Parallel queries need shared memory, which a chroot without mounts does not have.
    mkdir -p "$root/dev/shm" && chmod 1777 "$root/dev/shm"
    [ -e "$root/dev/null" ] || mknod -m 666 "$root/dev/null" c 1 3
  fi
  [ -f "$host_data/PG_VERSION" ] && return
  rm -rf "$host_data" # what an interrupted initdb left
  mkdir -p "$host_data"
  if [ -n "$name" ] && [ -n "${NOCTUARY_PG_DISK_MB:-}" ]; then
    mount -t tmpfs -o "size=${NOCTUARY_PG_DISK_MB}m" tmpfs "$host_data" 2>/dev/null || skip "a disk of its own can be had by root alone"
  fi
  chmod 700 "$host_data"
  if [ "$kind" = chroot ]; then
    chroot "$root" chown postgres:postgres "$data"
  elif [ "$(id -u)" -eq 0 ]; then
    chown postgres "$data"
  fi
  as_server initdb -D "$data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/initdb$of.log" 2>&1 ||
    fail "initdb failed: see $dir/initdb$of.log"
}

# free_port: below the range that the system hands to outgoing connections, so that none of them takes it first.
free_port() {
  local port
  for _ in $(seq 1 50); do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
  fail "no free port found"
}

# No Unix socket: its folder would be one more place to clean up. One notable setting is the absence of fsync=off:
# benchmarks run here too, and should pay what a real server pays.
start_on() {
  local wal=4GB buffers=512MB
  if [ -n "$name" ]; then wal=64MB buffers=64MB; fi
  as_server pg_ctl -D "$data" -w -t 60 -l "$data/server.log" -o "-p $1 -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories= -c max_connections=200 -c shared_buffers=$buffers -c maintenance_work_mem=256MB \
    -c max_wal_size=$wal -c wal_level=minimal -c max_wal_senders=0 -c jit=off" start >"$dir/start$of.log" 2>&1 9>&-
}

start() {
  local port=${1:-${NOCTUARY_PG_PORT:-}}
  case $port in *[!0-9]*) usage ;; esac
  mkdir -p "$dir"
  # Two starts at once: the second waits for the first and finds its server. The server must not inherit the lock (9>&-).
  if have flock; then
    exec 9>"$dir/lock$of"
    flock -w 900 9 || fail "another start of the server in $dir did not end within 15 minutes"
  fi
  choose_server
  if running; then
    url_of "$(cat "$dir/port$of")"
    return
  fi
  if [ -z "$kind" ]; then
    install_server
    choose_server
  fi
  create_data
  if [ -n "$port" ]; then
    start_on "$port" || fail "the server did not start on port $port: see $dir/start$of.log"
  else
    port=$(free_port)
    # Someone may take the port in between: once more with another.
    start_on "$port" || { port=$(free_port) && start_on "$port"; } ||
      fail "the server did not start: see $dir/start$of.log"
  fi
  echo "$port" >"$dir/port$of"
  url_of "$port"
}

stop() {
  choose_server
  running || return 0
  as_server pg_ctl -D "$data" -w -t 60 -m "${1:-fast}" stop >"$dir/stop$of.log" 2>&1 || fail "it did not stop: see $dir/stop$of.log"
}

drop() {
  [ -n "$name" ] || fail "only a server with a name (NOCTUARY_PG_NAME) is removed; delete $dir for the usual one"
  stop immediate
  local host_data
  host_data=$(host_data)
  # It may have died of what a test did to it, with nobody left to stop.
  if mountpoint -q "$host_data" 2>/dev/null; then umount "$host_data"; fi
  rm -rf --one-file-system "$host_data" "$dir"/port"$of" "$dir"/lock"$of" "$dir"/{initdb,start,stop}"$of".log
}

url() {
  choose_server
  running || fail "the server is not running: scripts/server-postgres.sh start"
  url_of "$(cat "$dir/port$of")"
}

usage() {
  echo "usage: scripts/server-postgres.sh start [PORT] | stop | crash | url | data | drop" >&2
  exit 2
}

case ${1:-} in
  start) start "${2:-}" ;;
  stop) stop ;;
  crash) stop immediate ;;
  data) choose_server && host_data ;;
  drop) drop ;;
  url) url ;;
  *) usage ;;
esac
