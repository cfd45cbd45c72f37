#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the driver tests in the kernel with KCSAN, which detects data races.
DEVTRIO_DEADLINE=2400 exec "$(dirname "$0")/../minimal" kcsan
