#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tests devtrio ps on the real device. Runs as root in the minimal guest; most
# commands run as the user.
# shellcheck disable=SC2086 # $user is several words
cd /test || exit 1
# shellcheck source=tests/tap.sh
. ./tap.sh
out=$(mktemp)
err=$(mktemp)
log=$(mktemp)
tap_shown="$out $err $log"

# A prefix instead of a function: $! must be the command's own process.
user="/bin/setpriv --reuid=1000 --regid=1000 --groups=901"

# ps_exits CODE ARGUMENT...: expect the exit code; store the output in $out and $err.
ps_exits() {
	wanted=$1
	shift
	$user ./devtrio ps "$@" >"$out" 2>"$err"
	[ $? = "$wanted" ]
}

# has PATTERN...: expect a line of the output for each pattern.
has() {
	for pattern; do
		grep -qE "$pattern" "$out" || return
	done
}

quiet() {
	[ ! -s "$err" ]
}

# appears PATTERN: wait up to 20 s for it in the log of a background program.
appears() {
	for _ in $(seq 200); do
		grep -qE "$1" "$log" && return
		usleep 100000
	done
	return 1
}

# The processes to show: the user's shell with a child, in its own session.
$user setsid sh -c '/bin/sleep 1000 & echo $! >/tmp/child; wait; :' &
until [ -s /tmp/child ]; do usleep 10000; done
child=$(cat /tmp/child)
shell=$(sed -n 's/^PPid:\t//p' "/proc/$child/status")

table() {
	ps_exits 0 && quiet && has '^ *PID +PPID +PGID +SID +SESSION S +UID MM +COMM$' \
		"^ *1 +0 .* 0 [0-9a-f]{16} init$" \
		"^ *$child +$shell +$shell +$shell +- S +1000 [0-9a-f]{16} sleep$" \
		'^ *2 +0 +0 +0 +- S +0 - +kthreadd$'
}

columns() {
	ps_exits 0 -o comm,pid,parent,flags -H --below "$child" &&
		[ "$(cat "$out")" = "sleep $child $shell -" ]
}

below() {
	ps_exits 0 --below "$shell" -o pid -H &&
		[ "$(cat "$out")" = "$(printf '%s\n' "$shell" "$child")" ]
}

session() {
	ps_exits 0 --session "$shell" -o pid -H &&
		[ "$(cat "$out")" = "$(printf '%s\n' "$shell" "$child")" ]
}

uid() {
	ps_exits 0 --uid user -o uid,pid -H && has "^1000 +$shell$" &&
		! grep -qv '^1000 ' "$out" &&
		ps_exits 0 --uid 0 -o uid,pid -H && ! grep -qv '^0 ' "$out"
}

both_filters() {
	ps_exits 0 --below "$shell" --uid 0 -H && [ ! -s "$out" ]
}

tree() {
	ps_exits 0 --tree -o pid && has '^ *PID COMM$' '^ *1 init$' '^ *2 kthreadd$' &&
		grep -A 1 -E "^ *$shell .*[|\`]-sh$" "$out" |
		grep -qE "^ *$child .*[ |] \`-sleep$"
}

threads() {
	ps_exits 0 --threads && has '^ *PID +TGID ' "^ *$child +$child +$shell "
}

json() {
	ps_exits 0 --json && quiet && head -n 1 "$out" | grep -qx '\[' &&
		tail -n 1 "$out" | grep -qx '\]' &&
		has "^\{\"pid\":$child,\"tgid\":$child,\"parent\":$shell,.*\"sessionid\":null,\"uid\":1000,.*\"flags\":\[\],\"threads\":1,\"start_time\":[0-9]{8,},.*\"mm\":\"[0-9a-f]{16}\",.*\"comm\":\"sleep\"\},?$" \
			'^\{"pid":2,.*"flags":\["kthread"\],.*"mm":null,'
}

consistent() {
	for _ in 1 2 3 4 5; do
		ps_exits 0 --consistent && return
	done
	return 1
}

# User Mode Linux has its memory at user-space addresses.
raw() {
	case $(uname -r) in *-uml) begin=00 ;; *) begin=ff ;; esac
	ps_exits 7 --raw && grep -q 'needs CAP_SYSLOG; run it with sudo' "$err" &&
		./devtrio ps --raw -H -o mm --below 1 >"$out" &&
		has "^${begin}[0-9a-f]{14}\$"
}

