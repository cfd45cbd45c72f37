# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # $expected and $mark are loading.sh's
# Loading, unloading and parameters of beepctrl; part of loading.sh.

mark_log
check "beepctrl: loads without a buzzer" insmod beepctrl.ko
check "beepctrl: logs that no buzzer is configured" said 'beepctrl: no buzzer is configured'
check "beepctrl: commands then fail with ENODEV" \
	sh -c './ioctl_errno on 0 | grep -x "No such device" &&
	       ./ioctl_errno off 7 | grep -x "No such device" &&
	       ./ioctl_errno info 0 | grep -x "No such device"'
check "beepctrl: unloads" rmmod beepctrl

for bad in devtrio-testchip:x devtrio-testchip: :3 devtrio-testchip:65535 devtrio-testchip:70000; do
	expected="beepctrl: invalid lines=$bad: expected"
	check "beepctrl: lines=$bad is rejected with a message" \
		refused beepctrl.ko "lines=$bad"
done
expected='beepctrl: invalid lines=:1: expected'
check "beepctrl: one invalid entry makes loading fail" \
	refused beepctrl.ko lines=devtrio-testchip:0,:1
check "beepctrl: the line of the valid entry is free again" \
	sh -c '! grep -q beepctrl /sys/kernel/debug/gpio'

insmod beepctrl.ko lines=devtrio-testchip:1,no-such-chip:0,devtrio-testchip:2
check "beepctrl: an absent chip fails with ENODEV, the others work" \
	sh -c './ioctl_errno on 0 && ./ioctl_errno on 2 &&
	       ./ioctl_errno on 1 | grep -x "No such device" &&
	       ./ioctl_errno info 1 && ./ioctl_errno on 3 | grep -x "Invalid argument"'

rmmod beepctrl

# absent INDEX REASON: `devtrio beep on` gives the reason
absent() {
	! ./devtrio beep on -b "$1" -t 1 2>/tmp/absent && grep "$2" /tmp/absent
}
insmod beepctrl.ko lines=gpiochip0:3,no-such-line,devtrio-testchip:537,devtrio-testchip:1,devtrio-testchip:1,devtrio-testchip:2
check "beepctrl: a chip label that does not exist is the reason" \
	absent 0 "no GPIO chip has the label 'gpiochip0': gpiodetect"
check "beepctrl: a line name that does not exist is the reason" \
	absent 1 "no GPIO line has the name 'no-such-line'"
check "beepctrl: an offset out of range is the reason" \
	absent 2 "the GPIO chip 'devtrio-testchip' has no line 537"
check "beepctrl: a busy line is the reason" absent 4 "the GPIO line is busy"
rmmod beepctrl

insmod beepctrl.ko lines=devtrio-testchip:1,no-such-chip:0,devtrio-testchip:2
./ioctl_errno hold 0 &
holder=$!
until grep -q 'out hi' /sys/kernel/debug/gpio; do sleep 0.1; done
check "beepctrl: an open file prevents unloading" fails rmmod beepctrl
check "beepctrl: unbinding with an open file stops the sound" \
	sh -c 'echo beepctrl.0 >/sys/bus/platform/drivers/beepctrl/unbind &&
	       ! grep -q "out hi" /sys/kernel/debug/gpio'
check "beepctrl: commands fail with ENODEV after unbinding" \
	sh -c './ioctl_errno on 0 | grep -x "No such device" && ./ioctl_errno on 2'
check "beepctrl: binding again restores the index" \
	sh -c 'echo beepctrl.0 >/sys/bus/platform/drivers/beepctrl/bind &&
	       ./ioctl_errno on 0 && ./ioctl_errno on 2'
kill $holder
wait $holder 2>/dev/null
rmmod beepctrl

insmod beepctrl.ko lines=devtrio-testchip:0:active-low,testchip-five,testchip-five:active-low
check "beepctrl: active-low is high in silence and low in sound" sh -c '
	grep "beepctrl" /sys/kernel/debug/gpio | grep -q "out hi" &&
	./ioctl_errno hold 0 &
	until ./devtrio beep status | grep -q " 0 on "; do sleep 0.1; done
	! grep "beepctrl" /sys/kernel/debug/gpio | grep -q "out hi"
	quiet=$?; kill $! ; exit $quiet'
