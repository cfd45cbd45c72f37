#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the harness: a run fails if the guest dies, prints nothing, logs a warning or
# fails a test, and passes otherwise.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# outcome PATTERN: run the script on standard input in a guest; its report must match
# PATTERN, and the exit code must be 0 if the pattern starts with "ok", else 1.
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

check "a run without errors passes" outcome 'ok .*good: fine' <<<"$good"
check "a failed test fails the run" outcome 'not ok .*bad: broken' <<-'END'
	echo "# program bad"; echo 1..1; echo "not ok 1 - broken"; echo "# exit 1"
END
check "a test that cmocka skips is reported as skipped and passes" \
	outcome 'ok .*choosy: .*# SKIP not here' <<-'END'
	echo "# program choosy"; echo 1..1; echo "not ok 1 # SKIP not here"; echo "# exit 0"
END
check "a guest that runs no test program fails the run" \
	outcome 'not ok .*ran test programs' <<<'exit 0'
check "a program that stops before it completes its plan fails the run" \
	outcome 'not ok .*cut: completed its plan' <<-'END'
	echo "# program cut"; echo 1..2; echo "ok 1 - fine"; echo "# exit 0"
END
check "a program without a plan fails the run" \
	outcome 'not ok .*mute: completed its plan' <<-'END'
	echo "# program mute"; echo "# exit 0"
END
check "a program whose exit code contradicts its tests fails the run" \
	outcome 'not ok .*liar: completed its plan' <<-'END'
	echo "# program liar"; echo 1..1; echo "ok 1 - fine"; echo "# exit 3"
END
check "a kernel panic fails the run" \
	outcome 'not ok .*ran to completion' <<<"$good; echo c >/proc/sysrq-trigger"
check "a kernel warning fails the run" \
	outcome 'not ok .*logged no warnings' \
	<<<"$good; echo 'WARNING: CPU: 0 at test' >/dev/kmsg"
check "an arm64 kernel's call trace fails" \
	outcome 'not ok .*logged no warnings' <<<"$good; echo 'Call trace:' >/dev/kmsg"
a_disk_without_a_kernel() {
	truncate -s 1M "$work/disk"
	PYTHONPATH=tests/vm python3 -c \
		"import vm; vm.System('$work/boot', '$work/disk', '$work')" 2>&1 |
		tee /dev/stderr | grep -q 'has no /vmlinuz'
}
check "a disk without a kernel is reported, with what debugfs said" \
	a_disk_without_a_kernel
printf '1\tgood\n' >"$work/plan"
check "a guest that runs what is planned passes" \
	outcome 'ok .*ran what is planned' <<<"$good"
check "a skipped test that must run fails" \
	outcome 'not ok .*ran what is planned' <<<"${good/ok 1 - fine/ok 1 - fine # SKIP}"
printf '1\tgood\n2\tmissing\n' >"$work/plan"
check "a planned program that did not run fails" \
	outcome 'not ok .*ran what is planned' <<<"$good"
printf '2\tgood\n' >"$work/plan"
check "a program with fewer tests than planned fails" \
	outcome 'not ok .*ran what is planned' <<<"$good"
rm "$work/plan"
export DEVTRIO_DEADLINE=20
check "a guest that exceeds the deadline fails the run" \
	outcome 'not ok .*ran to completion' <<<"$good; sleep 1000"
finish
