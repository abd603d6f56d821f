#!/usr/bin/env bash
# Installs localstripe, a second implementation of Stripe's API (PyPI, GPL-3.0: only ever run, as a process of
# its own), into a venv under target/, every file by its pinned hash. Prints the path of the program.
# Exits with 75 when it cannot be installed here, and says why.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly LISTS=deploy/localstripe
sum=$(cat $LISTS/build.txt $LISTS/requirements.txt | sha256sum | cut -c1-12)
readonly VENV=$PWD/target/localstripe/$sum

say() { echo "localstripe: $*" >&2; }
cannot() {
	say "$*"
	exit 75
}

if [ ! -e "$VENV/installed" ]; then
	rm -rf "$VENV"
	python3 -m venv "$VENV" || cannot "python3 -m venv does not work; deploy/install.sh --browser installs it"
	pip() { "$VENV/bin/pip" --disable-pip-version-check --quiet install --require-hashes "$@" >&2; }
	# It comes as source: what builds it is pinned as well, so pip must not fetch a builder of its own choice.
	pip -r $LISTS/build.txt && pip --no-build-isolation -r $LISTS/requirements.txt ||
		cannot "pip could not install it: is https://pypi.org reachable?"
	touch "$VENV/installed"
fi
echo "$VENV/bin/localstripe"
