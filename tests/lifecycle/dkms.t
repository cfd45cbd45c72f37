#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs dkms commands directly, on a checkout and on /usr/src, with the dkms and a kernel
# of each suite. Runs natively in the build roots, with dkms's folders outside, so that
# the roots stay unchanged.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

work=$(mktemp -d)
trap 'tests/vm/in-root / rm -rf "$work"' EXIT
chmod 755 "$work"
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)

# in_dkms COMMAND...: run dkms in $root, with its folders in $work.
in_dkms() {
	local command=$1
	shift
	DEVTRIO_BIND=$work tests/vm/in-root "$root" dkms "$command" "$@" \
		--dkmstree /mnt/tree --sourcetree /mnt/src --installtree /mnt/lib
}

for_kernel() {
	in_dkms "$1" -m devtrio -v "$version" -k "$kernel"
}

# status_is STATE: dkms status shows this state of the kernel, and no other line.
status_is() {
	local status
	status=$(in_dkms status)
	echo "$status"
	[[ $status = devtrio*"$kernel, "*": $1" && $status != *$'\n'* ]]
}

modules_are() {
	find "$work/lib" -name '*.ko*' | sed 's/.*\///; s/\.ko.*//' | sort | xargs |
		tee /dev/stderr | grep -qx "$1"
}

check_commands() {
	check "$1: dkms build" for_kernel build
	check "$1: dkms status shows built" status_is built
	check "$1: dkms install" for_kernel install
	check "$1: dkms status shows installed" status_is installed
	check "$1: all three modules are installed" modules_are "beepctrl proc_relate rambuf"
	check "$1: dkms remove" in_dkms remove -m devtrio -v "$version" --all
	check "$1: no module stays installed" modules_are ""
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
	check "$about, checkout: dkms add" in_dkms add /mnt/checkout
	check "$about, checkout: dkms remove" in_dkms remove -m devtrio -v "$version" --all

	fresh
	mkdir "$work/src/devtrio-$version"
	cp -r "$work/checkout/dkms.conf" "$work/src/devtrio-$version/"
	mkdir "$work/src/devtrio-$version/src"
	cp -r src/modules src/uapi "$work/src/devtrio-$version/src/"
	check "$about, /usr/src: dkms add" in_dkms add -m devtrio -v "$version"
	check_commands "$about, /usr/src"
done
finish
