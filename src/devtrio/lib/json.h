/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef JSON_H
#define JSON_H

#include <stdio.h>

#include <json-c/json.h>

struct json_object *json_or_die(struct json_object *object);
void json_add(struct json_object *object, const char *name,
	      struct json_object *value);
void json_print_line(struct json_object *object, FILE *out);

#endif /* JSON_H */
