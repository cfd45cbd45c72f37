#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests the utility on a machine without the devices: help, usage errors, missing
# devices, and output errors. Prints TAP. $DEVTRIO overrides the binary.

. "$(dirname "$0")/../tap.sh"
devtrio=${DEVTRIO:-$top/build/devtrio/devtrio}
commands="status repair test ps beep buf"
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$top/dkms.conf")

# report RESULT NAME: with the last run's output on failure
report()
{
	[ "$1" = 0 ] || echo "exit code: $code" >>"$scratch/err"
	result "$1" "$2" "$scratch/out" "$scratch/err"
}

# run ARGUMENT...: set $code, and store the output in $scratch
run()
{
	"$devtrio" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
	code=$?
}

# expect_output CODE TEXT ARGUMENT...: expect TEXT on stdout and nothing on stderr
expect_output()
{
	local wanted=$1 text=$2
	shift 2
	run "$@"
	[ "$code" = "$wanted" ] && [ ! -s "$scratch/err" ] &&
		grep -qF -- "$text" "$scratch/out"
	report $? "devtrio $*: exit $wanted and '$text'"
}

# expect_error CODE TEXT ARGUMENT...: expect one line with TEXT on stderr and
# nothing on stdout
expect_error()
{
	local wanted=$1 text=$2
	shift 2
	run "$@"
	[ "$code" = "$wanted" ] && [ ! -s "$scratch/out" ] &&
		[ "$(wc -l <"$scratch/err")" = 1 ] &&
		grep -q '^devtrio: ' "$scratch/err" &&
		grep -qF -- "$text" "$scratch/err"
	report $? "devtrio $*: exit $wanted, one line with '$text'"
}

# expect_missing DEVICE MODULE ARGUMENT...
expect_missing()
{
	local node=$1 module=$2
	shift 2
	if [ -e "$node" ]; then
		skip "devtrio $*: $node exists"
		return
	fi
	# It says what status says of the module, with the same exit code.
	run status "$module"
	status=$code
	reason=$(sed -n 's/^problem *[a-z]* *//p' "$scratch/out" | head -n 1)
	expect_error "$status" "cannot open $node: $reason" "$@"
}

if [ ! -x "$devtrio" ]; then
	echo "Bail out! $devtrio does not exist, run: make devtrio"
	exit 1
fi

expect_output 0 "Usage: devtrio COMMAND" --help
expect_output 0 "Usage: devtrio COMMAND" -h
expect_output 0 "Usage: devtrio COMMAND" help
expect_output 0 "devtrio " --version
expect_output 0 "devtrio " -V
for action in "beep on" "beep off" "beep tone" "beep play" "beep status" \
	"buf read" "buf write" "buf info" "buf clear" "buf watch" "buf save" \
	"buf restore"; do
	# shellcheck disable=SC2086 # two words
	expect_output 0 "Usage: devtrio $action" $action --help
	# shellcheck disable=SC2086
	expect_output 0 "Example: devtrio $action" help $action
	# shellcheck disable=SC2086
	expect_output 0 "devtrio $version" $action --version
done
for command in $commands help; do
	expect_output 0 "  $command " --help
	expect_output 0 "Usage: devtrio $command" "$command" --help
	expect_output 0 "Usage: devtrio $command" "$command" -h
	expect_output 0 "Usage: devtrio $command" help "$command"
	expect_output 0 "Example: devtrio $command" "$command" --help
	expect_output 0 "devtrio $version" "$command" --version
	expect_output 0 "devtrio $version" "$command" -V
	expect_error 2 "unknown option --frob" "$command" --frob
	expect_error 2 "unknown option -Z" "$command" -Z
done

# The man page covers every option and action.
for words in $commands "beep on" "beep off" "beep tone" "beep play" "beep status" \
	"buf read" "buf write" "buf info" "buf watch" "buf save"; do
	# shellcheck disable=SC2086 # one or two words
	run complete $words --
	missing=$(cut -f 1 "$scratch/out" | sed 's/-/\\-/g' |
		while read -r option; do
			grep -qF -- "$option" "$top/src/man/devtrio.1" ||
				echo "$option"
		done)
	[ "$code" = 0 ] && [ -s "$scratch/out" ] && [ -z "$missing" ]
	report $? "devtrio.1 lists every option of $words ${missing:+except $missing}"
