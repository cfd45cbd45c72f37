#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The driver tests in User Mode Linux: the quickest way to have memory, locks and
# leaks looked at.
cd "$(dirname "$0")/../../.." || exit 1
make -s selftests >&2 || exit 1
DEVTRIO_DEADLINE=${DEADLINE:-1800} exec tests/vm/minimal uml tests/selftests build/selftests
