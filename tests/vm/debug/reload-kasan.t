#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs reload.t in the kernel that detects use after free.
CYCLES=${CYCLES:-100} KERNEL=kasan exec "$(dirname "$0")/reload.t"
