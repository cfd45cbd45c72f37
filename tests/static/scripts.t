#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks the syntax and style of shell scripts, Python and man pages.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

# All tracked shell scripts.
mapfile -t shell < <(git ls-files | while read -r file; do
	head -n 1 "$file" | grep -Eq '^#!/bin/(ba)?sh' && echo "$file"
done; git ls-files '*.bash')
mapfile -t python < <(git ls-files | while read -r file; do
	head -n 1 "$file" | grep -q '^#!.*python3' && echo "$file"
done; git ls-files '*.py')

compiles() {
	python3 - "$1" <<-'END'
		import ast, sys
		ast.parse(open(sys.argv[1], encoding="utf-8").read())
	END
}

page_is_clean() {
	silent sh -c 'LC_ALL=C.UTF-8 MANROFFSEQ="" MANWIDTH=80 \
		man --warnings -E UTF-8 -l -Tutf8 -Z "$1" 2>&1 >/dev/null' sh "$1"
}

for file in "${shell[@]}"; do
	check "shellcheck $file" shellcheck -x "$file"
done
for file in "${python[@]}"; do
	check "python parses $file" compiles "$file"
done
for page in src/man/*.[1-9]; do
	check "man $page" page_is_clean "$page"
	check "mandoc $page" silent mandoc -Tlint "$page"
done
finish
