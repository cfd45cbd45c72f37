#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Compare fio's psync, mmap and io_uring engines on /dev/rambuf and on a file of the
# same size in /dev/shm: medians of five alternating rounds. Run as root in a guest
# with fio in PATH and rambuf loaded with size=1048576. Uses only the wall clock: fio
# runs for a fixed time, and an instruction counter would mostly see fio's own work.
# usage: rambuf-fio.sh icount|wall [quick]
[ "$1" = wall ] && [ "${2-}" != quick ] || exit 0

mkdir -p /dev/shm
grep -q ' /dev/shm tmpfs ' /proc/mounts || mount -t tmpfs tmpfs /dev/shm
truncate -s 1048576 /dev/shm/fio

# Print the time per transfer in ns. fio's terse field 8 (read) or 49 (write) has
# the operations per second.
one() {
	case $2 in
	randread) field=8 ;;
	randwrite) field=49 ;;
	esac
	fio --name=job --filename="$1" --size=1048576 --ioengine="$3" --rw="$2" \
		--bs=4096 --runtime=300ms --time_based --thread --minimal \
		--allow_file_create=0 --fallocate=none --randrepeat=1 |
		cut -d';' -f"$field" | awk '$1 > 0 { printf "%.0f\n", 1e9 / $1 }'
}

median() {
	sort -n "$1" | sed -n 3p
}

for engine in psync mmap io_uring; do
	for rw in randread randwrite; do
		: >/tmp/ours
		: >/tmp/peer
		for round in 1 2 3 4 5; do
			one /dev/rambuf $rw $engine >>/tmp/ours
			one /dev/shm/fio $rw $engine >>/tmp/peer
		done
		if [ "$(wc -l </tmp/ours)" != "$round" ] ||
			[ "$(wc -l </tmp/peer)" != "$round" ]; then
			echo "rambuf-fio.sh: $engine $rw gave no figures" >&2
			exit 1
		fi
		echo "BENCH rambuf/fio_${engine}_${rw}_vs_devshm" \
			"ours=$(median /tmp/ours) peer=$(median /tmp/peer)" \
			"unit=ns n=$round"
	done
done
rm /dev/shm/fio
