#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the files of a module share carries the driver's prefix, and no local variable,
# parameter or enumerator hides a function.
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

# hiding FOLDER: a static function is known in its file, others everywhere
hiding() {
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
	'int count(int size) { return size; }' >"$work/fault.c"
check "a missing prefix is found" finds "count $work" unprefixed "$work" x
check "a parameter that hides a function is found" finds :3: hiding "$work"

for module in proc_relate=prel beepctrl=beep rambuf=rambuf; do
	check "${module%=*}: what files share has its prefix" \
		silent unprefixed "src/modules/${module%=*}" "${module#*=}"
done
for folder in src/modules/{proc_relate,beepctrl,rambuf} src/devtrio; do
	check "$folder: nothing hides a function" silent hiding "$folder"
done
finish
