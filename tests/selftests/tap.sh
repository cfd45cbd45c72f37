# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# TAP for the scripts of the minimal guest: source it, call `check` and `skip`, end
# with `finish`.
tap_count=0
tap_failed=0
tap_said=$(mktemp)
# Files that tell more of a check that failed.
tap_shown=

# check NAME COMMAND...: the command succeeds; when not, what it said is shown. It
# may set variables.
check() {
	tap_name=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@" >"$tap_said" 2>&1; then
		echo "ok $tap_count - $tap_name"
		return
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $tap_name"
	for tap_file in "$tap_said" $tap_shown; do
		sed 's/^/# /' "$tap_file"
	done
}

# skip REASON: a test that can't be made here, which says so.
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count # SKIP $1"
}

finish() {
	# shellcheck disable=SC2086 # files
	rm "$tap_said" $tap_shown
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
	exit
}
