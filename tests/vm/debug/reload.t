#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Removes and reloads modules, the GPIO chip and devices while they are in use, $CYCLES
# times (default: 1000) in $KERNEL (default: the newest stock kernel).
cd "$(dirname "$0")/../../.." || exit 1
make -s build/selftests/reload_test >&2 || exit 1
mkdir -p build/debug/reload && cp build/selftests/reload_test build/debug/reload || exit 1
DEVTRIO_APPEND="cycles=${CYCLES:-1000}" DEVTRIO_DEADLINE=${DEADLINE:-2400} \
	exec tests/vm/minimal "${KERNEL:-newest}" tests/vm/debug/reload build/debug/reload
