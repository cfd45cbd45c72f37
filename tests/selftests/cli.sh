#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The utility on the real devices, and every example of its --help and of the man
# pages; as root, which hands most of it to the user, in the minimal guest.
# shellcheck disable=SC2086 # $user is words, and so are commands
cd /test || exit 1
. ./tap.sh
out=$(mktemp)
err=$(mktemp)
tap_shown="$out $err"
PATH=/test:$PATH
export PATH

# Words, to put before a command: of a function the shell would wait itself.
user="/bin/setpriv --reuid=1000 --regid=1000 --groups=901,902,903"

# gives CODE COMMAND...: leaves what it said in $out and $err.
gives() {
	wanted=$1
	shift
	$user "$@" >"$out" 2>"$err"
	code=$?
	echo "exit code $code" >>"$err"
	[ "$code" = "$wanted" ] && [ "$(wc -l <"$err")" = 1 ]
}

has() {
	for pattern; do
		grep -qE -- "$pattern" "$out" || return
	done
}

only_rambuf() {
	gives 0 devtrio test rambuf &&
		has '^ok 1 - proc_relate: all of it # SKIP not asked for$' \
			'^ok 2 - beepctrl: all of it # SKIP' \
			'rambuf: .*put|rambuf: what is written is read back' &&
		! grep -q 'proc_relate: the device opens' "$out"
}

# Only one module is loaded: its tests run, the others are failed tests.
in_part() {
	rmmod beepctrl
	gives 1 devtrio test
	result=$?
	insmod beepctrl.ko lines=devtrio-testchip:0,devtrio-testchip:3 &&
		chgrp beep /dev/beepctrl && chmod 0660 /dev/beepctrl
	[ "$result" = 0 ] && has '^not ok [0-9]+ - beepctrl: the device opens$' \
		'^# .*sudo modprobe beepctrl$' '^ok [0-9]+ - rambuf: ' &&
		[ "$(grep -c '^not ok' "$out")" = 1 ] && ! grep -q SKIP "$out" &&
		[ "$(sed -n 's/^1\.\.//p' "$out")" = "$(grep -cE '^(not )?ok' "$out")" ]
}

# No buzzer: what sounds could not be tested, which is no success.
no_buzzer() {
	rmmod beepctrl
	insmod beepctrl.ko && chgrp beep /dev/beepctrl &&
		chmod 0660 /dev/beepctrl
	gives 8 devtrio test
	result=$?
	rmmod beepctrl
	insmod beepctrl.ko lines=devtrio-testchip:0,devtrio-testchip:3 &&
		chgrp beep /dev/beepctrl /dev/input/event* &&
		chmod 0660 /dev/beepctrl /dev/input/event*
	[ "$result" = 0 ] && has '# SKIP no buzzer is configured' \
		'^# some tests could not be made'
}

somebody_sounds() {
	devtrio beep on -b 0 &
	one=$!
	devtrio beep on -b 1 &
	other=$!
	until [ "$(devtrio beep status | grep -c ' on ')" = 2 ]; do :; done
	gives 1 devtrio test beepctrl
	result=$?
	still=$(devtrio beep status | grep -c ' on ')
	kill "$one" "$other"
	wait "$one" "$other"
	[ "$result" = 0 ] && [ "$still" = 2 ] && has '# SKIP somebody sounds' &&
		! grep -q '^not ok' "$out"
}

hidden() {
	mount -o remount,hidepid=2 /proc
	gives 0 devtrio test proc_relate
	result=$?
	mount -o remount,hidepid=0 /proc
	[ "$result" = 0 ] && ! grep -q 'opens # SKIP' "$out"
}

# Wherever a signal comes, the content is as it was and the buzzers are silent.
interrupted() {
	head -c 4096 /dev/urandom >/tmp/content
	: >/tmp/pid
	chmod 666 /tmp/pid
	devtrio buf write </tmp/content
	for signal in INT TERM; do
		for i in 0 1 2 3 4 5 6 7; do
			: >/tmp/pid
			{
				until [ -s /tmp/pid ]; do usleep 1000; done
				usleep $((i * 20000))
				kill "-$signal" "$(cat /tmp/pid)"
			} 2>/dev/null &
			# In the foreground: it would ignore SIGINT else.
			$user sh -c 'echo $$ >/tmp/pid; exec devtrio test' \
				>"$out" 2>"$err"
			wait
			devtrio buf read | cmp -s - /tmp/content || return
			[ "$(devtrio beep status | grep -c ' off ')" = 2 ] ||
				return
		done
	done
}

json() {
	gives 0 devtrio buf info --json &&
		has '^\{"buffer":0,"count":1,"size":4096,"generation":[0-9]+\}$' &&
		gives 0 devtrio beep status --json &&
		[ "$(cat "$out")" = '[
{"buzzer":0,"state":"off","tones":true,"max_on_ms":30000,"name":"devtrio-testchip:0"},
{"buzzer":1,"state":"off","tones":true,"max_on_ms":30000,"name":"devtrio-testchip:3"}
]' ] && gives 0 devtrio beep status -j -b 1 && [ "$(wc -l <"$out")" = 3 ]
}

