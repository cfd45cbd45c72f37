#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Test the example programs as the user, in the minimal guest.
cd /test || exit 1
# shellcheck source=tests/tap.sh
. ./tap.sh
out=$(mktemp)
tap_shown=$out

# appears PATTERN: wait up to 20 s for it in the output.
appears() {
	for _ in $(seq 200); do
		grep -q "$1" "$out" && return
		usleep 100000
	done
	return 1
}

# example NAME COMMAND...: shows all processes, a child that starts and ends, and
# exits after the given number of changes.
example() {
	name=$1
	shift
	: >"$out"
	"$@" -n 1000000 >"$out" 2>&1 &
	program=$!
	check "$name: shows process 1" appears "^  1 0 "
	check "$name: shows this script" appears "^  $$ $PPID examples.sh\$"
	/bin/sleep 1000 &
	child=$!
	check "$name: shows a child that starts" appears "^+ $child $$ sleep\$"
	kill "$child"
	wait "$child"
	check "$name: shows that the child has ended" appears "^- $child\$"
	kill "$program"
	wait "$program"

	: >"$out"
	"$@" -n 1 >"$out" 2>&1 &
	program=$!
	appears "^  1 0 "
	/bin/sleep 1000 &
	kill $!
	check "$name: exits after a change" wait "$program"
}

example proc_relate.c ./example_proc_relate
# The host's python3 with the modules it imports.
example proc_relate.py env PYTHONPATH=/test/python.zip ./python3 -S \
	./example_proc_relate.py

finish
