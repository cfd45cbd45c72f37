#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks the RPM packages with rpmlint, and their dependencies and conflicts.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

# rpmlint's exit code ignores warnings.
rpmlint_is_clean() {
	rpmlint -r rpm/rpmlintrc "$@" 2>&1 | tee /dev/stderr |
		grep -q "^ 5 packages and 1 specfiles checked; 0 errors, 0 warnings"
}

# has TAG PACKAGE LINE: a tag of the package, such as provides, has the line.
has() {
	rpm -qp "--$1" "$2" | grep -Fx "$3"
}

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
check "rpmlint reports nothing" rpmlint_is_clean build/rpm/*.rpm rpm/devtrio.spec
dkms=build/rpm/dkms-devtrio-$version-1.noarch.rpm
utility=build/rpm/devtrio-$version-1.$(uname -m).rpm
check "dkms-devtrio provides devtrio-kmod" has provides "$dkms" \
	"devtrio-kmod = $version"
check "devtrio recommends devtrio-kmod" has recommends "$utility" devtrio-kmod
check "dkms-devtrio conflicts with kmod-devtrio" has conflicts "$dkms" kmod-devtrio

# The scriptlet has the lines of sysusers.d, because it runs before that file exists.
makes_groups() {
	rpm -qp --scripts "$utility" | grep '^g ' | diff - <(grep '^g ' src/system/sysusers.conf)
}
check "devtrio creates the groups of sysusers.d" makes_groups
check "kmod-devtrio accepts a newer utility" \
	grep -q '^Requires: *devtrio-kmod-common >= ' rpm/kmod-devtrio.spec

# refuses TEXT ARGUMENT...: make kmod fails with one line and leaves no files.
refuses() {
	local text=$1 message
	shift
	message=$(OUT=build/no-kmod .ci/kmod "$@" 2>&1) && return 1
	echo "$message"
	[[ $message = "kmod: "*"$text"* && $message != *$'\n'* ]] && ! ls build/no-kmod/*
}
check "make kmod reports missing headers" \
	refuses "no headers of 1.2.3 in /lib/modules/1.2.3/build: install them" 1.2.3
check "make kmod refuses a key without a certificate" refuses "KEY= and CERT=" 1.2.3 key
check "make kmod reports a missing certificate" refuses "no such certificate: cert" 1.2.3 key cert
finish
