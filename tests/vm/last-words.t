#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks that reboot, kexec and panic silence a buzzer that sounds, in a stock kernel
# of each series. No process in the guest can check that, so the test chip prints its
# active lines to the console at the very end.
# usage: last-words.t [SERIES...]
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1
# shellcheck disable=SC2086 # split into words
[ $# -gt 0 ] || set -- ${KERNELS:-5.10 6.1 6.12 7.2 newest}

# prepare SERIES: collect the programs for the guest, and its kernel for kexec
prepare() {
	local line root kernel
	line=$(tests/vm/build-modules "$1" | tail -n 1)
	read -r version root _ <<<"$line"
	programs=build/last-words/$version
	mkdir -p "$programs"
	for kernel in "$root/boot/vmlinuz-$version" \
		"$root"{/usr,}"/lib/modules/$version/vmlinuz"; do
		[ -e "$kernel" ] && cp "$kernel" "$programs/vmlinuz"
	done
	cp build/selftests/{devtrio,ioctl_errno,kexec_into} "$programs"
	console=build/vm/last-words-$version/console.log
	results=build/vm/last-words-$version/results
}

# take_down SERIES HOW: run the guest, with the kernel log in $console. The guest never
# completes and prints no TAP: every other failure of tests/vm/minimal counts. Retry if
# the emulated machine crashes before the buzzer sounds.
take_down() {
	local attempt
	for attempt in 1 2 3; do
		echo "# $1: $2, attempt $attempt"
		failures=$(DEVTRIO_APPEND="last-words=$2" tests/vm/minimal "$1" \
			tests/vm/last-words "$programs" 2>&1 |
			grep '^not ok' | grep -v ' ran to completion$\| ran test programs$')
		grep -q ' 1 playing ' "$results" && break
	done
	# The log of a panic has a call trace, and so has that of the second kernel, which
	# has no root file system.
	local expected=
	case $2 in
	panic) expected='sysrq: Trigger a crash' ;;
	kexec) expected='kexec_core: Starting new kernel' ;;
	esac
	[ -z "$expected" ] || failures=$(grep -v ' logged no warnings$' <<<"$failures"
		python3 tests/vm/console.py "$console" "$expected")
}

# all_silent WHEN: only line 6, which the chip itself keeps active, was active
all_silent() {
	tail -n 20 "$results" "$console"
	echo "$failures"
	[ -z "$failures" ] && grep -q ' 0 on ' "$results" &&
		grep -q ' 1 playing ' "$results" &&
		grep -q "devtrio-testchip: active at $1: <6>" "$console"
}

for series; do
	prepare "$series"
	for how in panic shutdown; do
		take_down "$series" $how
		check "$series: $how silences the buzzer" all_silent $how
	done
	take_down "$series" kexec
	check "$series: kexec silences the buzzer" \
		all_silent shutdown
	check "$series: kexec boots the second kernel" \
		[ "$(grep -c 'Linux version' "$console")" = 2 ]
done
finish
