#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks that the uapi headers compile on their own in C and C++, and have the same
# layout in 32-bit and 64-bit programs.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

# The kernel's headers serve both word sizes, so no 32-bit C library is needed.
flags=(-Wall -Wextra -Werror -pedantic -Isrc/uapi -fsyntax-only
	-idirafter "/usr/include/$(gcc -print-multiarch)")

# alone HEADER LANGUAGE COMPILER...
alone() {
	echo "#include <devtrio/$1>" | "${@:3}" "${flags[@]}" -x "$2" -
}

for header in proc_relate.h beepctrl.h rambuf.h; do
	check "$header compiles alone in C" alone $header c gcc
	check "$header compiles alone in C++" alone $header c++ g++
	check "$header compiles alone in C89 with clang" alone $header c clang -std=gnu89
	check "$header has the licence of the kernel's uapi headers" \
		grep -q 'GPL-2.0-only WITH Linux-syscall-note' src/uapi/devtrio/$header
done
check "offsets and ioctl numbers in 64-bit programs" gcc -m64 "${flags[@]}" tests/static/layout.c
check "offsets and ioctl numbers in 32-bit programs" gcc -m32 "${flags[@]}" tests/static/layout.c
finish
