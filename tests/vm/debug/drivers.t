#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the driver tests in the kernel with KASAN, lockdep and kmemleak.
DEVTRIO_DEADLINE=2400 exec "$(dirname "$0")/../minimal" kasan
