#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
exec "$(dirname "$0")/../vm/minimal" 6.12 "$(dirname "$0")"
