# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # $expected and $mark are loading.sh's
# How beepctrl loads, unloads and takes its parameters, a part of loading.sh.

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

insmod devtrio_testchip.ko described=1
names() {
	./devtrio beep status --json | sed -n 's/.*"name":"\([^"]*\)".*/\1/p' | tr '\n' ' '
}
insmod beepctrl.ko lines=devtrio-testchip:0
check "beepctrl: what the system describes comes after lines=" sh -c '
	[ "$1" = "devtrio-testchip:0 beepctrl.100:0 beepctrl.100:1 " ] &&
	./ioctl_errno on 1 && ./ioctl_errno on 2' sh "$(names)"
bind() {
	echo beepctrl.100 >"/sys/bus/platform/drivers/beepctrl/$1"
}
bind unbind
check "beepctrl: unbound, it is not there" \
	sh -c './ioctl_errno on 1 | grep -x "No such device" && ./ioctl_errno on 0'
bind bind
check "beepctrl: and has its indices again" \
	sh -c '[ "$1" = "devtrio-testchip:0 beepctrl.100:0 beepctrl.100:1 " ]' sh "$(names)"
rmmod beepctrl
mark_log
insmod beepctrl.ko lines=devtrio-testchip:0"$(printf ',none:%s' 1 2 3 4 5 6 7 8 9 10 \
	11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31)"
check "beepctrl: more than there can be are refused, and it says so" \
	said 'more than 32 buzzers'
check "beepctrl: and the others work" sh -c './ioctl_errno on 0 &&
	./ioctl_errno on 31 | grep -x "No such device"'
rmmod beepctrl devtrio_testchip

case $(uname -r) in
5.* | 6.[0-8].*)
	skip "gpiolib follows NULL before 6.9 when a chip goes while its lines are taken" ;;
*)
	insmod devtrio_testchip.ko
	check "beepctrl: loads and unloads while its chip comes and goes" \
		./reload_test 100 '*chip_comes_and_goes'
	rmmod devtrio_testchip ;;
esac
