#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Verifies that each benchmark prints results with each clock, and that invalid results
# fail the run. `make bench` does a full run and shows the results.
. "$(dirname "$0")/../tap.sh"
cd "$top" || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

programs=()
for source in tests/bench/*.c; do
	[[ $source = *.bpf.c ]] || programs+=("$(basename "$source" .c)")
done

# Check the invariants of the results.
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

# rejects REASON LINE...: expect a full run to fail for REASON if the guest printed
# these lines.
rejects() {
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
check "the programs run in the guest" tests/bench/bench --quick
check "the results are well formed" well_formed
check "a missing comparison fails" \
	rejects 'not measured: .*vs_ps_5000' "$start" "$line" "$end"
check "a failing program fails" \
	rejects 'proc_relate failed' "$start" "$line" '# exit 1'
check "a program that does not exit fails" \
	rejects 'proc_relate failed' "$start" "$line"
check "a program that does not run fails" rejects 'not every program ran' ''
check "a duplicate result fails" \
	rejects 'proc_relate printed: BENCH' "$start" "$line" "$line" "$end"
check "another driver's result fails" \
	rejects 'proc_relate printed: BENCH' "$start" "${line/proc_relate/rambuf}" "$end"
# judges RATIO PATTERN: a ratio against a record of 2, or on a machine without one
judges() {
	local output
	output=$(python3 -B -c '
import json, pathlib, sys
from importlib.machinery import SourceFileLoader
bench = SourceFileLoader("bench", "tests/bench/bench").load_module()
bench.RECORD = pathlib.Path(sys.argv[1])
bench.RECORD.write_text(json.dumps({"known": {"rambuf/x": 2.0}}))
results = [{"name": "rambuf/x", "ratio": float(sys.argv[2])}]
print("passed" if bench.judge(results, sys.argv[3], False) else "failed")
' "$work/record" "$1" "${3:-known}" 2>&1)
	echo "$output"
	grep -q "$2" <<<"$output"
}
check "a ratio 6% below the record fails" judges 1.88 '^failed'
check "a ratio 4% below the record passes" judges 1.92 '^passed'
check "an unknown machine has no record, and says so" judges 1 'no record for' unknown
check "a time of 0 fails" \
	rejects 'proc_relate printed: BENCH' "$start" "${line/ours=1/ours=0}" "$end"
finish
