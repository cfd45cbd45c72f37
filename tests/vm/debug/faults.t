#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes each allocation and each user copy of the drivers fail once, in User Mode
# Linux, the fastest kernel. Ignores the kernel's messages about failed allocations.
# $WHICH is a pattern that selects tests.
cd "$(dirname "$0")/../../.." || exit 1
make -s build/selftests/faults_test >&2 || exit 1
mkdir -p build/debug/faults && cp build/selftests/faults_test build/debug/faults || exit 1
DEVTRIO_APPEND="${WHICH:+which=$WHICH}" DEVTRIO_MEMORY_FAILS=1 DEVTRIO_DEADLINE=${DEADLINE:-1800} \
	exec tests/vm/minimal uml tests/vm/debug/faults build/debug/faults
