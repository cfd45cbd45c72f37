#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the driver tests in the kernel with KCSAN, which detects data races.
cd "$(dirname "$0")/../../.." || exit 1
make -s selftests >&2 || exit 1
DEVTRIO_DEADLINE=2400 exec tests/vm/minimal kcsan tests/selftests build/selftests
