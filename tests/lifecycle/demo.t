#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs the demo's steps as tests.
exec "$(dirname "$0")/demo" --tap
