/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Print findings, and apply fixes.
 */
#ifndef STATUS_H
#define STATUS_H

#include <json-c/json.h>

#include "lib/doctor.h"

struct command_line;

/* See status.schema.json. Increase it for incompatible changes. */
#define STATUS_SCHEMA	1

struct scope scope_of(struct command_line *line, const char *kernel);
void print_report(const struct doctor *doctor, bool verbose);
struct json_object *doctor_json(const struct doctor *doctor);

#endif /* STATUS_H */
