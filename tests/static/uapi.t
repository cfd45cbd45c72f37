#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The headers that programs include stand alone, in C and C++, and mean the same
# to 32-bit and 64-bit programs.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

# The kernel's own headers are the same for both; no 32-bit C library is needed.
flags=(-Wall -Wextra -Werror -pedantic -Isrc/uapi -fsyntax-only
	-idirafter "/usr/include/$(gcc -print-multiarch)")

# alone HEADER LANGUAGE COMPILER...
alone() {
	echo "#include <devtrio/$1>" | "${@:3}" "${flags[@]}" -x "$2" -
}

for header in proc_relate.h beepctrl.h rambuf.h; do
	check "$header alone in C" alone $header c gcc
	check "$header alone in C++" alone $header c++ g++
	check "$header alone in C89 with clang" alone $header c clang -std=gnu89
	check "$header is exported as the kernel exports" \
		grep -q 'GPL-2.0-only WITH Linux-syscall-note' src/uapi/devtrio/$header
done
check "layout for 64 bit" gcc -m64 "${flags[@]}" tests/static/layout.c
check "layout for 32 bit" gcc -m32 "${flags[@]}" tests/static/layout.c
finish
