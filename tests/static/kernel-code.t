#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks the drivers with the kernel's own tools.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mapfile -t sources < <(find src/modules src/uapi -name '*.[ch]' | sort)

# The kernel's checkers come from its source package and stay in the cache.
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
	# User space lacks BIT().
	perl "$scripts/checkpatch.pl" --no-tree --strict --terse --no-summary \
		--ignore BIT_MACRO --file "$1"
}

# Remove the differences between clang-format and checkpatch: tabs before a macro's
# value or a comment, "* const" and "{ }".
normalize() {
	sed -E ':a; s/([^ \t][^\t]*)[ \t]*\t[ \t]*/\1 /; ta
		s/([^ \t])  +/\1 /g; s/\* const/*const/g; s/\{ \}/{}/g'
}

is_formatted() {
	diff -U 1 <(normalize <"$1") <(clang-format "$1" | normalize)
}

# coccinelle SCRIPT FILE...: use the options that the script names, and Debian's
# Python, whose version spatch asks for each time. Drop spatch's warnings about the
# script itself.
coccinelle() {
	local script=$1 options
	shift
	read -ra options < <(sed -n 's,^// Options:,,p' "$script")
	PATH=/usr/bin:/bin spatch -D report --very-quiet --no-show-diff "${options[@]}" -I src/uapi \
		--cocci-file "$script" "$@" 2>&1 |
		grep -Ev '^warning: line [0-9]+: should .* be a metavariable\?$'
}
export -f coccinelle

# Skip the two scripts that need the OCaml compiler: one checks a table of another
# driver, and sparse also finds what the other one finds (0 as a pointer).
coccinelle_scripts() {
	find "$scripts/coccinelle" -name '*.cocci' -print0 |
		xargs -0 grep -L '@initialize:ocaml' | sort
}

all_coccinelle() {
	local reports
	[ "$(coccinelle_scripts | wc -l)" -gt 50 ] || return
	# shellcheck disable=SC2016 # expand in the inner shell
	reports=$(coccinelle_scripts | xargs -P "$(nproc)" -I{} bash -c '
		report=$(coccinelle "$@") && printf "%s:\n%s\n" "$1" "$report"' \
		bash {} "${sources[@]}")
	[ -z "$reports" ] || {
		echo "$reports"
		return 1
	}
}

# Verify that the checker reports a planted bug.
coccinelle_finds_a_bug() {
	printf '%s\n' 'static void f(struct x *p) { kfree(p); g(p->y); }' \
		>"$work/bug.c"
	coccinelle "$scripts/coccinelle/free/kfree.cocci" "$work/bug.c" |
		grep 'reference preceded by free'
}

# Use the newest compiler that builds a kernel here.
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

check "the kernel's own checkers are available" fetch_scripts
for source in "${sources[@]}"; do
	check "checkpatch --strict $source" silent checkpatch "$source"
done
# Each version of clang-format formats some code differently.
if clang-format --version | grep -q 'version 14\.'; then
	for source in "${sources[@]}"; do
		check "clang-format $source" is_formatted "$source"
	done
else
	skip "clang-format: .clang-format needs version 14"
fi
check "coccinelle finds a planted bug" coccinelle_finds_a_bug
check "the kernel's coccinelle scripts report nothing" all_coccinelle
check "sparse reports nothing" sparse
check "gcc -fanalyzer reports nothing" analyzer
check "no kernel version checks outside compat/" no_version_tests
check "proc_relate and rambuf log only invalid module parameters" no_private_logging
finish
