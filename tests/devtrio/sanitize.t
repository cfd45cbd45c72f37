#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs the utility's unit tests and many command lines with AddressSanitizer (including
# its leak check) and UndefinedBehaviorSanitizer, and under valgrind.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1

# Log to a file: the tests check the utility's stderr.
valgrind_quietly() {
	rm -f build/sanitize/valgrind.log
	valgrind --quiet --error-exitcode=99 --leak-check=full \
		--errors-for-leak-kinds=definite --trace-children=no \
		--log-file=build/sanitize/valgrind.log "$@"
}

clean_under_valgrind() {
	local wanted=$1 code=0
	shift
	valgrind_quietly "$@" </dev/null >/dev/null 2>&1 || code=$?
	echo "exit code $code"
	cat build/sanitize/valgrind.log
	[ "$code" = "$wanted" ] && [ ! -s build/sanitize/valgrind.log ]
}

# Verify that the tools report a planted bug.
finds_planted_bug() {
	local program=build/sanitize/wrong
	printf '%s\n' '#include <stdlib.h>' 'int main(int argc, char **argv)' \
		'{ char *p = malloc(argc); (void)argv; return p[argc]; }' |
		${CC:-cc} -x c -g "$@" -o "$program" - || return
	if [ $# -gt 0 ]; then
		! "$program"
	else
		! clean_under_valgrind 0 "$program"
	fi
}

check "builds with sanitizers" make -s -j2 sanitize-tests unit-tests
check "AddressSanitizer finds an out-of-bounds read" \
	finds_planted_bug -fsanitize=address
check "valgrind finds an out-of-bounds read" finds_planted_bug
for source in tests/devtrio/test_*.c; do
	name=$(basename "$source" .c)
	check "sanitized: $name" "build/sanitize/$name"
	check "valgrind: $name" clean_under_valgrind 0 "build/unit-tests/$name"
done
check "sanitized: the command lines of cli.t" \
	env DEVTRIO="$top/build/sanitize/devtrio" tests/devtrio/cli.t
for test in status.t repair.t; do
	check "sanitized: the machines of $test" \
		env DEVTRIO="$top/build/sanitize/devtrio" "tests/devtrio/$test"
done
devtrio=build/devtrio/devtrio
while read -r code arguments; do
	# shellcheck disable=SC2086 # words
	check "valgrind: devtrio $arguments" \
		clean_under_valgrind "$code" "$devtrio" $arguments
done <<'END'
0 --help
0 help beep play
0 buf --help
0 ps --columns help
0 complete ps --columns=pid,co
0 complete help buf r
2 ps --uid nobody-at-all
2 ps -o pid,what
2 beep play x:d=65:c
2 buf read -o -1
1 beep play -f /dev/zero
1 buf info -d /dev/null
END
finish
