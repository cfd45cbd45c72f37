#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tests the utility on real devices, and runs every example from --help and the man
# pages. Runs as root in the minimal guest; most commands run as the user.
# shellcheck disable=SC2086 # $user and commands are several words
cd /test || exit 1
# shellcheck source=tests/tap.sh
. ./tap.sh
out=$(mktemp)
err=$(mktemp)
tap_shown="$out $err"
PATH=/test:$PATH
export PATH

# A prefix instead of a function: $! must be the command's own process.
user="/bin/setpriv --reuid=1000 --regid=1000 --groups=901,902,903"

# exits CODE COMMAND...: run it as the user, expect the exit code and an empty stderr;
# store the output in $out and $err.
exits() {
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

# The plan is the number of results.
plan_fits() {
	[ "$(sed -n 's/^1\.\.//p' "$out")" = "$(grep -cE '^(not )?ok' "$out")" ]
}

only_rambuf() {
	devtrio buf clear
	exits 0 devtrio test --dir . rambuf && plan_fits &&
		has '^ok 1 - rambuf: the device opens$' '^ok [0-9]+ - rambuf: .*seek' &&
		! grep -qE 'proc_relate|beepctrl|SKIP' "$out"
}

# The buffer holds data, and still does.
data_is_kept() {
	devtrio buf write 'do not touch'
	exits 1 devtrio test --dir . rambuf && has '^# .*the buffer holds data' '# SKIP$' &&
		[ "$(devtrio buf read -n 12)" = 'do not touch' ]
}

# fake LINE...: a directory with one program that runs these lines
fake() {
	rm -rf /tmp/fake
	mkdir -p /tmp/fake
	printf '%s\n' '#!/bin/sh' "$@" >/tmp/fake/rambuf_test
	chmod 755 /tmp/fake /tmp/fake/rambuf_test
}

merges() {
	fake 'echo 1..3; echo "ok 1 - one"; echo "# why"; echo "ok 2 # SKIP two"' \
		'echo "not ok 3 - three"; exit 1'
	exits 1 devtrio test --dir /tmp/fake rambuf && plan_fits &&
		has '^ok 2 - rambuf: one$' '^# why$' '^ok 3 - rambuf: two # SKIP$' \
			'^not ok 4 - rambuf: three$' '^1\.\.4$'
}

incomplete_programs_fail() {
	for lines in 'kill -9 $$' 'echo 1..2; echo "ok 1 - one"' 'exit 0' \
		'echo 1..1; echo "ok 1 - one"; exit 3'; do
		fake "$lines"
		exits 1 devtrio test --dir /tmp/fake rambuf && plan_fits &&
			has '^not ok [23] - rambuf: the program completes its plan$' ||
			return
	done
}

no_programs() {
	$user devtrio test --dir /nowhere rambuf >"$out" 2>"$err"
	[ $? = 3 ] && grep -q '^devtrio: no tests of rambuf in .*devtrio-selftests' "$err"
}

# Without --sound, no test sounds a buzzer.
sound_on_request() {
	exits 0 devtrio test --dir . beepctrl && has '^# without --sound' &&
		silent=$(grep -c '^ok' "$out") &&
		exits 0 devtrio test --dir . --sound beepctrl &&
		[ "$(grep -c '^ok' "$out")" -gt "$silent" ] &&
		! grep -q 'without --sound' "$out"
}

# One failed test stands for beepctrl, which is not loaded. The others run.
one_module_missing() {
	devtrio buf clear
	rmmod beepctrl
	exits 1 devtrio test --dir .
	result=$?
	insmod beepctrl.ko lines=devtrio-testchip:0,devtrio-testchip:3 &&
		chgrp beep /dev/beepctrl && chmod 0660 /dev/beepctrl
	[ "$result" = 0 ] && has '^not ok [0-9]+ - beepctrl: the device opens$' \
		'^# .*cannot open /dev/beepctrl: .*load it by hand' '^ok [0-9]+ - rambuf: ' &&
		[ "$(grep -c '^not ok' "$out")" = 1 ] && ! grep -q SKIP "$out" && plan_fits
}

no_buzzer() {
	rmmod beepctrl
	insmod beepctrl.ko && chgrp beep /dev/beepctrl &&
		chmod 0660 /dev/beepctrl
	exits 8 devtrio test --dir .
	result=$?
	rmmod beepctrl
	insmod beepctrl.ko lines=devtrio-testchip:0,devtrio-testchip:3 &&
		chgrp beep /dev/beepctrl /dev/input/event* &&
		chmod 0660 /dev/beepctrl /dev/input/event*
	[ "$result" = 0 ] && has '# SKIP$' '^# .*no buzzer is configured' \
		'^# some tests could not run'
}

all_buzzers_in_use() {
	devtrio beep on -b 0 &
	one=$!
	devtrio beep on -b 1 &
	other=$!
	until [ "$(devtrio beep status | grep -c ' on ')" = 2 ]; do :; done
	exits 1 devtrio test --dir . --sound beepctrl
	result=$?
	still=$(devtrio beep status | grep -c ' on ')
	kill "$one" "$other"
	wait "$one" "$other"
	[ "$result" = 0 ] && [ "$still" = 2 ] && has '# SKIP$' '^# .*another program sounds' &&
		! grep -q '^not ok' "$out"
}

hidepid() {
	mount -o remount,hidepid=2 /proc
	exits 0 devtrio test --dir . proc_relate
	result=$?
	mount -o remount,hidepid=0 /proc
	[ "$result" = 0 ] && ! grep -q SKIP "$out"
}

# Signals at any time leave the content unchanged and the buzzers silent.
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
			# In the background it would ignore SIGINT.
			$user sh -c 'echo $$ >/tmp/pid; exec devtrio test --dir . --sound' \
				>"$out" 2>"$err"
			wait
			devtrio buf read | cmp -s - /tmp/content || return
			[ "$(devtrio beep status | grep -c ' off ')" = 2 ] ||
				return
		done
	done
}

