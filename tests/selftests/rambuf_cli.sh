#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tests devtrio buf on real buffers: watch, save, restore. Runs as root in the minimal
# guest, with rambuf not loaded.
cd /test || exit 1
# shellcheck source=tests/tap.sh
. ./tap.sh
kept=/var/lib/devtrio/rambuf
mkdir -p /var/lib

# fails_with TEXT COMMAND...: expect a failure with one line on stderr that has TEXT.
fails_with() {
	text=$1
	shift
	if said=$("$@" 2>&1 >/dev/null); then
		return 1
	fi
	echo "$said"
	[ "$(echo "$said" | wc -l)" = 1 ] && echo "$said" | grep -q "$text"
}

reload() {
	rmmod rambuf
	insmod rambuf.ko "$@"
}

holds() {
	[ "$(./devtrio buf read -n ${#1})" = "$1" ]
}

insmod rambuf.ko size=10000 count=2
check "buf: an untouched buffer is not saved" \
	sh -c "./devtrio buf save && [ ! -e $kept/0 ]"
check "buf: write and read preserve all bytes" sh -c '
	head -c 5000 /dev/urandom >/tmp/bytes
	./devtrio buf write -o 17 </tmp/bytes &&
	./devtrio buf read -o 17 -n 5000 | cmp - /tmp/bytes'
check "buf: --length limits a write" sh -c '
	./devtrio buf clear && printf abcdef | ./devtrio buf write -n 3 &&
	[ "$(./devtrio buf read -n 4 | od -An -c | tr -d " ")" = "abc\0" ]'
check "buf: -b selects the buffer" sh -c '
	./devtrio buf write -b 1 second && ./devtrio buf write first &&
	[ "$(./devtrio buf read -b 1 -n 6)" = second ]'
check "buf: write --pad leaves nothing of a longer text" sh -c '
	./devtrio buf write "{\"b\":12345}" && ./devtrio buf write --pad "{\"b\":1}" &&
	[ "$(./devtrio buf read | tr -d "\0")" = "{\"b\":1}" ] &&
	printf xy | ./devtrio buf write -p -o 2 &&
	[ "$(./devtrio buf read | tr -d "\0")" = "{\"xy" ]'
# padding_is_one_write: the generation grows by 1
padding_is_one_write() {
	before=$(./devtrio buf info | sed -n 's/generation: //p')
	./devtrio buf write --pad short &&
		./devtrio buf info | grep -qx "generation: $((before + 1))"
}
check "buf: write --pad changes the buffer once" padding_is_one_write
check "buf: read on a terminal shows text up to the first NUL" sh -c '
	./devtrio buf clear && printf "one\ntwo\033[31m\0three" | ./devtrio buf write &&
	./on_terminal ./devtrio buf read >/tmp/shown &&
	printf "one\r\ntwo\\\\x1b[31m\r\n" | cmp - /tmp/shown &&
	[ "$(./devtrio buf read -n 17 | wc -c)" = 17 ]'
check "buf: exit 6 if the buffer does not exist" \
	sh -c './devtrio buf read -b 2; [ $? = 6 ]'

check "buf: watch prints a line per change and exits after --count" sh -c '
	./devtrio buf watch -c 2 >/tmp/watched & watcher=$!
	for i in 1 2; do
		until grep -q "^State:.S" /proc/$watcher/status; do :; done
		./devtrio buf write x
		until [ $(wc -l </tmp/watched) -ge $i ]; do :; done
	done
	wait $watcher && [ $(grep -c "^generation: " /tmp/watched) = 2 ]'
check "buf: watch exits when its reader is gone" sh -c '
	./devtrio buf watch -c 1000 | true; ! pidof devtrio'

./devtrio buf write kept-0
./devtrio buf write -b 1 kept-1
check "buf: save saves all buffers" ./devtrio buf save
check "buf: save creates files that only root may access" \
	[ "$(stat -c %a $kept $kept/0 $kept/1 | tr '\n' ' ')" = "700 600 600 " ]
