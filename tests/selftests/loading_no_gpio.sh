# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # $expected and $mark are loading.sh's
# What beepctrl does in a kernel without GPIO lines, a part of loading.sh.

# beepctrl_said N: so much since the mark, of which one is why it has no buzzers.
beepctrl_said() {
	lines=$(dmesg | sed -n "/$mark/,\$p" | grep beepctrl)
	echo "$lines"
	[ "$(echo "$lines" | wc -l)" = "$1" ] && echo "$lines" |
		grep -q 'beepctrl: this kernel has no GPIO lines, so there are no buzzers$'
}

mark_log
check "beepctrl: loads in a kernel without GPIO lines" insmod beepctrl.ko
check "beepctrl: says so, once" beepctrl_said 1
check "beepctrl: then answers ENODEV, whatever the index" sh -c '
	for verb in on off info; do
		for index in 0 7 4294967295; do
			./ioctl_errno $verb $index | grep -x "No such device" || exit 1
		done
	done'
check "beepctrl: and once is enough" beepctrl_said 1
check "beepctrl: devtrio beep says what is wrong" sh -c '
	! said=$(./devtrio beep on 2>&1) && echo "$said" | grep "no buzzer"'
check "beepctrl: unloads" rmmod beepctrl

mark_log
check "beepctrl: loads with lines= that nobody can have" \
	insmod beepctrl.ko lines=chip:0,name
check "beepctrl: says no more for that" beepctrl_said 1
check "beepctrl: then answers ENODEV for these" sh -c '
	for verb in on off; do
		for index in 0 1; do
			./ioctl_errno $verb $index | grep -x "No such device" || exit 1
		done
	done'
check "beepctrl: unloads with lines=" rmmod beepctrl
expected='beepctrl: lines=:1 is neither'
check "beepctrl: a bad entry is refused as elsewhere" refused beepctrl.ko lines=:1
