# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# TAP for shell tests: source it, call `check`, end with `finish`.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tap_count=0
tap_failed=0

# check NAME COMMAND...: pass if the command succeeds. On failure, print its output to
# standard error, which prove shows.
check() {
	local name=$1 output
	shift
	tap_count=$((tap_count + 1))
	if output=$("$@" 2>&1); then
		echo "ok $tap_count - $name"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $name"
		printf '%s\n' "$name" "$output" | sed 's/^/# /' >&2
	fi
}

# silent COMMAND...: succeed if the command succeeds and prints nothing.
silent() {
	local output
	output=$("$@" 2>&1) && [ -z "$output" ] || {
		printf '%s\n' "$output"
		return 1
	}
}

# skip REASON: report a test that cannot run here as skipped.
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count # SKIP $1"
}

finish() {
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ] && [ "$tap_count" -gt 0 ]
	exit
}
