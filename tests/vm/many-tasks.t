#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tests proc_relate with 30,000 tasks, in a guest with enough memory for them.
cd "$(dirname "$0")/../.." || exit 1
make -s selftests >&2 || exit 1
DEVTRIO_MEMORY=3G exec tests/vm/minimal 6.1 tests/vm/many build/selftests
