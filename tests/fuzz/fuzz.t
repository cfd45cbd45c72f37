#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fuzzes the utility, for $FUZZ_TIME seconds each: its command line with what the
# drivers answer, and its parsers of tunes and of saved buffers. What breaks it
# is kept in a file, and the command that does it again is shown. Inputs that
# went new ways stay in build/fuzz/corpus, so that the next run starts there.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1
seconds=${FUZZ_TIME:-10}

# fuzz NAME [OPTION]...
fuzz() {
	local name=$1 found=build/fuzz/found-$1- log=build/fuzz/$1.log
	shift
	mkdir -p "build/fuzz/corpus/$name"
	rm -f "$found"*
	if "build/fuzz/$name" -max_total_time="$seconds" -timeout=20 \
		-rss_limit_mb=1500 -print_final_stats=1 \
		-artifact_prefix="$found" "$@" "build/fuzz/corpus/$name" \
		"tests/fuzz/corpus/$name" >"$log" 2>&1; then
		return
	fi
	grep -aE -A 12 'ERROR|runtime error' "$log" || tail -n 20 "$log"
	for input in "$found"*; do
		echo "to see it again: build/fuzz/$name $* $input"
	done
	return 1
}

# Without the seeds, or if each run ended at once, it would be nothing.
went_deep() {
	local runs ways
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$1.log")
	ways=$(grep -aoE 'cov: [0-9]+' "build/fuzz/$1.log" | tail -n 1)
	echo "$runs runs, $ways"
	[ "$runs" -gt "$2" ] && [ "${ways#cov: }" -gt "$3" ]
}

check "fuzzers build" make -s fuzz-programs
# exit() leaves memory behind.
check "command lines and answers of drivers, for $seconds s" \
	fuzz cli -detect_leaks=0 -max_len=4096
check "tunes, for $seconds s" fuzz tune -max_len=8192
check "saved buffers, for $seconds s" fuzz save -max_len=65536
check "command lines went deep" went_deep cli 500 500
check "tunes went deep" went_deep tune 500 80
check "saved buffers went deep" went_deep save 500 20
finish
