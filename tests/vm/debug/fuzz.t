#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fuzzes the drivers with sequences of system calls in the KASAN kernel, for
# $FUZZ_TIME seconds, from $FUZZ_SEED or a random seed. $FUZZ_AGAIN repeats one
# sequence instead. Stops at the first kernel report and prints the sequences that
# ran at that time.
cd "$(dirname "$0")/../../.." || exit 1
seconds=${FUZZ_TIME:-300}
seed=${FUZZ_SEED:-$((RANDOM * 32768 + RANDOM))}

make -s build/fuzz-drivers/drivers >&2 || exit 1
append="panic_on_warn=1 fuzz-seconds=$seconds fuzz-seed=$seed"
[ -z "${FUZZ_AGAIN-}" ] || append="panic_on_warn=1 fuzz-again=$FUZZ_AGAIN"
DEVTRIO_APPEND=$append DEVTRIO_DEADLINE=$((seconds * 2 + 300)) \
	tests/vm/minimal kasan tests/vm/debug/fuzz build/fuzz-drivers
code=$?

# The disk names the running sequences, unless the guest completed and wrote its
# coverage counts there.
again=$(for disk in build/vm/fuzz-*-kasan/disk; do
	head -c 512 "$disk" | grep -aq ustar ||
		head -c 1024 "$disk" | tr -s '\0' '\n' | grep -x '[0-9a-f.]*'
done | sed 's,^,#   FUZZ_AGAIN=,; s,$, tests/vm/debug/fuzz.t,')
if [ $code != 0 ] && [ -n "$again" ]; then
	printf '# seed %s; caused by one of these sequences, or an earlier one:\n%s\n' \
		"$seed" "$again" >&2
fi
exit $code
