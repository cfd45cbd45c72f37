#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks that symbols shared by the files of a module have the driver's prefix, and that
# no local variable, parameter or enumerator shadows a function.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

# tags KINDS FOLDER: scope (file or -), name, file, line
tags() {
	ctags -x --languages=C --langmap=C:+.h --extras=+F "--kinds-C=$1" \
		--_xformat='%{file} %N %F %n' -R "$2"
}

# unprefixed FOLDER PREFIX
unprefixed() {
	tags fx "$1" | awk -v prefix="^$2_" \
		'($1 == "-" || $3 ~ /\.h$/) && $2 !~ prefix'
}

# shadowing FOLDER: a static function is visible in its file, others everywhere
shadowing() {
	awk 'NR == FNR { known[$1 == "-" ? $2 : $2 " " $3]; next }
		$2 in known || $2 " " $3 in known { print $3 ":" $4 ": " $2 }' \
		<(tags f "$1") <(tags lze "$1")
}

finds() {
	"${@:2}" | grep -F "$1"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s\n' 'int x_count(void);' 'static int size(void) { return 1; }' \
	'int count(int size) { return size; }' >"$work/bug.c"
check "the test finds a missing prefix" finds "count $work" unprefixed "$work" x
check "the test finds a parameter that shadows a function" finds :3: shadowing "$work"

for module in proc_relate=prel beepctrl=beep rambuf=rambuf; do
	check "${module%=*}: shared symbols have the prefix ${module#*=}_" \
		silent unprefixed "src/modules/${module%=*}" "${module#*=}"
done
# The commands' files include lib/ and their own folder, and lib/ none of theirs.
across() {
	! grep -nE '#include "(ps|status|beep|buf|test)/' src/devtrio/*/*.[ch]
}
check "no file of the utility includes a command's from elsewhere" across
for folder in src/modules/{proc_relate,beepctrl,rambuf} src/devtrio; do
	check "$folder: nothing shadows a function" silent shadowing "$folder"
done
finish
