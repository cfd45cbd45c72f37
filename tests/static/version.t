#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The version stands in dkms.conf; what repeats it agrees.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)

says() {
	echo "dkms.conf: $version, here: $1"
	[ "$1" = "$version" ]
}

check "dkms.conf has one quoted literal" \
	grep -Eqx 'PACKAGE_VERSION="[0-9]+\.[0-9]+\.[0-9]+"' dkms.conf
check "debian/changelog agrees" says \
	"$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)"
check "CHANGELOG agrees" says \
	"$(sed -n 's/^## \[\([0-9.]*\)\].*/\1/p' CHANGELOG | head -n 1)"
check "rpm/devtrio.spec agrees" says \
	"$(sed -n 's/^Version: *//p' rpm/devtrio.spec)"
check "its changelog agrees" says \
	"$(sed -n '/^%changelog/,$ s/^\* .* - \([0-9.]*\)-[0-9]*$/\1/p' rpm/devtrio.spec | head -n 1)"
check "the utility agrees" says \
	"$(build/devtrio/devtrio --version | sed -n '1s/.* //p')"
check "the man pages agree" says \
	"$(sed -n 's/^\.TH .*"devtrio \([0-9.]*\)".*/\1/p' src/man/*.[14] | sort -u)"
finish
