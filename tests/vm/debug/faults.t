#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Each allocation and each copy from and to a caller fails once, in User Mode
# Linux, which is the quickest. What the kernel says of memory that it did not get is
# no complaint. $WHICH: of which tests.
cd "$(dirname "$0")/../../.." || exit 1
make -s build/selftests/faults_test >&2 || exit 1
mkdir -p build/debug/faults && cp build/selftests/faults_test build/debug/faults || exit 1
DEVTRIO_APPEND="${WHICH:+which=$WHICH}" DEVTRIO_MEMORY_FAILS=1 DEVTRIO_DEADLINE=${DEADLINE:-1800} \
	exec tests/vm/minimal uml tests/vm/debug/faults build/debug/faults
