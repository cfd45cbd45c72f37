#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The drivers read as the kernel's own code does.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mapfile -t sources < <(find src/modules src/uapi -name '*.[ch]' | sort)

# The kernel's own checkers come with its sources, and are kept in the cache.
scripts=$(tests/vm/root cache)/kernel-scripts

fetch_scripts() {
	local source
	[ ! -e "$scripts/complete" ] || return 0
	rm -rf "$scripts"
	mkdir -p "$scripts"
	source=$(apt-cache depends linux-source | sed -n 's/.*Depends: //p')
	cd "$scripts" && apt-get download "$source" &&
		dpkg --fsys-tarfile "$source"_*.deb |
		tar -xO "./usr/src/$source.tar.xz" |
			tar -xJ --strip-components=2 --wildcards \
				"$source/scripts/checkpatch.pl" \
				"$source/scripts/spelling.txt" \
				"$source/scripts/const_structs.checkpatch" \
				"$source/scripts/coccinelle/*" &&
		rm "$source"_*.deb &&
		touch complete
}

checkpatch() {
	# User space has no BIT().
	perl "$scripts/checkpatch.pl" --no-tree --strict --terse --no-summary \
		--ignore BIT_MACRO --file "$1"
}

# What clang-format and the kernel do not agree on: a tab within a line, before a
# macro's value or a comment, "* const", as checkpatch has it, and "{ }".
alike() {
	sed -E ':a; s/([^ \t][^\t]*)[ \t]*\t[ \t]*/\1 /; ta
		s/([^ \t])  +/\1 /g; s/\* const/*const/g; s/\{ \}/{}/g'
}

laid_out() {
	diff -U 1 <(alike <"$1") <(clang-format "$1" | alike)
}

# coccinelle SCRIPT FILE...: with the options that the script asks for, and with
# Debian's Python, which it asks for its version each time. What it says of the script
# itself is no news of the files.
coccinelle() {
	local script=$1 options
	shift
	read -ra options < <(sed -n 's,^// Options:,,p' "$script")
	PATH=/usr/bin:/bin spatch -D report --very-quiet --no-show-diff "${options[@]}" -I src/uapi \
		--cocci-file "$script" "$@" 2>&1 |
		grep -Ev '^warning: line [0-9]+: should .* be a metavariable\?$'
}
export -f coccinelle

# Two scripts are in OCaml and need its compiler: one is about another driver's
# table, and what the other finds, 0 for a pointer, sparse finds, too.
coccinelle_scripts() {
	find "$scripts/coccinelle" -name '*.cocci' -print0 |
		xargs -0 grep -L '@initialize:ocaml' | sort
}

all_coccinelle() {
	local said
	[ "$(coccinelle_scripts | wc -l)" -gt 50 ] || return
	# shellcheck disable=SC2016 # the inner shell's
	said=$(coccinelle_scripts | xargs -P "$(nproc)" -I{} bash -c '
		said=$(coccinelle "$@") && printf "%s:\n%s\n" "$1" "$said"' \
		bash {} "${sources[@]}")
	[ -z "$said" ] || {
		echo "$said"
		return 1
	}
}

# The net catches fish.
coccinelle_finds_a_fault() {
	printf '%s\n' 'static void f(struct x *p) { kfree(p); g(p->y); }' \
		>"$work/fault.c"
	coccinelle "$scripts/coccinelle/free/kfree.cocci" "$work/fault.c" |
		grep 'reference preceded by free'
}

# By the newest compiler that builds a kernel here.
analyzer() {
	tests/vm/build-modules newest KCFLAGS=-fanalyzer
}

sparse() {
	tests/vm/build-modules 6.1 C=2 CF=-Wsparse-error
}

no_version_tests() {
	! grep -rnE 'LINUX_VERSION_CODE|KERNEL_VERSION' src/modules \
		--include='*.[ch]' --include='Kbuild*' --exclude-dir=compat
}

no_private_logging() {
	! grep -rnE '\bprintk\(|pr_(info|notice|warn|err)\(' \
		src/modules/proc_relate src/modules/rambuf |
		grep -Ev 'size=%lu is not within|count=%u is not within'
}

check "the kernel's own checkers are there" fetch_scripts
for source in "${sources[@]}"; do
	check "checkpatch --strict $source" silent checkpatch "$source"
done
# Each lays some things out in a way of its own.
if clang-format --version | grep -q 'version 14\.'; then
	for source in "${sources[@]}"; do
		check "clang-format $source" laid_out "$source"
	done
else
	skip "clang-format: .clang-format is for version 14"
fi
check "coccinelle finds a fault" coccinelle_finds_a_fault
check "the kernel's scripts for coccinelle have nothing to say" all_coccinelle
check "sparse has nothing to say" sparse
check "gcc -fanalyzer has nothing to say" analyzer
check "no version test outside compat/" no_version_tests
check "nothing is logged but a refused parameter" no_private_logging
finish
