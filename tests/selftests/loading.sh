#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Test loading, unloading and module parameters. Runs as root in the minimal
# guest, without our modules, and with the test chip if the kernel has GPIO lines.
cd /test || exit 1
# shellcheck source=tests/tap.sh
. ./tap.sh

fails() {
	! "$@"
}

# said PATTERN: the kernel has logged it since the mark.
said() {
	dmesg | sed -n "/$mark/,\$p" | grep -q "$1"
}

mark_log() {
	mark="loading-test-$tap_count"
	echo "$mark" >/dev/kmsg
}

refused() {
	mark_log
	if insmod "$@"; then
		rmmod "${1%.ko}"
		return 1
	fi
	said "$expected"
}

check "rambuf: size=1 creates a buffer of 1 byte" \
	sh -c 'insmod rambuf.ko size=1 && [ "$(wc -c </dev/rambuf)" = 1 ]'
check "rambuf: unloads" rmmod rambuf
check "rambuf: size does not have to be a multiple of a page" \
	sh -c 'insmod rambuf.ko size=1000003 && [ "$(wc -c </dev/rambuf)" = 1000003 ]'
rmmod rambuf
check "rambuf: size=67108864, the maximum, works" \
	sh -c 'insmod rambuf.ko size=67108864 && [ "$(wc -c </dev/rambuf)" = 67108864 ]'
rmmod rambuf
expected='rambuf: size=0 is not within 1 to 67108864 bytes'
check "rambuf: size=0 is rejected with a message" refused rambuf.ko size=0
expected='rambuf: size=67108865 is not within'
check "rambuf: a size above the maximum is rejected" \
	refused rambuf.ko size=67108865
check "rambuf: an open file prevents unloading" sh -c '
	insmod rambuf.ko
	exec 5</dev/rambuf
	! rmmod rambuf && exec 5<&- && rmmod rambuf'
expected='rambuf: count=0 is not within 1 to 16 buffers'
check "rambuf: count=0 is rejected with a message" refused rambuf.ko count=0
expected='rambuf: count=17 is not within'
check "rambuf: a count above the maximum is rejected" \
	refused rambuf.ko count=17
check "rambuf: count=16, the maximum, works, and the first is /dev/rambuf" sh -c '
	insmod rambuf.ko count=16 && [ -c /dev/rambuf ] && [ -c /dev/rambuf15 ] &&
	[ ! -e /dev/rambuf16 ] && rmmod rambuf && [ ! -e /dev/rambuf15 ]'
check "rambuf: loading without enough memory fails and leaks none" sh -c '
	free() { sed -n "s/^MemAvailable: *\([0-9]*\) kB/\1/p" /proc/meminfo; }
	before=$(free)
	! insmod rambuf.ko count=16 size=67108864 && [ ! -e /dev/rambuf ] &&
	[ "$(free)" -gt $((before - 32768)) ]'
check "rambuf: the size cannot be changed after loading" sh -c '
	insmod rambuf.ko
	! echo 1 >/sys/module/rambuf/parameters/size &&
	[ "$(wc -c </dev/rambuf)" = 4096 ]'
./rambuf_map_test hold >/tmp/held &
holder=$!
until grep -q held /tmp/held; do sleep 0.1; done
check "rambuf: a mapping of a closed file prevents unloading" \
	fails rmmod rambuf
kill $holder
wait $holder 2>/dev/null
check "rambuf: unloads after the mapping is gone" rmmod rambuf
check "rambuf: loads and unloads while others open it" sh -c '
	while :; do cat /dev/rambuf >/dev/null 2>&1; done & one=$!
	while :; do cat /dev/rambuf1 >/dev/null 2>&1; done & other=$!
	for i in 1 2 3 4 5 6 7 8 9 10; do
		insmod rambuf.ko count=2 || exit 1
		until rmmod rambuf 2>/dev/null; do :; done
	done
	kill $one $other'
check "proc_relate: an open file prevents unloading" sh -c '
	insmod proc_relate.ko
	exec 5</dev/proc_relate
	! rmmod proc_relate && exec 5<&- && rmmod proc_relate'

if [ -e /sys/bus/gpio ]; then
	. ./loading_beepctrl.sh
else
	. ./loading_no_gpio.sh
fi

check "all: the version matches dkms.conf" sh -c '
	insmod rambuf.ko && insmod beepctrl.ko && insmod proc_relate.ko &&
	version=$(sed -n "s/^PACKAGE_VERSION=\"\(.*\)\"/\1/p" dkms.conf) &&
	for m in rambuf beepctrl proc_relate; do
		[ "$(cat /sys/module/$m/version)" = "$version" ] || exit 1
	done
	rmmod rambuf beepctrl proc_relate'

finish