check "buf: restoring unchanged content does not write" sh -c "
	before=\$(./devtrio buf info) && ./devtrio buf restore &&
	[ \"\$(./devtrio buf info)\" = \"\$before\" ] && [ ! -e $kept/0 ]"
./devtrio buf save >/dev/null
reload size=10000 count=2
check "buf: restore restores the content after a reload" sh -c '
	./devtrio buf restore &&
	[ "$(./devtrio buf read -n 6)" = kept-0 ] &&
	[ "$(./devtrio buf read -b 1 -n 6)" = kept-1 ]'
check "buf: restore deletes the files" sh -c "[ ! -e $kept/0 ] && [ ! -e $kept/1 ]"
check "buf: a second restore succeeds" ./devtrio buf restore

./devtrio buf save >/dev/null
reload size=20000
check "buf: restore into a larger buffer leaves the rest zero" sh -c '
	./devtrio buf restore && [ "$(./devtrio buf read -n 6)" = kept-0 ] &&
	[ "$(./devtrio buf read -o 10000 | tr -d "\0" | wc -c)" = 0 ]'
check "buf: restore keeps the file of a missing buffer" [ -e $kept/1 ]

./devtrio buf save >/dev/null
reload size=100
check "buf: restore into a smaller buffer fails" \
	fails_with 'larger than the buffer' ./devtrio buf restore
check "buf: the smaller buffer stays empty" sh -c '! ./devtrio buf read | grep -q kept'
check "buf: the file is renamed" [ -e $kept/0.kept.1 ]
reload size=20000
check "buf: restore FILE restores the renamed file" sh -c "
	./devtrio buf restore $kept/0.kept.1 &&
	[ \"\$(./devtrio buf read -n 6)\" = kept-0 ] && [ -e $kept/0.kept.1 ]"

./devtrio buf save >/dev/null
reload size=20000
./devtrio buf write newer
check "buf: restore refuses to overwrite newer content" \
	fails_with 'written to since' ./devtrio buf restore
check "buf: the newer content stays" holds newer
check "buf: the file with the older content is renamed" [ -e $kept/0.kept.2 ]

for damage in 'printf X | dd of=%s bs=1 seek=100 conv=notrunc' \
	'printf X | dd of=%s bs=1 conv=notrunc' \
	'truncate -s 30 %s' 'truncate -s 5 %s' 'printf x >>%s'; do
	./devtrio buf write damaged
	./devtrio buf save >/dev/null
	reload size=20000
	# shellcheck disable=SC2059
	sh -c "$(printf "$damage" $kept/0)" 2>/dev/null
	check "buf: damaged by $damage: restore fails" \
		fails_with 'cannot restore' ./devtrio buf restore
	check "buf: damaged by $damage: the buffer is unchanged" \
		sh -c './devtrio buf info | grep -qx "generation: 0"'
done

./devtrio buf write mine
chmod 666 /dev/rambuf
as_user() {
	/bin/setpriv --reuid=1000 --regid=1000 --clear-groups "$@"
}

saves_to_a_file() {
	as_user ./devtrio buf save /tmp/mine && ./devtrio buf clear &&
		as_user ./devtrio buf restore /tmp/mine && holds mine &&
		[ -e /tmp/mine ]
}

check "buf: a user may save to a file" saves_to_a_file
links_and_modes_stay() {
	rm -f /tmp/target /tmp/link && : >/tmp/target && chmod 640 /tmp/target &&
		ln -s target /tmp/link && ./devtrio buf save /tmp/link &&
		[ -L /tmp/link ] && [ "$(stat -c %a /tmp/target)" = 640 ] &&
		./devtrio buf clear && ./devtrio buf restore /tmp/link && holds mine &&
		ln -sf nothing-yet /tmp/link && ./devtrio buf save /tmp/link &&
		[ -L /tmp/link ] && cmp /tmp/target /tmp/nothing-yet
}

writes_into_a_pipe() {
	mkfifo /tmp/pipe && { cat /tmp/pipe >/tmp/piped & } &&
		./devtrio buf save /tmp/pipe && wait $! && [ -p /tmp/pipe ] &&
		cmp /tmp/target /tmp/piped &&
		./devtrio buf save - | cmp - /tmp/target &&
		./devtrio buf save /proc/self/fd/1 | cmp - /tmp/target
}

check "buf: save follows links and keeps the mode" links_and_modes_stay
check "buf: save writes into a device and leaves it there" \
	sh -c './devtrio buf save /dev/null && [ -c /dev/null ]'
check "buf: save writes into a FIFO and to standard output" writes_into_a_pipe
check "buf: restore reads standard input" sh -c '
	./devtrio buf clear && ./devtrio buf restore - </tmp/target &&
	./devtrio buf clear && cat /tmp/target | ./devtrio buf restore -' &&
	holds mine
check "buf: restore refuses input with more behind it" fails_with 'size is wrong' \
	sh -c 'cat /tmp/target /tmp/target | ./devtrio buf restore -'
check "buf: a user may not save to the directory" \
	fails_with 'try: sudo' as_user ./devtrio buf save
check "buf: save keeps the old file on a full disk" sh -c '
	mkdir /tmp/full && mount -t tmpfs -o size=24k full /tmp/full &&
	./devtrio buf save /tmp/full/f && sum=$(md5sum </tmp/full/f) &&
	! ./devtrio buf save /tmp/full/f &&
	[ "$(md5sum </tmp/full/f)" = "$sum" ] && [ "$(ls /tmp/full)" = f ]'
rmmod rambuf
check "buf: exit 3 if the drivers are not installed" \
	sh -c './devtrio buf save; [ $? = 3 ]'

finish
