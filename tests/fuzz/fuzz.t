#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fuzzes the utility for $FUZZ_TIME seconds each: its command line with drivers' answers,
# and its parsers of tunes and saved buffers. Keeps failing inputs in a file and prints
# the command that reproduces them. Keeps inputs with new coverage in build/fuzz/corpus
# for the next run.
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
		echo "to reproduce: build/fuzz/$name $* $input"
	done
	return 1
}

# reaches NAME RUNS COVERAGE: a run without seeds, or one that stops early, is worthless.
reaches() {
	local runs coverage
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$1.log")
	coverage=$(grep -aoE 'cov: [0-9]+' "build/fuzz/$1.log" | tail -n 1)
	echo "$runs runs, $coverage"
	[ "$runs" -gt "$2" ] && [ "${coverage#cov: }" -gt "$3" ]
}

check "fuzzers build" make -s fuzz-programs
# exit() does not free memory.
check "fuzz command lines and drivers' answers for $seconds s" \
	fuzz cli -detect_leaks=0 -max_len=4096
check "fuzz tunes for $seconds s" fuzz tune -max_len=8192
check "fuzz saved buffers for $seconds s" fuzz save -max_len=65536
check "coverage of command lines" reaches cli 500 500
check "coverage of tunes" reaches tune 500 80
check "coverage of saved buffers" reaches save 500 20
finish
