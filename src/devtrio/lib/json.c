// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON, for programs.
 */
#include <errno.h>
#include <string.h>

#include "devtrio.h"
#include "json.h"

/**
 * json_or_die() - see that json-c had the memory
 * @object: what it gave
 */
struct json_object *json_or_die(struct json_object *object)
{
	if (!object)
		die(EXIT_FAILED, "can't make JSON: %s", strerror(ENOMEM));
	return object;
}

void json_add(struct json_object *object, const char *name,
	      struct json_object *value)
{
	if (json_object_object_add(object, name, value))
		die(EXIT_FAILED, "can't make JSON: %s", strerror(ENOMEM));
}

/**
 * json_print_line() - an object on a line, without its end; frees it
 * @object: the object
 * @out: where
 */
void json_print_line(struct json_object *object, FILE *out)
{
	const char *text;

	text = json_object_to_json_string_ext(object,
					      JSON_C_TO_STRING_PLAIN |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text)
		die(EXIT_FAILED, "can't make JSON: %s", strerror(ENOMEM));
	fputs(text, out);
	json_object_put(object);
}
