#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The harness itself: a guest that dies, says nothing, warns or fails a test makes
# a failed run, and a good one a good run.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# outcome PATTERN: running the script on standard input prints PATTERN and exits
# with 1, or with 0 where the pattern is of a passed test.
outcome() {
	local pattern=$1 output code expected=1
	cat >"$work/run"
	output=$(tests/vm/minimal 6.1 "$work" 2>&1)
	code=$?
	echo "$output"
	[[ $pattern = ok* ]] && expected=0
	[ "$code" = "$expected" ] && grep -Eq "^$pattern" <<<"$output"
}

good='echo "# program good"; echo 1..1; echo "ok 1 - fine"; echo "# exit 0"'

check "a good run passes" outcome 'ok .*good: fine' <<<"$good"
check "a failed test fails" outcome 'not ok .*bad: broken' <<-'END'
	echo "# program bad"; echo 1..1; echo "not ok 1 - broken"; echo "# exit 1"
END
check "a test that is skipped as cmocka does it is no failure, and says so" \
	outcome 'ok .*choosy: .*# SKIP not here' <<-'END'
	echo "# program choosy"; echo 1..1; echo "not ok 1 # SKIP not here"; echo "# exit 0"
END
check "a guest that runs nothing fails" \
	outcome 'not ok .*ran programs' <<<'exit 0'
check "a program that stops before its plan fails" \
	outcome 'not ok .*cut: ran its whole plan' <<-'END'
	echo "# program cut"; echo 1..2; echo "ok 1 - fine"; echo "# exit 0"
END
check "a program without a plan fails" \
	outcome 'not ok .*mute: ran its whole plan' <<-'END'
	echo "# program mute"; echo "# exit 0"
END
check "an exit code that contradicts its tests fails" \
	outcome 'not ok .*liar: ran its whole plan' <<-'END'
	echo "# program liar"; echo 1..1; echo "ok 1 - fine"; echo "# exit 3"
END
check "a kernel that panics fails" \
	outcome 'not ok .*came to its end' <<<"$good; echo c >/proc/sysrq-trigger"
check "a kernel that warns fails" \
	outcome 'not ok .*complained of nothing' \
	<<<"$good; echo 'WARNING: CPU: 0 at test' >/dev/kmsg"
export DEVTRIO_DEADLINE=20
check "a guest that never ends fails" \
	outcome 'not ok .*came to its end' <<<"$good; sleep 1000"
finish
