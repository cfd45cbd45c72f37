#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The benches work: each program gives results by each clock, and what is none
# makes a failed run. What they say is for a whole run, `make bench`, to tell.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

programs=()
for source in tests/bench/*.c; do
	[[ $source = *.bpf.c ]] || programs+=("$(basename "$source" .c)")
done

# What a reader of the results relies on.
well_formed() {
	python3 - build/bench/quick.json "${programs[@]}" <<-'END'
		import json, sys
		results = json.load(open(sys.argv[1], encoding="utf-8"))
		names = [entry["name"] for entry in results]
		assert len(names) == len(set(names)), names
		assert {n.split("/")[0] for n in names} == set(sys.argv[2:]), names
		for entry in results:
		    ratios = [entry["ratio"], entry["wall"]]
		    assert any(ratios), entry
		    assert all(r is None or r > 0 for r in ratios), entry
		    assert all(entry[key] > 0 for key in ("ours", "peer", "n")), entry
		    assert entry["unit"], entry
	END
}

# refuses REASON LINE...: a whole run in which the guest wrote these lines has no
# results, for this reason.
refuses() {
	local output reason=$1
	shift
	printf '%s\n' "$@" >"$work/results"
	output=$(python3 -B -c '
import pathlib, sys
from importlib.machinery import SourceFileLoader
bench = SourceFileLoader("bench", "tests/bench/bench").load_module()
guest = bench.vm.Qemu.__new__(bench.vm.Qemu)
guest.results = pathlib.Path(sys.argv[1])
programs = ["proc_relate"]
by_clock = {"icount": bench.measured(guest, "icount", programs)}
bench.check_complete([*bench.merged(by_clock)], programs, quick=False)
' "$work/results" 2>&1) && return 1
	echo "$output"
	grep -q "Failed: $reason" <<<"$output"
}

start='# program proc_relate'
end='# exit 0'
line='BENCH proc_relate/vs_ps_300 ours=1 peer=2 unit=ns n=3'

check "the programs build" make -s bench-programs
rm -f build/bench/quick.json
check "they run in both guests" tests/bench/bench --quick
check "the results are well formed" well_formed
check "a comparison that is missing fails" \
	refuses 'not measured: .*vs_ps_5000' "$start" "$line" "$end"
check "a program that fails, fails" \
	refuses 'proc_relate failed' "$start" "$line" '# exit 1'
check "a program that does not end, fails" \
	refuses 'proc_relate failed' "$start" "$line"
check "a program that does not run, fails" refuses 'not every program ran' ''
check "the same result twice fails" \
	refuses 'proc_relate printed: BENCH' "$start" "$line" "$line" "$end"
check "another driver's result fails" \
	refuses 'proc_relate printed: BENCH' "$start" "${line/proc_relate/rambuf}" "$end"
check "a time that is none fails" \
	refuses 'proc_relate printed: BENCH' "$start" "${line/ours=1/ours=0}" "$end"
finish