done
for words in "" beep buf; do
	# shellcheck disable=SC2086 # none or one
	run complete $words ""
	missing=$(cut -f 1 "$scratch/out" | while read -r name; do
		grep -qE "^\.(SS|B|BI) $name\\b" "$top/src/man/devtrio.1" ||
			echo "$name"
	done)
	[ "$code" = 0 ] && [ -s "$scratch/out" ] && [ -z "$missing" ]
	report $? "devtrio.1 lists every action of devtrio $words ${missing:+except $missing}"
done

# Run help on a terminal of 50 columns.
run buf --help
script -qec "env COLUMNS=50 '$devtrio' buf --help" /dev/null \
	<"/dev/null" 2>"$scratch/err" | tr -d '\r' >"$scratch/narrow"
[ "$(grep -v ^Example "$scratch/narrow" | awk 'length > 50' | wc -l)" = 0 ] &&
	[ "$(tr -s ' \n' '\n' <"$scratch/narrow")" = \
		"$(tr -s ' \n' '\n' <"$scratch/out")" ]
report $? "help wraps at the width of the terminal"
[ "$(awk 'length > 80' "$scratch/out" | wc -l)" = 0 ]
report $? "help wraps at 80 columns without a terminal"

export LC_ALL=C.UTF-8
expect_error 2 "'fünf'" beep play fünf
export LC_ALL=C
expect_error 2 "'f??nf'" beep play fünf
unset LC_ALL
expect_error 2 "try devtrio --help"
expect_error 2 "unknown command 'frob'" frob
expect_error 2 "unknown command 'frob'" help frob
expect_error 2 "unknown command ''" ''
expect_error 2 "unknown option --frob" --frob
expect_error 2 "unknown command 'a?b'" $'a\nb'

expect_error 2 "unexpected argument 'x'" ps x
expect_error 2 "unknown driver 'x': expected proc_relate" test x
expect_error 3 "no tests of proc_relate in /nowhere; install" test --dir /nowhere
expect_error 2 "unknown driver 'x': expected proc_relate" status x
expect_error 2 "unknown driver 'rambug'" repair rambuf rambug
expect_error 2 "exclude each other" status --json --quiet
expect_error 2 "exclude each other" status --verbose --quiet
expect_error 2 "option -k needs a value" status -k
expect_error 2 "invalid kernel '../etc'" status --kernel ../etc
expect_error 1 "there is no kernel 0.1" status --kernel 0.1
expect_error 2 "unexpected argument 'x'" beep on x
expect_error 2 "unexpected argument 'x'" buf info x
expect_error 2 "unexpected argument 'y'" buf write x y
expect_error 2 "takes no value" ps --threads=yes
expect_output 0 "real_parent  " ps -o help
expect_error 2 "unknown column 'frob': expected pid tgid" ps -o pid,frob
expect_error 2 "unknown column ''" ps --columns ''
expect_error 2 "option -o needs a value" ps -o
expect_error 2 "option --columns needs a value" ps --columns
expect_error 2 "unknown option -x" ps --columns=pid -xt
expect_error 2 "unknown option --c;" ps --c
expect_error 2 "buf has no action 'eat'" help buf eat
expect_error 2 "unexpected argument 'x'" help buf read x
expect_error 2 "invalid --below '0': expected 1 to 2147483647" ps --below 0
expect_error 2 "invalid --below 'init'" ps --below init
expect_error 2 "invalid --session '-1': expected 0 to" ps --session -1
expect_error 2 "invalid --uid 'a?b': no such user" ps --uid $'a\nb'
expect_error 2 "invalid --uid '4294967295'" ps --uid 4294967295
expect_error 2 "--count needs --watch" ps --count 1
expect_error 2 "invalid --count '0': expected 1 to" ps --watch --count 0
expect_error 2 "--consistent and --watch cannot" ps --watch --consistent
expect_error 2 "--tree and --json cannot" ps --tree --json
expect_error 2 "needs a terminal" ps --tree --watch
expect_error 2 "--demo cannot be combined" ps --demo --tree

