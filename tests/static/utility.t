#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks the utility with gcc's analyzer, and the utility, tests and examples with the
# warnings of clang.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

flags=(-std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes
	-Werror -D_GNU_SOURCE -DDEVTRIO_VERSION='"0"' -DDEVTRIO_LIBEXECDIR='""' -Isrc/uapi -Isrc/devtrio)

# Don't optimize: the analyzer of gcc 12 misses bugs in inlined and rearranged code.
analyzer() {
	printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 gcc -fanalyzer \
		-fdiagnostics-plain-output -O0 "${flags[@]}" -c -o /dev/null
}

# Verify that the analyzer reports a planted bug.
analyzer_finds_a_bug() {
	printf '%s\n' '#include <stdlib.h>' 'void leak(void);' \
		'void leak(void) { char *p = malloc(1); if (p) *p = 0; }' \
		>"$work/bug.c"
	! analyzer "$work/bug.c" 2>"$work/report" &&
		grep 'analyzer-malloc-leak' "$work/report"
}

# cmocka passes a state to its tests, which most of them don't use.
clang_reports_nothing() {
	printf '%s\n' "$@" | xargs -P "$(nproc)" -n 1 clang -fsyntax-only \
		"${flags[@]}" -Wno-unused-parameter
}

check "gcc -fanalyzer finds a planted bug" analyzer_finds_a_bug
check "gcc -fanalyzer reports nothing in the utility" analyzer src/devtrio/*.c src/devtrio/*/*.c
check "clang reports nothing in the utility" clang_reports_nothing src/devtrio/*.c src/devtrio/*/*.c
check "clang reports nothing in the tests" clang_reports_nothing tests/selftests/*.c tests/devtrio/*.c
check "clang reports nothing in the examples" clang_reports_nothing src/examples/*.c
finish
