# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # $expected and $mark are loading.sh's
# beepctrl in a kernel without GPIO lines; part of loading.sh.

# beepctrl_said N: it has logged N lines since the mark, one with the reason.
beepctrl_said() {
	lines=$(dmesg | sed -n "/$mark/,\$p" | grep beepctrl)
	echo "$lines"
	[ "$(echo "$lines" | wc -l)" = "$1" ] && echo "$lines" |
		grep -q 'beepctrl: this kernel has no GPIO lines, so there are no buzzers$'
}

mark_log
check "beepctrl: loads in a kernel without GPIO lines" insmod beepctrl.ko
check "beepctrl: logs the reason once" beepctrl_said 1
check "beepctrl: commands fail with ENODEV for any index" sh -c '
	for verb in on off info; do
		for index in 0 7 4294967295; do
			./ioctl_errno $verb $index | grep -x "No such device" || exit 1
		done
	done'
check "beepctrl: commands log nothing" beepctrl_said 1
check "beepctrl: devtrio beep prints the reason" sh -c '
	! said=$(./devtrio beep on 2>&1) && echo "$said" | grep "no buzzer"'
check "beepctrl: unloads" rmmod beepctrl

mark_log
check "beepctrl: loads with lines= that do not exist" \
	insmod beepctrl.ko lines=chip:0,name
check "beepctrl: logs nothing else for lines=" beepctrl_said 1
check "beepctrl: commands on these fail with ENODEV" sh -c '
	for verb in on off; do
		for index in 0 1; do
			./ioctl_errno $verb $index | grep -x "No such device" || exit 1
		done
	done'
check "beepctrl: unloads with lines=" rmmod beepctrl
expected='beepctrl: invalid lines=:1: expected'
check "beepctrl: an invalid entry is rejected as elsewhere" refused beepctrl.ko lines=:1
