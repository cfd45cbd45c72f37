#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# devtrio buf with real buffers: watch, save, restore. As root, in the minimal
# guest, with rambuf not loaded.
cd /test || exit 1
. ./tap.sh
kept=/var/lib/devtrio/rambuf
mkdir -p /var/lib

# fails_saying TEXT COMMAND...: on one line.
fails_saying() {
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
check "buf: bytes of all kinds go in and out" sh -c '
	head -c 5000 /dev/urandom >/tmp/bytes
	./devtrio buf write -o 17 </tmp/bytes &&
	./devtrio buf read -o 17 -n 5000 | cmp - /tmp/bytes'
check "buf: --length bounds what is written" sh -c '
	./devtrio buf clear && printf abcdef | ./devtrio buf write -n 3 &&
	[ "$(./devtrio buf read -n 4 | od -An -c | tr -d " ")" = "abc\0" ]'
check "buf: -b 1 is another buffer" sh -c '
	./devtrio buf write -b 1 second && ./devtrio buf write first &&
	[ "$(./devtrio buf read -b 1 -n 6)" = second ]'
check "buf: a buffer that is not there is exit 6" \
	sh -c './devtrio buf read -b 2; [ $? = 6 ]'

check "buf: watch prints a line per change, and ends after --count" sh -c '
	./devtrio buf watch -c 2 >/tmp/watched & watcher=$!
	for i in 1 2; do
		until grep -q "^State:.S" /proc/$watcher/status; do :; done
		./devtrio buf write x
		until [ $(wc -l </tmp/watched) -ge $i ]; do :; done
	done
	wait $watcher && [ $(grep -c "^generation: " /tmp/watched) = 2 ]'
check "buf: watch ends when nobody reads it any more" sh -c '
	./devtrio buf watch -c 1000 | true; ! pidof devtrio'

./devtrio buf write kept-0
./devtrio buf write -b 1 kept-1
check "buf: save saves all" ./devtrio buf save
check "buf: as files of root alone" \
	[ "$(stat -c %a $kept $kept/0 $kept/1 | tr '\n' ' ')" = "700 600 600 " ]
check "buf: restoring what is still there changes nothing" sh -c "
	before=\$(./devtrio buf info) && ./devtrio buf restore &&
	[ \"\$(./devtrio buf info)\" = \"\$before\" ] && [ ! -e $kept/0 ]"
./devtrio buf save >/dev/null
reload size=10000 count=2
check "buf: restore puts it back into a new module" sh -c '
	./devtrio buf restore &&
	[ "$(./devtrio buf read -n 6)" = kept-0 ] &&
	[ "$(./devtrio buf read -b 1 -n 6)" = kept-1 ]'
check "buf: once" sh -c "[ ! -e $kept/0 ] && [ ! -e $kept/1 ]"
check "buf: a second restore has nothing to do" ./devtrio buf restore

./devtrio buf save >/dev/null
reload size=20000
check "buf: a larger buffer takes it, the rest is zero" sh -c '
	./devtrio buf restore && [ "$(./devtrio buf read -n 6)" = kept-0 ] &&
	[ "$(./devtrio buf read -o 10000 | tr -d "\0" | wc -c)" = 0 ]'
check "buf: what was of a buffer that is no more stays" [ -e $kept/1 ]

./devtrio buf save >/dev/null
reload size=100
check "buf: a smaller buffer does not, and says so" \
	fails_saying 'larger than the buffer' ./devtrio buf restore
check "buf: and stays empty" sh -c '! ./devtrio buf read | grep -q kept'
check "buf: and the content is kept aside" [ -e $kept/0.kept.1 ]
reload size=20000
check "buf: from where a name restores it" sh -c "
	./devtrio buf restore $kept/0.kept.1 &&
	[ \"\$(./devtrio buf read -n 6)\" = kept-0 ] && [ -e $kept/0.kept.1 ]"

./devtrio buf save >/dev/null
reload size=20000
./devtrio buf write newer
check "buf: what is newer is not overwritten" \
	fails_saying 'written to since' ./devtrio buf restore
check "buf: and stays" holds newer
check "buf: and so does the older" [ -e $kept/0.kept.2 ]

for damage in 'printf X | dd of=%s bs=1 seek=100 conv=notrunc' \
	'printf X | dd of=%s bs=1 conv=notrunc' \
	'truncate -s 30 %s' 'truncate -s 5 %s' 'printf x >>%s'; do
	./devtrio buf write damaged
	./devtrio buf save >/dev/null
	reload size=20000
	# shellcheck disable=SC2059
	sh -c "$(printf "$damage" $kept/0)" 2>/dev/null
	check "buf: damaged by $damage: refused" \
		fails_saying 'not restored' ./devtrio buf restore
	check "buf: damaged by $damage: nothing is stored" \
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

check "buf: an ordinary user saves to a file" saves_to_a_file
check "buf: but not to the directory" \
	fails_saying 'try: sudo' as_user ./devtrio buf save
check "buf: a disk that is full leaves the former file" sh -c '
	mkdir /tmp/full && mount -t tmpfs -o size=24k full /tmp/full &&
	./devtrio buf save /tmp/full/f && sum=$(md5sum </tmp/full/f) &&
	! ./devtrio buf save /tmp/full/f &&
	[ "$(md5sum </tmp/full/f)" = "$sum" ] && [ "$(ls /tmp/full)" = f ]'
rmmod rambuf
check "buf: without the module it is exit 6" \
	sh -c './devtrio buf save; [ $? = 6 ]'

finish
