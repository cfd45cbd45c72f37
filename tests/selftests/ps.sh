#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# devtrio ps on the real device: as root, which hands most of it to the user; in
# the minimal guest.
# shellcheck disable=SC2086 # $user is words
cd /test || exit 1
. ./tap.sh
out=$(mktemp)
err=$(mktemp)
log=$(mktemp)
tap_shown="$out $err $log"

# Words, to put before a command: of a function the shell would wait itself.
user="/bin/setpriv --reuid=1000 --regid=1000 --groups=901"

# ps_gives CODE ARGUMENT...: leaves what it said in $out and $err.
ps_gives() {
	wanted=$1
	shift
	$user ./devtrio ps "$@" >"$out" 2>"$err"
	[ $? = "$wanted" ]
}

# has PATTERN...: a line in the output for each of them.
has() {
	for pattern; do
		grep -qE "$pattern" "$out" || return
	done
}

quiet() {
	[ ! -s "$err" ]
}

# appears PATTERN: in what a program in the background logs, within 20 s.
appears() {
	for _ in $(seq 200); do
		grep -qE "$1" "$log" && return
		usleep 100000
	done
	return 1
}

# A family to look at: the user's shell with a child, in a session of its own.
$user setsid sh -c '/bin/sleep 1000 & echo $! >/tmp/child; wait; :' &
until [ -s /tmp/child ]; do usleep 10000; done
child=$(cat /tmp/child)
shell=$(sed -n 's/^PPid:\t//p' "/proc/$child/status")

table() {
	ps_gives 0 && quiet && has '^ *PID +PPID +PGID +SID +SESSION S +UID MM +COMM$' \
		"^ *1 +0 .* 0 [0-9a-f]{16} init$" \
		"^ *$child +$shell +$shell +$shell +- S +1000 [0-9a-f]{16} sleep$" \
		'^ *2 +0 +0 +0 +- S +0 - +kthreadd$'
}

columns() {
	ps_gives 0 -o comm,pid,parent,flags -H --below "$child" &&
		[ "$(cat "$out")" = "sleep $child $shell -" ]
}

below() {
	ps_gives 0 --below "$shell" -o pid -H &&
		[ "$(cat "$out")" = "$(printf '%s\n' "$shell" "$child")" ]
}

session() {
	ps_gives 0 --session "$shell" -o pid -H &&
		[ "$(cat "$out")" = "$(printf '%s\n' "$shell" "$child")" ]
}

# Its only tasks besides these are those that look.
of_user() {
	ps_gives 0 --uid user -o uid,pid -H && has "^1000 +$shell$" &&
		! grep -qv '^1000 ' "$out" &&
		ps_gives 0 --uid 0 -o uid,pid -H && ! grep -qv '^0 ' "$out"
}

both_filters() {
	ps_gives 0 --below "$shell" --uid 0 -H && [ ! -s "$out" ]
}

tree() {
	ps_gives 0 --tree -o pid && has '^ *PID COMM$' '^ *1 init$' '^ *2 kthreadd$' &&
		grep -A 1 -E "^ *$shell .* .\\\\_ sh$" "$out" |
		grep -qE "^ *$child .*[ |]   \\\\_ sleep$"
}

threads() {
	ps_gives 0 --threads && has '^ *PID +TGID ' "^ *$child +$child +$shell "
}

json() {
	ps_gives 0 --json && quiet && head -n 1 "$out" | grep -qx '\[' &&
		tail -n 1 "$out" | grep -qx '\]' &&
		has "^\{\"pid\":$child,\"tgid\":$child,\"parent\":$shell,.*\"sessionid\":null,\"uid\":1000,.*\"flags\":\[\],\"threads\":1,\"start_time\":[0-9]{8,},.*\"mm\":\"[0-9a-f]{16}\",.*\"comm\":\"sleep\"\},?$" \
			'^\{"pid":2,.*"flags":\["kthread"\],.*"mm":null,'
}

