#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# autopkgtest: debian/tests and dkms's own test of a DKMS package, with the packages
# that `make deb` made, natively in a chroot. What the tests depend on comes from
# this machine's mirror. The test that loads the drivers needs a machine of its own
# and is skipped here: story-image.t runs that one.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

work=$(mktemp -d)
trap 'tests/vm/in-root / rm -rf "$work"' EXIT
chmod 755 "$work"

# One kernel is enough: dkms.t builds for all.
run_autopkgtest() {
	local root kernel
	root=$(tests/vm/root build bookworm)/root
	kernel=$(awk '$1 == "6.1" { print $2 }' "$root/kernels" | tail -n 1)
	mkdir "$work"/{upper,work,root,tree}
	tar -c --exclude=./build --exclude=./.git . | tar -x -C "$work/tree"
	cp build/deb/*.deb "$work/"
	tests/vm/in-root / sh -ec '
		root=$(realpath "$2")
		cd "$1"
		mount -t overlay root root \
			-o "lowerdir=$root,upperdir=upper,workdir=work"
		find root/lib/modules -mindepth 1 -maxdepth 1 ! -name "$3" \
			-exec rm -r {} +
		cp /etc/resolv.conf root/etc/
		mount -t proc proc root/proc
		mount --rbind /dev root/dev
		# The chroot is thrown away: it may be broken.
		exec autopkgtest --output-dir=results --no-built-binaries \
			--ignore-restrictions=breaks-testbed \
			./*.deb ./tree/ -- chroot "$1/root"' \
		sh "$work" "$root" "$kernel"
}

# 2: one was skipped, none failed.
output=$(run_autopkgtest 2>&1)
status=$?
says() {
	tail -n 40 <<<"$output"
	cat "$work/results/summary"
	grep -Eq "$1" "$work/results/summary"
}

check "autopkgtest fails nowhere" test "$status" = 2
check "the drivers build, by dkms-autopkgtest" says '^dkms-autopkgtest +PASS'
check "the utility works" says '^utility +PASS'
check "the headers serve programs" says '^headers +PASS'
check "the test of the devices wants a machine" says '^devices +SKIP.*isolation-machine'
finish
