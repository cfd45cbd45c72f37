#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Tests proc_relate with 30,000 tasks, in a guest with enough memory for them.
DEVTRIO_MEMORY=3G exec "$(dirname "$0")/minimal" 6.1 tests/vm/many
