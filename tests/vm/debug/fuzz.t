#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Sequences of system calls against the drivers in the KASAN kernel, for
# $FUZZ_TIME seconds, from $FUZZ_SEED or any seed; or $FUZZ_AGAIN, one sequence
# that was found, over and over. The first report ends it, and it is shown which
# sequences ran then.
cd "$(dirname "$0")/../../.." || exit 1
seconds=${FUZZ_TIME:-300}
seed=${FUZZ_SEED:-$((RANDOM * 32768 + RANDOM))}

make -s build/fuzz-drivers/drivers >&2 || exit 1
append="panic_on_warn=1 fuzz-seconds=$seconds fuzz-seed=$seed"
[ -z "${FUZZ_AGAIN-}" ] || append="panic_on_warn=1 fuzz-again=$FUZZ_AGAIN"
DEVTRIO_APPEND=$append DEVTRIO_DEADLINE=$((seconds * 2 + 300)) \
	tests/vm/minimal kasan tests/vm/debug/fuzz build/fuzz-drivers
code=$?

# Where it came to its end, its disk has its results instead.
again=$(for disk in build/vm/fuzz-*-kasan/disk; do
	head -c 512 "$disk" | grep -aq ustar ||
		head -c 1024 "$disk" | tr -s '\0' '\n' | grep -x '[0-9a-f.]*'
done | sed 's,^,#   FUZZ_AGAIN=,; s,$, tests/vm/debug/fuzz.t,')
if [ $code != 0 ] && [ -n "$again" ]; then
	printf '# seed %s; one of these, or what came before:\n%s\n' \
		"$seed" "$again" >&2
fi
exit $code
