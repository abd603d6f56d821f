#!/usr/bin/env bash
# Runs a command with a Postgres of its own: a new cluster in a temporary directory, on a Unix socket only, with
# fsync as in production. TEST_POSTGRES_URL names it; the server is stopped and removed whatever happens.
#
#   deploy/with-postgres.sh cargo nextest run -p engine --test it
set -euo pipefail

[ $# -gt 0 ] || {
	echo "usage: $0 COMMAND..." >&2
	exit 2
}

# Debian keeps the server's programs out of PATH, one folder for each version.
bin() {
	local found=(/usr/lib/postgresql/*/bin)
	if [ -x "${found[-1]}/initdb" ]; then
		echo "${found[-1]}"
	elif command -v initdb >/dev/null && command -v postgres >/dev/null; then
		dirname "$(command -v initdb)"
	fi
}
programs=$(bin)
if [ -z "$programs" ]; then
	"$(dirname "$0")/install.sh" --postgres
	programs=$(bin)
fi

# Postgres refuses to run as root; Debian's package made a user for it.
as_postgres() {
	if [ "$(id -u)" = 0 ]; then
		(cd / && setpriv --reuid postgres --regid postgres --init-groups "$@")
	else
		"$@"
	fi
}

home=$(mktemp -d "${TMPDIR:-/tmp}/sluice-postgres.XXXXXX")
stop() {
	as_postgres "$programs/pg_ctl" --pgdata="$home/data" --mode=immediate --silent stop >/dev/null 2>&1 || true
	rm -rf "$home"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if [ "$(id -u)" = 0 ]; then chown postgres "$home"; fi

as_postgres "$programs/initdb" --pgdata="$home/data" --username=sluice --auth=trust --encoding=UTF8 --no-locale \
	>"$home/log" 2>&1 || { cat "$home/log" >&2 && exit 1; }
# Each test has a pool and a writer for each of its edges.
as_postgres "$programs/pg_ctl" --pgdata="$home/data" --log="$home/server.log" --silent --wait start \
	--options="-c listen_addresses='' -c unix_socket_directories='$home' -c max_connections=500" ||
	{ cat "$home/server.log" >&2 && exit 1; }

# The directory's slashes, as a host in a URL has them.
export TEST_POSTGRES_URL="postgres://sluice@${home//\//%2F}/postgres"
export TEST_POSTGRES_BIN=$programs
"$@"
