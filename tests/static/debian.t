#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What `make deb` made has no known fault, and all packages come out the same, to the
# byte, when somebody else makes them elsewhere, at another time.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
work=$(mktemp -d)
trap 'tests/vm/in-root / rm -rf "$work"' EXIT
chmod 755 "$work"

# Another place, user, home, machine name, time, time zone, language, number of
# CPUs, and umask for what is made and for what was checked out.
build_again() {
	mkdir "$work/tree" "$work/locale"
	localedef -i tr_TR -f UTF-8 "$work/locale/tr_TR.UTF-8" || return
	tar -c --exclude=./build --exclude=./.git . |
		tar -x -C "$work/tree" --mode=u+rwX,go=
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
		echo "made again at another time by another user; it may also be" \
			"older than the tree: make deb rpm"
		diffoscope "$1" "$work/tree/$1" 2>&1 | head -n 40
		return 1
	}
}

check "lintian has no tag, of source and packages" silent lintian --allow-root \
	--pedantic --display-info --display-experimental build/deb/*.changes
check "all can be built again, elsewhere and later" build_again
for package in build/deb/*.{deb,dsc,tar.xz} build/rpm/*.{rpm,tar.gz}; do
	check "the same bytes: ${package##*/}" same "$package"
done
check "the source package is of this version" \
	test -e "build/deb/devtrio_$version.dsc"
finish
