#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A machine that goes down in the middle of a sound is left silent: reboot, kexec
# and panic, in a stock kernel of each series. Nobody in the guest can look any
# more; the test chip tells the console what is active when all is over.
# usage: last-words.t [SERIES...]
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1
# shellcheck disable=SC2086 # a word each
[ $# -gt 0 ] || set -- ${KERNELS:-5.10 6.1 6.12 7.2 newest}
make -s selftests >&2 || exit 1

# prepare SERIES: what the guest of a series takes along
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

# dies SERIES HOW: runs the guest; $console is then what its kernel said. The
# guest never comes to its end, and so minimal always fails. An emulated machine
# that crashes before it sounds is given another chance.
dies() {
	local attempt
	for attempt in 1 2 3; do
		echo "# $1: $2, attempt $attempt"
		DEVTRIO_APPEND="last-words=$2" tests/vm/minimal "$1" \
			tests/vm/last-words "$programs" >/dev/null 2>&1
		grep -q ' 1 playing ' "$results" && break
	done
}

# all_silent WHEN: but for the line that the chip itself holds
all_silent() {
	tail -n 20 "$results" "$console"
	grep -q ' 0 on ' "$results" && grep -q ' 1 playing ' "$results" &&
		grep -q "devtrio-testchip: active at $1: <6>" "$console"
}

for series; do
	prepare "$series"
	for how in panic shutdown; do
		dies "$series" $how
		check "$series: silent after $how" all_silent $how
	done
	dies "$series" kexec
	check "$series: silent before another kernel takes over by kexec" \
		all_silent shutdown
	check "$series: which it does" \
		[ "$(grep -c 'Linux version' "$console")" = 2 ]
done
finish
