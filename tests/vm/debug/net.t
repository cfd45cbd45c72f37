#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks that each detector reports its planted bug of devtrio_wrong, and that the
# report fails the run. Boots once per bug, because some detectors turn themselves
# off after the first report. User Mode Linux has no preempt count, so it cannot
# detect a sleep in atomic context.
# usage: net.t [BUG...]
. "$(dirname "$0")/../../tap.sh"
cd "$top" || exit 1

# run_with KERNEL BUG: enable leak detection only where needed, because it is slow
run_with() {
	local leaks=no
	case $2 in leak | none) leaks=yes ;; esac
	DEVTRIO_APPEND="wrong=$2 kasan_multi_shot devtrio.leaks=$leaks" \
		tests/vm/minimal "$1" tests/vm/debug/net 2>&1 </dev/null
}

# reported KERNEL BUG PATTERN: the run failed, and the kernel log matches PATTERN
reported() {
	local output console
	output=$(run_with "$1" "$2")
	[ $? = 1 ] || { echo "$output"; return 1; }
	console=$(echo build/vm/net-*-"$1"/console.log)
	grep -q "^not ok .*logged no warnings" <<<"$output" &&
		grep -Eq "$3" "$console" && return
	echo "$output"
	tail -n 60 "$console"
	return 1
}

while read -r kernel bug pattern; do
	case " ${*:-$bug} " in *" $bug "*) ;; *) continue ;; esac
	check "$kernel: detects $bug" reported "$kernel" "$bug" "$pattern"
done <<'END_OF_BUGS'
kasan	use_after_free		KASAN: (slab-)?use-after-free in .*devtrio_wrong
kasan	double_free		KASAN: (double-free|invalid-free|double-free or invalid-free) in
kasan	slab_overflow		KASAN: slab-out-of-bounds in .*devtrio_wrong
kasan	stack_overflow		KASAN: stack-out-of-bounds in .*devtrio_wrong
kasan	vmalloc_overflow	KASAN: vmalloc-out-of-bounds in .*devtrio_wrong
kasan	wrong_index		UBSAN: array-index-out-of-bounds in .*devtrio_wrong
kasan	wrong_shift		UBSAN: shift-out-of-bounds in .*devtrio_wrong
kasan	leak			kmemleak: .*new suspected memory leaks
kasan	lock_inversion		WARNING: possible circular locking dependency
kasan	lock_without_irqs_off	WARNING: inconsistent lock state
kasan	lock_kept		WARNING: lock held when returning to user space
kasan	sleep_in_atomic		BUG: scheduling while atomic
kasan	allocate_in_atomic	BUG: sleeping function called from invalid context
kasan	rcu_without_reading	WARNING: suspicious RCU usage
kasan	timer_freed		ODEBUG: free active .*timer_list
kasan	list_deleted_twice	list_del corruption
uml	use_after_free		KASAN: (slab-)?use-after-free in .*devtrio_wrong
uml	slab_overflow		KASAN: slab-out-of-bounds in .*devtrio_wrong
uml	wrong_shift		UBSAN: shift-out-of-bounds in .*devtrio_wrong
uml	leak			kmemleak: .*new suspected memory leaks
uml	lock_inversion		WARNING: possible circular locking dependency
uml	lock_without_irqs_off	WARNING: inconsistent lock state
uml	rcu_without_reading	WARNING: suspicious RCU usage
uml	timer_freed		ODEBUG: free active .*timer_list
uml	list_deleted_twice	list_del corruption
kcsan	data_race		KCSAN: data-race in .*count_without_lock
END_OF_BUGS

clean() {
	run_with "$1" none
}
for kernel in uml kasan kcsan; do
	check "$kernel: reports nothing without a bug" clean "$kernel"
done
finish
