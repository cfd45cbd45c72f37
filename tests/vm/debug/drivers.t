#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the driver tests in the kernel with KASAN, lockdep and kmemleak.
cd "$(dirname "$0")/../../.." || exit 1
make -s selftests >&2 || exit 1
DEVTRIO_DEADLINE=2400 exec tests/vm/minimal kasan tests/selftests build/selftests
