#!/usr/bin/env bash
# with-pgbouncer.sh COMMAND...: runs COMMAND with NOCTUARY_TEST_DATABASE_URL leading through pgbouncer in transaction mode,
# as serverless functions reach Supabase or Neon. The server behind it is the one that NOCTUARY_TEST_DATABASE_URL names.
# Ends with 3 and says why where pgbouncer cannot be had.
set -euo pipefail
skip() { echo "skipped: nothing was run through pgbouncer: $1" >&2; exit 3; }

[ $# -gt 0 ] || { echo "usage: scripts/with-pgbouncer.sh COMMAND..." >&2; exit 2; }
[ -n "${NOCTUARY_TEST_DATABASE_URL:-}" ] || skip "NOCTUARY_TEST_DATABASE_URL names no server"
if ! command -v pgbouncer >/dev/null; then
  { [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; } || skip "it is not installed, and only root can install it with apt"
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends pgbouncer; } >/dev/null 2>&1 ||
    skip "apt could not install it"
fi

# postgres://USER[:PASSWORD]@HOST[:PORT]/...
[[ $NOCTUARY_TEST_DATABASE_URL =~ ^postgres(ql)?://([^:@/]+)(:[^@/]*)?@([^:/@]+)(:([0-9]+))?/ ]] || skip "the server's URL is not understood"
user=${BASH_REMATCH[2]} host=${BASH_REMATCH[4]} server_port=${BASH_REMATCH[6]:-5432}

dir=$(mktemp -d)
port=$((20000 + RANDOM % 12000))
# Sessions of one client may end on any connection: what a test leaves in a session is seen, and fails it.
cat >"$dir/pgbouncer.ini" <<INI
[databases]
* = host=$host port=$server_port
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
pool_mode = transaction
auth_type = trust
auth_file = $dir/users
auth_user = $user
auth_query = select usename, passwd from pg_shadow where usename = \$1
default_pool_size = 20
max_client_conn = 500
server_idle_timeout = 5
logfile = $dir/log
pidfile = $dir/pid
INI
echo "\"$user\" \"\"" >"$dir/users"
as=()
if [ "$(id -u)" -eq 0 ]; then # it refuses to run as root
  id postgres >/dev/null 2>&1 || skip "there is no account postgres to run it as"
  chown -R postgres "$dir"
  as=(runuser -u postgres --)
fi
"${as[@]}" pgbouncer -q "$dir/pgbouncer.ini" 9>&- &
pid=$!
stop() { kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; rm -rf "$dir"; }
trap stop EXIT
for _ in $(seq 100); do
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  kill -0 "$pid" 2>/dev/null || { cat "$dir/log" >&2 || true; skip "it did not start"; }
  sleep 0.1
done
NOCTUARY_TEST_POOLER=pgbouncer NOCTUARY_TEST_DATABASE_URL="postgres://$user@127.0.0.1:$port/postgres" "$@"
