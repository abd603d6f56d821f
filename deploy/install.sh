#!/usr/bin/env bash
# Installs what the build and the demo need beside cargo and node. Safe to run again and again:
# it is silent about what is there already, and says what it does about what is not.
#
#   deploy/install.sh              for `make run`: wasm target, Redis, npm tools
#   deploy/install.sh --browser    for `make test`: also Chromium, fonts, Python with venv, cargo-nextest
#   deploy/install.sh --postgres   for `make unit-postgres`: also the Postgres server
#   deploy/install.sh --watch      for `make dev`: also cargo-leptos, wasm-bindgen-cli
set -euo pipefail
cd "$(dirname "$0")/.."

readonly WASM=wasm32-unknown-unknown
readonly NODE_AT_LEAST=20
readonly NEXTEST=0.9.143
readonly CARGO_LEPTOS=0.3.10 # later ones want a newer rustc than rust-version says

browser=no postgres=no watch=no
for option in "$@"; do
	case $option in
	--browser) browser=yes ;;
	--postgres) postgres=yes ;;
	--watch) watch=yes ;;
	*)
		echo "usage: $0 [--browser] [--postgres] [--watch]" >&2
		exit 2
		;;
	esac
done

say() { echo "install: $*" >&2; }
fail() {
	say "$*"
	exit 1
}
# A program; a function of this script may be called like one.
have() { type -P "$1" >/dev/null; }

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif have sudo; then
		sudo "$@"
	else
		fail "cannot run as root, and there is no sudo: $*"
	fi
}

# apt_install PACKAGE...
apt_updated=no
apt_install() {
	have apt-get || fail "no apt-get here: please install by your own means: $*"
	say "apt-get install $*"
	if [ $apt_updated = no ]; then
		as_root apt-get update -qq || say "apt-get update failed; going on with the lists that are here"
		apt_updated=yes
	fi
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
		fail "apt-get could not install: $*"
}

rust() {
	have cargo || fail "cargo is missing: install Rust from https://rustup.rs"
	[ -d "$(rustc --print sysroot)/lib/rustlib/$WASM" ] && return
	have rustup || fail "the Rust target $WASM is missing and so is rustup: install Rust from https://rustup.rs"
	say "rustup target add $WASM"
	rustup target add "$WASM" || fail "rustup could not add $WASM: is https://static.rust-lang.org reachable?"
}

node_major() { node --version | sed 's/^v//; s/\..*//'; }

system() {
	local packages=()
	have cc || packages+=(build-essential)
	have curl || packages+=(curl ca-certificates)
	have node || packages+=(nodejs)
	have npm || packages+=(npm)
	if [ ${#packages[@]} -gt 0 ]; then apt_install "${packages[@]}"; fi
	[ "$(node_major)" -ge $NODE_AT_LEAST ] ||
		fail "node $(node --version) is too old, $NODE_AT_LEAST or later is needed: https://nodejs.org/en/download"
	have redis-server || redis
}

# The demo and the tests start a Redis and a Postgres of their own. Debian's packages start one as a
# service; one that was not here before is stopped, so that nobody comes to lean on it.
stop_service() {
	if [ -d /run/systemd/system ]; then
		as_root systemctl disable --now --quiet "$1" || say "could not stop the $1 service"
	elif have service; then
		as_root service "$1" stop >/dev/null 2>&1 || true
	fi
}

redis() {
	apt_install redis-server
	stop_service redis-server
}

postgres() {
	compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && return
	have initdb && return
	apt_install postgresql
	stop_service postgresql
}

npm_tools() {
	local stamp=node_modules/.package-lock.sha256 now
	now=$(sha256sum package-lock.json package.json)
	[ "$(cat $stamp 2>/dev/null)" = "$now" ] && return
	say "npm ci"
	PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error ||
		fail "npm ci failed: is $(npm config get registry 2>/dev/null) reachable?"
	echo "$now" >$stamp
}

chromium() {
	local packages=()
	have chromium || packages+=(chromium)
	have fc-list || packages+=(fontconfig)
	# docs/FAIRNESS.md has a script for auditors; a test runs it.
	have python3 || packages+=(python3)
	# `make localstripe` installs into a venv; on Debian what that needs is a package of its own.
	python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
	if [ ${#packages[@]} -gt 0 ]; then apt_install "${packages[@]}"; fi
	# Without any font the screenshots are empty boxes.
	fc-list 2>/dev/null | grep -q . || apt_install fonts-dejavu-core
}

# cargo_install CRATE VERSION [OPTION...]: built for a short build, not for speed.
cargo_install() {
	local crate=$1 version=$2
	shift 2
	say "cargo install $crate $version (this takes minutes, once)"
	CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
		cargo install --quiet "$crate" --version "$version" "$@"
}

nextest() {
	cargo nextest --version >/dev/null 2>&1 && return
	cargo_install cargo-nextest $NEXTEST --locked || say "no cargo-nextest; the tests will run under cargo test"
}

leptos() {
	local bindgen
	bindgen=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p}' Cargo.lock)
	if [ "$(wasm-bindgen --version 2>/dev/null)" != "wasm-bindgen $bindgen" ]; then
		# Without --locked: its lock file may name versions that a mirror does not have yet.
		cargo_install wasm-bindgen-cli "$bindgen" --force || fail "wasm-bindgen-cli $bindgen could not be built"
	fi
	cargo leptos --version >/dev/null 2>&1 ||
		cargo_install cargo-leptos $CARGO_LEPTOS --locked ||
		fail "cargo-leptos $CARGO_LEPTOS could not be built; \`make run\` does not need it"
}

rust
system
npm_tools
if [ $browser = yes ]; then
	chromium
	nextest
fi
if [ $postgres = yes ]; then postgres; fi
if [ $watch = yes ]; then leptos; fi
