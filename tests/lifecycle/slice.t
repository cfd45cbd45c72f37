#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Of the matrix, what `make check` has time for.
exec "$(dirname "$0")/matrix" --systems bookworm \
	--rows '^(fresh|without headers|the same version|remove, purge)'
