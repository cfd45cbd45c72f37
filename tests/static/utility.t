#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Compilers that look deeper, or elsewhere, have nothing to say of the utility and of
# the tests' programs.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=(-std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
	-Werror -D_GNU_SOURCE -DDEVTRIO_VERSION='"0"' -Isrc/uapi -Isrc/devtrio)

# Without optimization, since what is inlined and rearranged the analyzer of gcc 12
# follows less well.
analyzer() {
	printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 gcc -fanalyzer \
		-fdiagnostics-plain-output -O0 "${flags[@]}" -c -o /dev/null
}

# The net catches fish.
analyzer_finds_a_fault() {
	printf '%s\n' '#include <stdlib.h>' 'void leak(void);' \
		'void leak(void) { char *p = malloc(1); if (p) *p = 0; }' \
		>"$work/fault.c"
	! analyzer "$work/fault.c" 2>"$work/said" &&
		grep 'analyzer-malloc-leak' "$work/said"
}

# cmocka gives its tests a state that most have no use for.
clang_has_nothing_to_say() {
	printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 clang -fsyntax-only \
		"${flags[@]}" -Wno-unused-parameter
}

check "gcc's analyzer finds a fault" analyzer_finds_a_fault
check "gcc's analyzer has nothing to say of the utility" analyzer src/devtrio/*.c src/devtrio/*/*.c
check "clang neither" clang_has_nothing_to_say src/devtrio/*.c src/devtrio/*/*.c
check "nor of the tests" clang_has_nothing_to_say tests/selftests/*.c tests/devtrio/*.c
check "nor of the examples" clang_has_nothing_to_say src/examples/*.c
finish
