#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The RPM packages have no known faults, and work with the prebuilt ones of others.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

# rpmlint's exit code knows of errors only.
has_no_faults() {
	rpmlint -r rpm/rpmlintrc "$@" 2>&1 | tee /dev/stderr |
		grep -q "^ 4 packages and 1 specfiles checked; 0 errors, 0 warnings"
}

# says TAG PACKAGE LINE: the package has it among what it, say, provides.
says() {
	rpm -qp "--$1" "$2" | grep -Fx "$3"
}

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
check "rpmlint has nothing to say" has_no_faults build/rpm/*.rpm rpm/devtrio.spec
dkms=build/rpm/dkms-devtrio-$version-1.noarch.rpm
utility=build/rpm/devtrio-$version-1.$(uname -m).rpm
check "a prebuilt kmod may replace dkms-devtrio" says provides "$dkms" \
	"devtrio-kmod = $version"
check "the utility says for either" says recommends "$utility" devtrio-kmod
check "not for both" says conflicts "$dkms" kmod-devtrio

# What systemd would make of our file it makes before that file is there.
makes_groups() {
	rpm -qp --scripts "$utility" | grep '^g ' | diff - <(grep '^g ' src/system/sysusers.conf)
}
check "its groups are those of sysusers.d" makes_groups
check "drivers of before go with a newer utility" \
	grep -q '^Requires: *devtrio-kmod-common >= ' rpm/kmod-devtrio.spec

# What `make modules` leaves is in no package.
packs_no_objects() {
	local left=src/modules/proc_relate/left.o
	touch "$left"
	make -s rpm >/dev/null
	rm "$left"
	rpm -qpl "$dkms" | grep '/dkms.conf$' && ! rpm -qpl "$dkms" | grep '\.o$'
}
check "what make modules left is not packed" packs_no_objects

# refuses TEXT ARGUMENT...: make kmod does, in one line, and leaves nothing.
refuses() {
	local text=$1 said
	shift
	said=$(OUT=build/no-kmod .ci/kmod "$@" 2>&1) && return 1
	echo "$said"
	[[ $said = "kmod: "*"$text"* && $said != *$'\n'* ]] && ! ls build/no-kmod/*
}
check "make kmod says where headers are missing" \
	refuses "no headers of 1.2.3 in /lib/modules/1.2.3/build: install them" 1.2.3
check "and that a key needs a certificate" refuses "KEY= CERT=" 1.2.3 key
check "and that there is none" refuses "no certificate cert" 1.2.3 key cert
finish