consistent() {
	for _ in 1 2 3 4 5; do
		ps_gives 0 --consistent && return
	done
	return 1
}

# User Mode Linux has its memory where other programs do.
raw() {
	case $(uname -r) in *-uml) begin=00 ;; *) begin=ff ;; esac
	ps_gives 7 --raw && grep -q 'needs CAP_SYSLOG; run it with sudo' "$err" &&
		./devtrio ps --raw -H -o mm --below 1 >"$out" &&
		has "^${begin}[0-9a-f]{14}\$"
}

no_process() {
	ps_gives 1 --below 2147483647 && grep -qx 'devtrio: no process 2147483647' "$err"
}

demo() {
	ps_gives 0 --demo && has 'agree with /proc'
}

# What comes and goes, until SIGINT.
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

lines_of_changes() {
	watch && appears '^   *PID +PPID COMM$' || return
	/bin/sleep 1000 &
	appears "^[+*] +$! +$$ sleep$" && kill $! || return
	wait $!
	appears "^- +$! +[0-9]+ sleep$" && end_watch
}

json_of_changes() {
	watch --json && appears '^\{"event":"present","pid":1,' || return
	/bin/sleep 1000 &
	appears "^\{\"event\":\"(came|changed)\",\"pid\":$!,\"real_parent\":$$,\"comm\":\"sleep\"\}$" &&
		kill $! || return
	wait $!
	appears "^\{\"event\":\"gone\",\"pid\":$!," && end_watch
}

count() {
	watch --count 3 || return
	/bin/sleep 1000 &
	one=$!
	/bin/sleep 1000 &
	two=$!
	/bin/sleep 1000 &
	kill $one $two $!
	wait "$watcher" && [ "$(grep -c '^[-+*]' "$log")" = 3 ]
}

# The reader goes, and nothing happens below the process that is watched.
closed_pipe() {
	{
		$user timeout 20 ./devtrio ps --watch --below "$child" 2>"$err"
		echo $? >"$log"
	} | head -n 1 >"$out"
	quiet && has COMM && ! grep -qE '^(0|124|143)$' "$log"
}

hidden() {
	mount -o remount,hidepid=2 /proc
	ps_gives 0 && has "^ *$child " && ! grep -q kthreadd "$out" &&
		grep -q '^devtrio: only processes that you may ptrace.*hidepid' "$err" &&
		[ "$(wc -l <"$err")" = 1 ] &&
		ps_gives 7 --watch && [ ! -s "$out" ] && grep -q 'gid=' "$err" &&
		ps_gives 7 --consistent && grep -q -- '--consistent is not for' "$err"
	code=$?
	mount -o remount,hidepid=0 /proc
	return $code
}

# nested DEPTH COMMAND...: so many pid namespaces deeper, with a /proc of its own.
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
		grep -q '^devtrio: --watch does not work in .* more than 3 deep' "$err" &&
		nested 4 ./devtrio ps -H -o pid,comm && quiet &&
		[ "$(cat "$out")" = "1 devtrio" ]
}

check "the table has the columns, and how processes relate" table
check "-o has the columns that it names" columns
check "--below has a process and its descendants" below
check "--session has a session" session
check "--uid has a user's tasks, by name and number" of_user
check "all filters hold together" both_filters
check "--tree has a child below its parent" tree
check "--threads has threads" threads
check "--json has an object per task" json
check "--consistent has a table" consistent
check "--raw has addresses, for root only" raw
check "--below says that there is no such process" no_process
check "--demo agrees with /proc" demo
check "--watch tells of a child, until SIGINT" lines_of_changes
check "--watch --json tells of a child, until SIGINT" json_of_changes
check "--watch --count ends after so many changes" count
check "--watch ends when nobody reads any more" closed_pipe
check "--watch says where pid namespaces are nested too deep" too_deep
check "with hidepid it says what is not shown, and refuses the rest" hidden

kill "$child"
rm /tmp/child
finish
