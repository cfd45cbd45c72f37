#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Runs debian/tests and dkms's own autopkgtest with the packages of `make deb`,
# natively in a chroot. The tests' dependencies come from the host's mirror. autopkgtest
# skips the test that loads the drivers, which needs a machine: story-image.t runs it.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

work=$(mktemp -d)
trap 'tests/vm/in-root / rm -rf "$work"' EXIT
chmod 755 "$work"

# One kernel is enough, since dkms.t builds for all.
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
		# Tests may break the chroot, which is temporary.
		exec autopkgtest --output-dir=results --no-built-binaries \
			--ignore-restrictions=breaks-testbed \
			./*.deb ./tree/ -- chroot "$1/root"' \
		sh "$work" "$root" "$kernel"
}

# Exit code 2: at least one test was skipped, and none failed.
output=$(run_autopkgtest 2>&1)
status=$?
summary_has() {
	tail -n 40 <<<"$output"
	cat "$work/results/summary"
	grep -Eq "$1" "$work/results/summary"
}

check "no autopkgtest fails" test "$status" = 2
check "dkms-autopkgtest builds the drivers" summary_has '^dkms-autopkgtest +PASS'
check "the utility test passes" summary_has '^utility +PASS'
check "the headers test passes" summary_has '^headers +PASS'
check "the devices test is skipped without a machine" summary_has '^devices +SKIP.*isolation-machine'
finish