expect_error 2 "missing action: expected on, off, tone, play or status" beep
expect_error 2 "invalid action 'toot'" beep toot
expect_error 2 "option -b needs a value" beep on -b
expect_error 2 "invalid --buzzer 'one': expected 0 to 4294967295" beep on -b one
expect_error 2 "invalid --buzzer '-1'" beep on -b -1
expect_error 2 "invalid --buzzer '4294967296'" beep on -b 4294967296
expect_error 2 "invalid --time '0': expected 1 to" beep on --time 0
expect_error 2 "invalid --time '1s'" beep on --time 1s
expect_error 2 "beep off takes no -t" beep off --time 5
expect_error 2 "beep on takes no -r" beep on --repeat 5
expect_error 2 "needs HZ and MS" beep tone 440
expect_error 2 "unexpected argument '3'" beep tone 440 200 3
expect_error 2 "invalid HZ '19': expected 20 to 20000" beep tone 19 200
expect_error 2 "invalid MS '0': expected 1 to 60000" beep tone 440 0
expect_error 2 "needs a tune" beep play
expect_error 2 "ok, warning, alarm, steps or RTTTL" beep play okay
expect_error 2 "'440/0': expected 1 to 60000 ms" beep play 440/0
expect_error 2 "'x:d=65:c': expected d=1 to 64" beep play x:d=65:c
expect_error 2 "unexpected argument 'ok'" beep play -f /dev/null ok
expect_error 2 "expected NAME:d=N" beep play -f /dev/null
expect_error 1 "is not an RTTTL tune" beep play -f /dev/zero
expect_error 2 "note 2, '8z': expected a note" beep play x::c,8z
expect_error 2 "is a file; to play it: devtrio beep play -f FILE" beep play /dev/null
expect_error 1 "cannot open /nowhere" beep play -f /nowhere
expect_error 1 "cannot read /: " beep play -f /

expect_error 2 "watch, save or restore; try" buf
expect_error 2 "invalid action 'eat'" buf eat
expect_error 2 "invalid --offset '-1'" buf read -o -1
expect_error 2 "invalid --offset ''" buf read -o ''
expect_error 2 "expected 0 to 9223372036854775807" buf read -o 9223372036854775808
expect_error 2 "invalid --length '4k'" buf read --length 4k
expect_error 2 "invalid --buffer '16': expected 0 to 15" buf read -b 16
expect_error 2 "invalid --count '0': expected 1 to" buf watch -c 0
expect_error 2 "--buffer and --device cannot" buf read -b 1 -d /dev/rambuf
expect_error 2 "watch takes no -n" buf watch -n 1
expect_error 2 "read takes no -c" buf read -c 1
expect_error 2 "save takes no -o" buf save -o 1
expect_error 2 "unexpected argument 'y'" buf restore x y
expect_error 2 "info takes no -o" buf info -o 1
expect_error 2 "read takes no -j" buf read --json
expect_error 2 "beep on takes no -j" beep on --json
expect_error 2 "clear takes no -o" buf clear -o 1