json() {
	exits 0 devtrio buf info --json &&
		has '^\{"buffer":0,"count":1,"size":4096,"generation":[0-9]+\}$' &&
		exits 0 devtrio beep status --json &&
		[ "$(cat "$out")" = '[
{"buzzer":0,"state":"off","tones":true,"max_on_ms":30000,"name":"devtrio-testchip:0"},
{"buzzer":1,"state":"off","tones":true,"max_on_ms":30000,"name":"devtrio-testchip:3"}
]' ] && exits 0 devtrio beep status -j -b 1 && [ "$(wc -l <"$out")" = 3 ]
}

completes() {
	exits 0 devtrio complete beep off -b '' &&
		[ "$(cat "$out")" = "0	devtrio-testchip:0
1	devtrio-testchip:3" ] && exits 0 devtrio complete buf read --buffer= &&
		[ "$(cat "$out")" = --buffer=0 ]
}

# A closed pipe is not an error.
closed_pipe() {
	for command in "ps" "ps --json" "ps --tree" "test --dir ." "buf read" "beep status"; do
			$user devtrio $command 2>"$err" | true
		[ ! -s "$err" ] || return
	done
	(trap '' PIPE; $user devtrio ps --json 2>"$err" | true)
	[ ! -s "$err" ]
}

# Messages for a closed stderr or stdout must not end up in another file.
closed_files() {
	exits 0 devtrio buf clear &&
		! $user devtrio buf write -o 4090 'more than fits' 2>&- &&
		[ "$(devtrio buf read | tr -d '\0' | wc -c)" = 0 ] &&
		! $user devtrio buf save /tmp/work/saved >&- 2>"$err" &&
		exits 0 devtrio buf restore /tmp/work/saved
}

# run_script SCRIPT: run it as the user, and send Ctrl-C if it runs endlessly. Change
# the buffer while it waits for changes.
run_script() {
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
	# Ctrl-C may end the shell before it sees the command's exit code.
	yes*) [ "$code" = 0 ] || [ "$code" = 130 ] ;;
	# The guest has no packages installed.
	*"devtrio status"* | *"devtrio repair"*) [ "$code" -le 8 ] ;;
	*) [ "$code" = 0 ] && [ "$(wc -l <"$err")" = 1 ] ;;
	esac
}

# Ignore a trailing newline, which a man page can't show.
example() {
	run_script "$1" && { [ ! -e "${1%.sh}.out" ] ||
		[ "$(cat "$out")" = "$(cat "${1%.sh}.out")" ]; }
}

# Print the name of each command and action.
titles() {
	for command in $(devtrio complete '' | cut -f 1); do
		echo "$command"
		for action in $(devtrio complete "$command" '' | cut -f 1); do
			case $command in
			# These take drivers or commands, not actions.
			status | repair | test | help) ;;
			*) echo "$command $action" ;;
			esac
		done
	done
}

check "test: runs the tests of the named drivers" only_rambuf
check "test: leaves a buffer alone that holds data" data_is_kept
check "test: merges the results of the programs" merges
check "test: a program that does not complete its plan fails" incomplete_programs_fail
check "test: names the package that has the programs" no_programs
check "test: sounds a buzzer only with --sound" sound_on_request
check "test: a missing device is one failed test" one_module_missing
check "test: without a buzzer the exit code is 8" no_buzzer
check "test: skips buzzers that other programs sound" all_buzzers_in_use
check "test: passes with hidepid" hidepid
check "test: signals leave content and buzzers unchanged" interrupted
check "buf info and beep status print JSON" json
check "completion lists buzzers and buffers" completes
check "a closed pipe causes no message" closed_pipe

# Where the packages install them.
mkdir -p /usr/libexec/devtrio
ln -s /test /usr/libexec/devtrio/selftests
mkdir /tmp/work
chown 1000 /tmp/work "$out" "$err"
check "closed standard files are not reused" closed_files
# Create the link that the udev rule creates.
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
	check "$page(4): the example program works" exits 0 "./man_$page"
done
titles >/tmp/titles
while read -r title; do
	devtrio $title --help | sed -n 's/^Example: //p' >/tmp/examples
	check "devtrio $title --help has examples" [ -s /tmp/examples ]
	while read -r example; do
		case $example in
		# repair changes the machine; tests/lifecycle runs it.
		*"devtrio repair"*) continue ;;
		# Tests are skipped, which is not a success, if the buffer holds data.
		*"devtrio test"*) devtrio buf clear ;;
		esac
		echo "$example" >/tmp/example.sh
		check "devtrio $title --help: $example" example /tmp/example.sh
	done </tmp/examples
done </tmp/titles
check "the man pages have examples" [ $count -gt 5 ]

finish
