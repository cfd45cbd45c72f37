#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The examples for programmers do what they say, as the user, in the minimal
# guest.
cd /test || exit 1
n=0
failed=0
out=$(mktemp)

report() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		failed=$((failed + 1))
		echo "not ok $n - $2"
		sed 's/^/# /' "$out"
	fi
}

# appears PATTERN: within 20 s in the output.
appears() {
	for _ in $(seq 200); do
		grep -q "$1" "$out" && return
		usleep 100000
	done
	return 1
}

# example NAME COMMAND...: shows all processes, a child that comes and is gone,
# and ends after so many changes.
example() {
	name=$1
	shift
	: >"$out"
	"$@" -n 1000000 >"$out" 2>&1 &
	program=$!
	appears "^  1 0 "
	report $? "$name: shows process 1"
	appears "^  $$ $PPID examples.sh\$"
	report $? "$name: shows this script"
	/bin/sleep 1000 &
	child=$!
	appears "^+ $child $$ sleep\$"
	report $? "$name: shows a child that comes"
	kill "$child"
	wait "$child"
	appears "^- $child\$"
	report $? "$name: shows that it is gone"
	kill "$program"
	wait "$program"

	: >"$out"
	"$@" -n 1 >"$out" 2>&1 &
	program=$!
	appears "^  1 0 "
	/bin/sleep 1000 &
	kill $!
	wait "$program"
	report $? "$name: ends after a change"
}

example proc_relate.c ./example_proc_relate
# Where the host's python3 is, with what it imports.
example proc_relate.py env PYTHONPATH=/test/python.zip ./python3 -S \
	./example_proc_relate.py

rm "$out"
echo "1..$n"
exit "$failed"
