#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the driver tests in User Mode Linux, the fastest way to detect memory errors,
# locking errors and leaks.
cd "$(dirname "$0")/../../.." || exit 1
make -s selftests >&2 || exit 1
DEVTRIO_DEADLINE=${DEADLINE:-1800} exec tests/vm/minimal uml tests/selftests build/selftests
