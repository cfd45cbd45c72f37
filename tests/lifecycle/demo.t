#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The demo's steps as tests.
exec "$(dirname "$0")/demo" --tap