check "beepctrl: a line is found by its name and can only be used once" \
	sh -c './ioctl_errno on 1 &&
	       ./ioctl_errno on 2 | grep -x "No such device"'
rmmod beepctrl

insmod beepctrl.ko lines=devtrio-testchip:0
./ioctl_errno hold 0 &
holder=$!
until grep -q 'out hi' /sys/kernel/debug/gpio; do sleep 0.1; done
kill -9 $holder
wait $holder 2>/dev/null
check "beepctrl: killing the player and unloading leave silence" \
	sh -c 'rmmod beepctrl && ! grep -q "out hi" /sys/kernel/debug/gpio'

if [ -d /sys/module/gpio_sim ]; then
	mount -t configfs configfs /sys/kernel/config
	sim=/sys/kernel/config/gpio-sim/sim
	mkdir -p $sim/bank
	echo 8 >$sim/bank/num_lines
	echo simchip >$sim/bank/label
	insmod beepctrl.ko lines=simchip:2
	value='/sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio2/value'
	# soon COMMAND...: retry until the command succeeds
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
	check "beepctrl: sounds a line of gpio-sim" soon level_is 1
	echo 0 >$sim/live
	check "beepctrl: a removed simulated chip fails with ENODEV" \
		sh -c './ioctl_errno on 0 | grep -x "No such device"'
	kill $holder
	wait $holder 2>/dev/null
	echo 1 >$sim/live
	check "beepctrl: a replacement chip is used" soon ./ioctl_errno on 0
	check "beepctrl: the replacement chip is silent" level_is 0
	./ioctl_errno hold 0 &
	holder=$!
	check "beepctrl: the replacement chip sounds" soon level_is 1
	kill $holder
	wait $holder 2>/dev/null
	rmmod beepctrl
	echo 0 >$sim/live
fi

rmmod devtrio_testchip
insmod beepctrl.ko lines=devtrio-testchip:4
check "beepctrl: loads before its chip exists" \
	sh -c './ioctl_errno on 0 | grep -x "No such device"'
insmod devtrio_testchip.ko can_sleep=1
check "beepctrl: uses a chip that appears later and sleeps" sh -c '
	for i in 1 2 3 4 5 6 7 8 9 10; do
		./ioctl_errno on 0 && exit 0
		sleep 0.5
	done
	exit 1'
check "beepctrl: unloads and releases its line" \
	sh -c 'rmmod beepctrl && ! grep -q beepctrl /sys/kernel/debug/gpio &&
	       rmmod devtrio_testchip'

insmod devtrio_testchip.ko described=1
names() {
	./devtrio beep status --json | sed -n 's/.*"name":"\([^"]*\)".*/\1/p' | tr '\n' ' '
}
insmod beepctrl.ko lines=devtrio-testchip:0
check "beepctrl: lines described by the system come after lines=" sh -c '
	[ "$1" = "devtrio-testchip:0 beepctrl.100:0 beepctrl.100:1 " ] &&
	./ioctl_errno on 1 && ./ioctl_errno on 2' sh "$(names)"
bind() {
	echo beepctrl.100 >"/sys/bus/platform/drivers/beepctrl/$1"
}
bind unbind
check "beepctrl: an unbound device fails with ENODEV" \
	sh -c './ioctl_errno on 1 | grep -x "No such device" && ./ioctl_errno on 0'
bind bind
check "beepctrl: a device bound again has its previous indices" \
	sh -c '[ "$1" = "devtrio-testchip:0 beepctrl.100:0 beepctrl.100:1 " ]' sh "$(names)"
rmmod beepctrl
mark_log
insmod beepctrl.ko lines=devtrio-testchip:0"$(printf ',none:%s' 1 2 3 4 5 6 7 8 9 10 \
	11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31)"
check "beepctrl: more than 32 buzzers are rejected with a message" \
	said 'more than 32 buzzers'
check "beepctrl: the other buzzers work" sh -c './ioctl_errno on 0 &&
	./ioctl_errno on 31 | grep -x "No such device"'
rmmod beepctrl devtrio_testchip

case $(uname -r) in
5.* | 6.[0-8].*)
	skip "gpiolib before 6.9 crashes if a chip is removed during a line request" ;;
*)
	insmod devtrio_testchip.ko
	check "beepctrl: loads and unloads while its chip comes and goes" \
		./reload_test 100 '*chip_comes_and_goes'
	rmmod devtrio_testchip ;;
esac
