#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What reload.t does, in the kernel that sees memory used after its end.
CYCLES=${CYCLES:-100} KERNEL=kasan exec "$(dirname "$0")/reload.t"
