# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# TAP for the scripts of the minimal guest: source it, call `check`, end with
# `finish`.
n=0
failed=0
said=$(mktemp)
# Files that tell more of a check that failed.
shown=

# check NAME COMMAND...: the command succeeds; when not, what it said is shown. It
# may set variables.
check() {
	check_name=$1
	shift
	n=$((n + 1))
	if "$@" >"$said" 2>&1; then
		echo "ok $n - $check_name"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $n - $check_name"
	for file in "$said" $shown; do
		sed 's/^/# /' "$file"
	done
}

finish() {
	# shellcheck disable=SC2086 # files
	rm "$said" $shown
	echo "1..$n"
	[ "$failed" = 0 ]
	exit
}
