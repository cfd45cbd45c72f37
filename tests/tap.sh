# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# TAP for the shell tests, by bash on the host and by busybox in the guest: source it,
# call `check`, `result` and `skip`, and end with `finish`.

# shellcheck disable=SC2034,SC2128,SC3028 # bash only, for the caller
[ -z "${BASH_VERSION-}" ] || top=$(cd "$(dirname "$BASH_SOURCE")/.." && pwd)
tap_count=0
tap_failed=0
tap_output=$(mktemp)
# More files to show when a check fails.
tap_shown=

# result CODE NAME [FILE...]: passed if CODE is 0, else show the files. They go to standard
# error, which prove shows.
result() {
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count - $2"
		return
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $2"
	{
		echo "$2"
		shift 2
		cat "$@"
	} | sed 's/^/# /' >&2
}

# check NAME COMMAND...: passed if the command succeeds. It runs in a subshell, except by
# busybox, where a check may set variables.
check() {
	tap_name=$1
	shift
	if [ "${BASH_VERSION-}" ]; then
		("$@") >"$tap_output" 2>&1
	else
		"$@" >"$tap_output" 2>&1
	fi
	# shellcheck disable=SC2086 # several files
	result $? "$tap_name" "$tap_output" $tap_shown
}

# silent COMMAND...: the command succeeds and prints nothing.
silent() {
	tap_said=$("$@" 2>&1) && [ -z "$tap_said" ] && return
	printf '%s\n' "$tap_said"
	return 1
}

# skip REASON: count a test that cannot run here.
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count # SKIP $1"
}

finish() {
	# shellcheck disable=SC2086 # several files
	rm -f "$tap_output" $tap_shown
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ] && [ "$tap_count" -gt 0 ]
	exit
}