completes() {
	gives 0 devtrio complete beep off -b '' &&
		[ "$(cat "$out")" = "0	devtrio-testchip:0
1	devtrio-testchip:3" ] && gives 0 devtrio complete buf read --buffer= &&
		[ "$(cat "$out")" = --buffer=0 ]
}

# A reader who goes away is no error.
closed_pipe() {
	for command in "ps" "ps --json" "ps --tree" "test" "buf read" "beep status"; do
			$user devtrio $command 2>"$err" | true
		[ ! -s "$err" ] || return
	done
	(trap '' PIPE; $user devtrio ps --json 2>"$err" | true)
	[ ! -s "$err" ]
}

# What is said to a closed stderr or stdout does not end up in what is opened.
closed_files() {
	gives 0 devtrio buf clear &&
		! $user devtrio buf write -o 4090 'more than fits' 2>&- &&
		[ "$(devtrio buf read | tr -d '\0' | wc -c)" = 0 ] &&
		! $user devtrio buf save /tmp/work/saved >&- 2>"$err" &&
		gives 0 devtrio buf restore /tmp/work/saved
}

# ends SCRIPT: runs it as the user to its end, or to Ctrl-C if it is to go on.
# What waits for a change gets some.
ends() {
	script=$1
	endless=
	case $(cat "$script") in
	*watch*-n\ *|*watch*--count*) ;;
	*watch*) endless=yes ;;
	esac
	: >"$out"
	(cd /tmp/work && exec setsid $user sh "$script" >"$out" 2>"$err") &
	pid=$!
	for _ in $(seq 600); do
		if ! grep -q '^State:.[^Z]' "/proc/$pid/status"; then
			break
		fi
		usleep 100000
		! grep -q watch "$script" || devtrio buf write change
		[ -z "$endless" ] || [ ! -s "$out" ] || kill -INT "-$pid"
	done 2>/dev/null
	wait "$pid"
	code=$?
	echo "exit code $code" >>"$err"
	case $endless$(cat "$script") in
	# Ctrl-C ends the shell as well, but not always before it could.
	yes*) [ "$code" = 0 ] || [ "$code" = 130 ] ;;
	# The guest has no packages.
	*"devtrio status"* | *"devtrio repair"*) [ "$code" -le 8 ] ;;
	*) [ "$code" = 0 ] && [ "$(wc -l <"$err")" = 1 ] ;;
	esac
}

# But for a newline at the end, which a page can't show.
example() {
	ends "$1" && { [ ! -e "${1%.sh}.out" ] ||
		[ "$(cat "$out")" = "$(cat "${1%.sh}.out")" ]; }
}

# titles: of each command and action
titles() {
	for command in $(devtrio complete '' | cut -f 1); do
		echo "$command"
		for action in $(devtrio complete "$command" '' | cut -f 1); do
			case $command in
			# These are followed by drivers, or commands.
			status | repair | test | help) ;;
			*) echo "$command $action" ;;
			esac
		done
	done
}

check "test: only what is named, the rest is said to be left out" only_rambuf
check "test: works in part" in_part
check "test: without a buzzer it is no success" no_buzzer
check "test: nor where somebody sounds all of them, who goes on" somebody_sounds
check "test: where /proc hides processes" hidden
check "test: leaves content and buzzers as they were, on signals too" interrupted
check "JSON of buffers and buzzers" json
check "completion knows buzzers and buffers" completes
check "clean on a closed pipe" closed_pipe

mkdir /tmp/work
chown 1000 /tmp/work "$out" "$err"
check "closed standard files stay closed" closed_files
# As udev's rule names it.
for event in /sys/class/input/event*; do
	[ "$(cat "$event/device/name")" = "beepctrl buzzer 0" ] &&
		ln -s "${event##*/}" /dev/input/beepctrl0
done
echo 'alice:x:1001:1001::/:/bin/sh' >>/etc/passwd
count=0
for script in /test/man_*.sh; do
	count=$((count + 1))
	check "${script##*/}: $(head -n 1 "$script")" example "$script"
done
for page in beepctrl proc_relate rambuf; do
	check "$page(4): its program" gives 0 "./man_$page"
done
titles >/tmp/titles
while read -r title; do
	devtrio $title --help | sed -n 's/^Example: //p' >/tmp/examples
	check "devtrio $title --help has examples" [ -s /tmp/examples ]
	while read -r example; do
		case $example in
		# It changes the machine; tests/lifecycle runs it.
		*"devtrio repair"*) continue ;;
		esac
		echo "$example" >/tmp/example.sh
		check "devtrio $title --help: $example" example /tmp/example.sh
	done </tmp/examples
done </tmp/titles
check "there were examples in the man pages" [ $count -gt 5 ]

finish
