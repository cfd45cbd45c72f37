#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks that every file that repeats the version of dkms.conf agrees with it.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)

is_version() {
	echo "expected $version as in dkms.conf, found: $1"
	[ "$1" = "$version" ]
}

check "dkms.conf has the version as one quoted literal" \
	grep -Eqx 'PACKAGE_VERSION="[0-9]+\.[0-9]+\.[0-9]+"' dkms.conf
check "debian/changelog has the version" is_version \
	"$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)"
check "CHANGELOG has the version" is_version \
	"$(sed -n 's/^## \[\([0-9.]*\)\].*/\1/p' CHANGELOG | head -n 1)"
check "rpm/devtrio.spec has the version" is_version \
	"$(sed -n 's/^Version: *//p' rpm/devtrio.spec)"
check "the changelog of rpm/devtrio.spec has the version" is_version \
	"$(sed -n '/^%changelog/,$ s/^\* .* - \([0-9.]*\)-[0-9]*$/\1/p' rpm/devtrio.spec | head -n 1)"
check "devtrio --version prints the version" is_version \
	"$(build/devtrio/devtrio --version | sed -n '1s/.* //p')"
check "the man pages have the version" is_version \
	"$(sed -n 's/^\.TH .*"devtrio \([0-9.]*\)".*/\1/p' src/man/*.[14] | sort -u)"
finish
