#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dkms's own commands, straight from a checkout and from /usr/src, with the dkms
# and for the kernels of each suite. Runs natively in the roots to build in, with
# dkms's folders elsewhere, so that the roots stay as they are.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

work=$(mktemp -d)
trap 'tests/vm/in-root / rm -rf "$work"' EXIT
chmod 755 "$work"
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)

# in_dkms COMMAND...: dkms in $root, on folders of our own.
in_dkms() {
	local command=$1
	shift
	DEVTRIO_BIND=$work tests/vm/in-root "$root" dkms "$command" "$@" \
		--dkmstree /mnt/tree --sourcetree /mnt/src --installtree /mnt/lib
}

for_kernel() {
	in_dkms "$1" -m devtrio -v "$version" -k "$kernel"
}

# shows STATE: for the kernel, and no other line.
shows() {
	local status
	status=$(in_dkms status)
	echo "$status"
	[[ $status = devtrio*"$kernel, "*": $1" && $status != *$'\n'* ]]
}

modules_are() {
	find "$work/lib" -name '*.ko*' | sed 's/.*\///; s/\.ko.*//' | sort | xargs |
		tee /dev/stderr | grep -qx "$1"
}

round() {
	check "$1: builds" for_kernel build
	check "$1: status says built" shows built
	check "$1: installs" for_kernel install
	check "$1: status says installed" shows installed
	check "$1: all three are there" modules_are "beepctrl proc_relate rambuf"
	check "$1: is removed" in_dkms remove -m devtrio -v "$version" --all
	check "$1: nothing stays installed" modules_are ""
}

fresh() {
	tests/vm/in-root / rm -rf "$work/tree" "$work/src" "$work/lib" "$work/checkout"
	mkdir -p "$work/tree" "$work/src" "$work/lib/$kernel" "$work/checkout"
	ln -s "/lib/modules/$kernel/build" "$work/lib/$kernel/build"
	tar -c --exclude=./build --exclude=./.git . | tar -x -C "$work/checkout"
}

for suite in bullseye bookworm trixie; do
	root=$(tests/vm/root build $suite)/root
	kernel=$(awk 'END { print $2 }' "$root/kernels")
	dkms=$(chroot_version=$(tests/vm/in-root "$root" dpkg-query -W -f '${Version}' dkms) &&
		echo "${chroot_version%%-*}")
	about="dkms $dkms, $kernel"

	fresh
	check "$about, checkout: is added" in_dkms add /mnt/checkout
	round "$about, checkout"

	fresh
	mkdir "$work/src/devtrio-$version"
	cp -r "$work/checkout/dkms.conf" "$work/src/devtrio-$version/"
	mkdir "$work/src/devtrio-$version/src"
	cp -r src/modules src/uapi "$work/src/devtrio-$version/src/"
	check "$about, /usr/src: is added" in_dkms add -m devtrio -v "$version"
	round "$about, /usr/src"
done
finish