no_such_process() {
	ps_exits 1 --below 2147483647 && grep -qx 'devtrio: no process 2147483647' "$err"
}

demo() {
	ps_exits 0 --demo && has '^pid=1 tgid=1 comm=init ' 'entries, with this family'
}

watch() {
	: >"$log"
	$user ./devtrio ps --watch -o pid,real_parent,comm "$@" >"$log" 2>"$err" &
	watcher=$!
	appears "[ :]1[ ,].*init"
}

end_watch() {
	: >"$log"
	kill -INT "$watcher"
	wait "$watcher"
}

watch_lines() {
	watch && appears '^   *PID +PPID COMM$' || return
	/bin/sleep 1000 &
	appears "^[+*] +$! +$$ sleep$" && kill $! || return
	wait $!
	appears "^- +$! +[0-9]+ sleep$" && end_watch
}

watch_json() {
	watch --json && appears '^\{"event":"present","pid":1,' || return
	/bin/sleep 1000 &
	appears "^\{\"event\":\"(came|changed)\",\"pid\":$!,\"real_parent\":$$,\"comm\":\"sleep\"\}$" &&
		kill $! || return
	wait $!
	appears "^\{\"event\":\"gone\",\"pid\":$!," && end_watch
}

watch_count() {
	watch --count 3 || return
	/bin/sleep 1000 &
	one=$!
	/bin/sleep 1000 &
	two=$!
	/bin/sleep 1000 &
	kill $one $two $!
	wait "$watcher" && [ "$(grep -c '^[-+*]' "$log")" = 3 ]
}

# The reader exits while nothing changes below the watched process.
closed_pipe() {
	{
		$user timeout 20 ./devtrio ps --watch --below "$child" 2>"$err"
		echo $? >"$log"
	} | head -n 1 >"$out"
	quiet && has COMM && ! grep -qE '^(0|124|143)$' "$log"
}

hidepid() {
	mount -o remount,hidepid=2 /proc
	ps_exits 0 && has "^ *$child " && ! grep -q kthreadd "$out" &&
		grep -q '^devtrio: showing only processes that you may ptrace.*hidepid' "$err" &&
		[ "$(wc -l <"$err")" = 1 ] &&
		ps_exits 7 --watch && [ ! -s "$out" ] && grep -q 'gid=' "$err" &&
		ps_exits 7 --consistent && grep -q -- '--consistent is not permitted' "$err"
	code=$?
	mount -o remount,hidepid=0 /proc
	return $code
}

# nested DEPTH COMMAND...: run it DEPTH pid namespaces deeper, with its own /proc.
nested() {
	depth=$1
	shift
	for _ in $(seq "$depth"); do
		set -- unshare -m -p -f --mount-proc "$@"
	done
	"$@" >"$out" 2>"$err"
}

too_deep() {
	nested 3 ./devtrio ps --consistent -H -o pid,comm && quiet &&
		[ "$(cat "$out")" = "1 devtrio" ] || return
	nested 4 ./devtrio ps --watch
	[ $? = 1 ] && [ ! -s "$out" ] &&
		grep -q '^devtrio: --watch is not supported .* more than 3 levels deep' "$err" &&
		nested 4 ./devtrio ps -H -o pid,comm && quiet &&
		[ "$(cat "$out")" = "1 devtrio" ]
}

check "the table shows columns and relations" table
check "-o selects the columns" columns
check "--below shows a process and its descendants" below
check "--session shows a session" session
check "--uid shows a user's tasks, by name and number" uid
check "filters combine" both_filters
check "--tree shows a child below its parent" tree
check "--threads shows threads" threads
check "--json prints an object per task" json
check "--consistent prints a table" consistent
check "--raw shows addresses to root only" raw
check "--below reports a missing process" no_such_process
check "--demo shows every task with a family of its own" demo
check "--watch shows a child, and ends on SIGINT" watch_lines
check "--watch --json shows a child, and ends on SIGINT" watch_json
check "--watch --count exits after N changes" watch_count
check "--watch exits when its reader is gone" closed_pipe
check "--watch rejects deeply nested pid namespaces" too_deep
check "hidepid gives a warning, and --watch and --consistent fail" hidepid

kill "$child"
rm /tmp/child
finish
