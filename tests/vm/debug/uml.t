#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the driver tests in User Mode Linux, the fastest way to detect memory errors,
# locking errors and leaks.
DEVTRIO_DEADLINE=${DEADLINE:-1800} exec "$(dirname "$0")/../minimal" uml
