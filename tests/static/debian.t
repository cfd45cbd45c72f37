#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks the results of `make deb` with lintian, and that all packages, .deb and .rpm,
# build reproducibly.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
work=$(mktemp -d)
trap 'tests/vm/in-root / rm -rf "$work"' EXIT
chmod 755 "$work"

# Build with another path, user, home, host name, time, time zone, language, number of
# CPUs and umask, and with other modes of the checked-out files.
build_again() {
	mkdir "$work/tree" "$work/locale"
	localedef -i tr_TR -f UTF-8 "$work/locale/tr_TR.UTF-8" || return
	tar -c --exclude=./build --exclude=./.git . |
		tar -x -C "$work/tree" --mode=u+rwX,go=
	# As `make modules` leaves it: no package has it.
	touch "$work/tree/src/modules/proc_relate/leftover.o"
	tests/vm/in-root / unshare --uts sh -ec '
		hostname elsewhere
		cd "$1/tree"
		chown -R 1234:1234 .
		umask 077
		exec setpriv --reuid=1234 --regid=1234 --clear-groups \
			env -i PATH="$PATH" HOME=/nonexistent USER=someone \
			LOCPATH="$1/locale" LC_ALL=tr_TR.UTF-8 LANGUAGE=tr \
			TZ=Pacific/Kiritimati NO_FAKE_STAT=1 \
			faketime -f +400d taskset -c 0 \
			make -s deb rpm RPMBUILDFLAGS=--nocheck' \
		sh "$work"
}

same() {
	cmp "$1" "$work/tree/$1" || {
		echo "the second build differs; if build/ is older than the tree," \
			"rebuild it: make deb rpm"
		diffoscope "$1" "$work/tree/$1" 2>&1 | head -n 40
		return 1
	}
}

check "lintian reports no tags for source and packages" silent lintian --allow-root \
	--pedantic --display-info --display-experimental build/deb/*.changes
check "all packages build in another environment" build_again
for package in build/deb/*.{deb,dsc,tar.xz} build/rpm/*.{rpm,tar.gz}; do
	check "${package##*/} builds reproducibly" same "$package"
done
check "the source package has the version of dkms.conf" \
	test -e "build/deb/devtrio_$version.dsc"
finish
