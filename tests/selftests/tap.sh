# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# TAP for the scripts of the minimal guest: source it, call `check` and `skip`,
# then `finish`.
tap_count=0
tap_failed=0
tap_said=$(mktemp)
# Files to print after a failed check.
tap_shown=

# check NAME COMMAND...: check that the command succeeds and print its output if
# not. The command can set variables.
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

# skip REASON: report a test that cannot run here.
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
