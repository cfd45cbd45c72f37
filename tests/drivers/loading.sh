#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# How the modules load, unload and take their parameters; as root, in the
# minimal guest, with the test chip loaded and none of our modules.
cd /test || exit 1
n=0
failed=0

# check NAME COMMAND...: the command succeeds.
check() {
	name=$1
	shift
	n=$((n + 1))
	if output=$("$@" 2>&1); then
		echo "ok $n - $name"
	else
		failed=$((failed + 1))
		echo "not ok $n - $name"
		echo "$output" | sed 's/^/# /'
	fi
}

fails() {
	! "$@"
}

# What the kernel said since the mark, once.
said() {
	dmesg | sed -n "/$mark/,\$p" | grep -q "$1"
}

mark_log() {
	mark="loading-test-$n"
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

check "rambuf: size=1 is a buffer of 1 byte" \
	sh -c 'insmod rambuf.ko size=1 && [ "$(wc -c </dev/rambuf)" = 1 ]'
check "rambuf: unloads" rmmod rambuf
check "rambuf: size=1000003 need be no multiple of a page" \
	sh -c 'insmod rambuf.ko size=1000003 && [ "$(wc -c </dev/rambuf)" = 1000003 ]'
rmmod rambuf
check "rambuf: size=67108864 is the largest" \
	sh -c 'insmod rambuf.ko size=67108864 && [ "$(wc -c </dev/rambuf)" = 67108864 ]'
rmmod rambuf
expected='rambuf: size=0 is not within 1 to 67108864 bytes'
check "rambuf: size=0 is refused, and says why" refused rambuf.ko size=0
expected='rambuf: size=67108865 is not within'
check "rambuf: a byte more than the largest is refused" \
	refused rambuf.ko size=67108865
check "rambuf: can't be unloaded under an open file" sh -c '
	insmod rambuf.ko
	exec 5</dev/rambuf
	! rmmod rambuf && exec 5<&- && rmmod rambuf'
expected='rambuf: count=0 is not within 1 to 16 buffers'
check "rambuf: count=0 is refused, and says why" refused rambuf.ko count=0
expected='rambuf: count=17 is not within'
check "rambuf: a buffer more than the most is refused" \
	refused rambuf.ko count=17
check "rambuf: count=16 is the most, and the first is /dev/rambuf" sh -c '
	insmod rambuf.ko count=16 && [ -c /dev/rambuf ] && [ -c /dev/rambuf15 ] &&
	[ ! -e /dev/rambuf16 ] && rmmod rambuf && [ ! -e /dev/rambuf15 ]'
check "rambuf: without the memory it does not load, and keeps none" sh -c '
	free() { sed -n "s/^MemAvailable: *\([0-9]*\) kB/\1/p" /proc/meminfo; }
	before=$(free)
	! insmod rambuf.ko count=16 size=67108864 && [ ! -e /dev/rambuf ] &&
	[ "$(free)" -gt $((before - 32768)) ]'
check "rambuf: its size can't be changed when it is loaded" sh -c '
	insmod rambuf.ko
	! echo 1 >/sys/module/rambuf/parameters/size &&
	[ "$(wc -c </dev/rambuf)" = 4096 ]'
./rambuf_map_test hold >/tmp/held &
holder=$!
until grep -q held /tmp/held; do sleep 0.1; done
check "rambuf: can't be unloaded under a mapping of a closed file" \
	fails rmmod rambuf
kill $holder
wait $holder 2>/dev/null
check "rambuf: unloads when the mapping has gone" rmmod rambuf
check "rambuf: loads and unloads while others open it" sh -c '
	while :; do cat /dev/rambuf >/dev/null 2>&1; done & one=$!
	while :; do cat /dev/rambuf1 >/dev/null 2>&1; done & other=$!
	for i in 1 2 3 4 5 6 7 8 9 10; do
		insmod rambuf.ko count=2 || exit 1
		until rmmod rambuf 2>/dev/null; do :; done
	done
	kill $one $other'
check "proc_relate: can't be unloaded under an open file" sh -c '
	insmod proc_relate.ko
	exec 5</dev/proc_relate
	! rmmod proc_relate && exec 5<&- && rmmod proc_relate'

mark_log
check "beepctrl: loads with no buzzer" insmod beepctrl.ko
check "beepctrl: says once that it has none" said 'beepctrl: no buzzer is configured'
check "beepctrl: then answers ENODEV" \
	sh -c './ioctl_errno on 0 | grep -x "No such device" &&
	       ./ioctl_errno off 7 | grep -x "No such device" &&
	       ./ioctl_errno info 0 | grep -x "No such device"'
check "beepctrl: unloads" rmmod beepctrl

for bad in devtrio-testchip:x devtrio-testchip: :3 devtrio-testchip:70000; do
	expected="beepctrl: lines=$bad is neither"
	check "beepctrl: lines=$bad is refused, and says why" \
		refused beepctrl.ko "lines=$bad"
done
expected='beepctrl: lines=:1 is neither'
check "beepctrl: one bad entry refuses all" \
	refused beepctrl.ko lines=devtrio-testchip:0,:1
check "beepctrl: and leaves the good one's line free" \
	sh -c '! grep -q beepctrl /sys/kernel/debug/gpio'

insmod beepctrl.ko lines=devtrio-testchip:1,no-such-chip:0,devtrio-testchip:2
check "beepctrl: a chip that is not there is ENODEV, the others work" \
	sh -c './ioctl_errno on 0 && ./ioctl_errno on 2 &&
	       ./ioctl_errno on 1 | grep -x "No such device" &&
	       ./ioctl_errno info 1 && ./ioctl_errno on 3 | grep -x "Invalid argument"'

./ioctl_errno hold 0 &
holder=$!
until grep -q 'out hi' /sys/kernel/debug/gpio; do sleep 0.1; done
check "beepctrl: can't be unloaded under an open file" fails rmmod beepctrl
check "beepctrl: unbinding under an open file silences" \
	sh -c 'echo beepctrl.0 >/sys/bus/platform/drivers/beepctrl/unbind &&
	       ! grep -q "out hi" /sys/kernel/debug/gpio'
check "beepctrl: and answers ENODEV from then on" \
	sh -c './ioctl_errno on 0 | grep -x "No such device" && ./ioctl_errno on 2'
check "beepctrl: binding again brings the same index back" \
	sh -c 'echo beepctrl.0 >/sys/bus/platform/drivers/beepctrl/bind &&
	       ./ioctl_errno on 0 && ./ioctl_errno on 2'
kill $holder
wait $holder 2>/dev/null
rmmod beepctrl

insmod beepctrl.ko lines=devtrio-testchip:0:active-low,testchip-five,testchip-five:active-low
check "beepctrl: active-low is high in silence, and low in sound" sh -c '
	grep "beepctrl" /sys/kernel/debug/gpio | grep -q "out hi" &&
	./ioctl_errno hold 0 &
	until ./devtrio beep status | grep -q " 0 on "; do sleep 0.1; done
	! grep "beepctrl" /sys/kernel/debug/gpio | grep -q "out hi"
	quiet=$?; kill $! ; exit $quiet'
check "beepctrl: a line is found by its name, and can't be had twice" \
	sh -c './ioctl_errno on 1 &&
	       ./ioctl_errno on 2 | grep -x "No such device"'
rmmod beepctrl

insmod beepctrl.ko lines=devtrio-testchip:0
./ioctl_errno hold 0 &
holder=$!
until grep -q 'out hi' /sys/kernel/debug/gpio; do sleep 0.1; done
kill -9 $holder
wait $holder 2>/dev/null
check "beepctrl: the death of its player, and unloading, leave silence" \
	sh -c 'rmmod beepctrl && ! grep -q "out hi" /sys/kernel/debug/gpio'

if [ -d /sys/module/gpio_sim ]; then
	mount -t configfs configfs /sys/kernel/config
	sim=/sys/kernel/config/gpio-sim/sim
	mkdir -p $sim/bank
	echo 8 >$sim/bank/num_lines
	echo simchip >$sim/bank/label
	insmod beepctrl.ko lines=simchip:2
	value='/sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio2/value'
	# soon COMMAND...: it succeeds within a while
	soon() {
		for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
			"$@" && return
			sleep 0.3
		done
		return 1
	}
	# shellcheck disable=SC2086 # a pattern
	level_is() {
		[ "$(cat $value)" = "$1" ]
	}
	echo 1 >$sim/live
	check "beepctrl: finds a line of gpio-sim" soon ./ioctl_errno on 0
	./ioctl_errno hold 0 &
	holder=$!
	check "beepctrl: and sounds it" soon level_is 1
	echo 0 >$sim/live
	check "beepctrl: a simulated chip that is removed is ENODEV" \
		sh -c './ioctl_errno on 0 | grep -x "No such device"'
	kill $holder
	wait $holder 2>/dev/null
	echo 1 >$sim/live
	check "beepctrl: one in its place is picked up" soon ./ioctl_errno on 0
	check "beepctrl: in silence" level_is 0
	./ioctl_errno hold 0 &
	holder=$!
	check "beepctrl: and sounds" soon level_is 1
	kill $holder
	wait $holder 2>/dev/null
	rmmod beepctrl
	echo 0 >$sim/live
fi

rmmod devtrio_testchip
insmod beepctrl.ko lines=devtrio-testchip:4
check "beepctrl: loads before its chip is there" \
	sh -c './ioctl_errno on 0 | grep -x "No such device"'
insmod devtrio_testchip.ko can_sleep=1
check "beepctrl: picks up a chip that comes later, also one that sleeps" sh -c '
	for i in 1 2 3 4 5 6 7 8 9 10; do
		./ioctl_errno on 0 && exit 0
		sleep 0.5
	done
	exit 1'
check "beepctrl: unloads and gives its line back" \
	sh -c 'rmmod beepctrl && ! grep -q beepctrl /sys/kernel/debug/gpio &&
	       rmmod devtrio_testchip'

check "all: the version is that of dkms.conf" sh -c '
	insmod rambuf.ko && insmod beepctrl.ko && insmod proc_relate.ko &&
	version=$(sed -n "s/^PACKAGE_VERSION=\"\(.*\)\"/\1/p" dkms.conf) &&
	for m in rambuf beepctrl proc_relate; do
		[ "$(cat /sys/module/$m/version)" = "$version" ] || exit 1
	done
	rmmod rambuf beepctrl proc_relate'

echo "1..$n"
[ $failed = 0 ]