expect_missing /dev/proc_relate proc_relate ps
expect_missing /dev/proc_relate proc_relate ps --threads
expect_missing /dev/proc_relate proc_relate ps --demo
expect_missing /dev/proc_relate proc_relate ps --tree -o pid,comm
expect_missing /dev/proc_relate proc_relate ps --json --uid root
expect_missing /dev/proc_relate proc_relate ps --watch
expect_missing /dev/beepctrl beepctrl beep on
expect_missing /dev/beepctrl beepctrl beep off --buzzer 3
expect_missing /dev/beepctrl beepctrl beep status
expect_missing /dev/beepctrl beepctrl beep status --json
expect_missing /dev/beepctrl beepctrl beep --buzzer 1 off
expect_missing /dev/beepctrl beepctrl beep tone 440 200
expect_missing /dev/beepctrl beepctrl beep play -r 0 ok
expect_missing /dev/rambuf rambuf buf read
expect_missing /dev/rambuf rambuf buf write x
expect_missing /dev/rambuf rambuf buf info
expect_missing /dev/rambuf rambuf buf info --json
expect_missing /dev/rambuf rambuf buf clear
expect_missing /dev/rambuf rambuf buf watch
expect_missing /dev/rambuf rambuf buf save
expect_missing /dev/rambuf rambuf buf restore
expect_missing /dev/rambuf1 rambuf buf read -b 1
expect_missing /nowhere rambuf buf info --device /nowhere
expect_error 1 "/dev/null is not a rambuf buffer" buf read -d /dev/null
expect_error 1 "/dev/null is not a rambuf buffer" buf write -d /dev/null x
expect_error 1 "/dev/null is not a rambuf buffer" buf info -d /dev/null
expect_error 1 "/dev/null is not a rambuf buffer" buf clear -d /dev/null
expect_error 1 "/dev/null is not a rambuf buffer" buf watch -d /dev/null
expect_error 1 "/dev/null is not a rambuf buffer" buf save -d /dev/null "$scratch/saved"
expect_error 1 "cannot restore $scratch/none" buf restore "$scratch/none"

mkdir "$scratch/tests"
touch "$scratch"/tests/{proc_relate,beepctrl,rambuf}_test
if [ ! -e /dev/proc_relate ]; then
	run test --dir "$scratch/tests"
	[ "$code" = 1 ] && [ ! -s "$scratch/err" ] &&
		grep -qF "# cannot open /dev/proc_relate: $reason" "$scratch/out"
	report $? "devtrio test: exit 1 and the reason without a device"
	[ "$(grep -c -E '^(not )?ok ' "$scratch/out")" = \
		"$(sed -n 's/^1\.\.//p' "$scratch/out")" ]
	report $? "devtrio test: the number of results matches the plan"

	run status
	case $code in
	3 | 4 | 6) [ ! -s "$scratch/err" ] ;;
	*) false ;;
	esac && grep -q "^problem " "$scratch/out"
	report $? "devtrio status: exit 3, 4 or 6 without the modules"
	status=$code
	run status --quiet
	[ "$code" = "$status" ] && [ ! -s "$scratch/out" ] && [ ! -s "$scratch/err" ]
	report $? "devtrio status --quiet: same exit code, no output"
	run repair --dry-run
	[ "$code" = "$status" ] && [ ! -s "$scratch/err" ] &&
		grep -q '^To fix' "$scratch/out"
	report $? "devtrio repair --dry-run: same exit code, shows the fixes"
fi

for arguments in --help --version "help ps" "buf --help" status "test --dir=$scratch/tests" "ps -o help"; do
	: >"$scratch/out"
	# shellcheck disable=SC2086 # one or two words
	"$devtrio" $arguments >/dev/full 2>"$scratch/err"
	code=$?
	[ "$code" = 1 ] && [ "$(wc -l <"$scratch/err")" = 1 ] &&
		grep -q 'No space left' "$scratch/err"
	report $? "devtrio $arguments: exit 1 on a full disk"
done

# A closed pipe, with SIGPIPE at its default and ignored.
for ignored in "" PIPE; do
	: >"$scratch/out"
	: >"$scratch/err"
	(
		[ -z "$ignored" ] || trap '' "$ignored"
		mkfifo "$scratch/pipe"
		: <"$scratch/pipe" &
		exec >"$scratch/pipe"
		wait
		exec "$devtrio" --help 2>"$scratch/err"
	)
	code=$?
	rm -f "$scratch/pipe"
	[ "$code" != 0 ] && [ ! -s "$scratch/err" ]
	report $? "devtrio --help: quiet on a closed pipe${ignored:+, SIGPIPE ignored}"
done

"$devtrio" --help >&- 2>"$scratch/err"
code=$?
[ "$code" = 1 ] && [ "$(wc -l <"$scratch/err")" = 1 ]
report $? "devtrio --help: exit 1 if stdout is closed"

finish
