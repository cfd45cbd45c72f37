// SPDX-License-Identifier: GPL-2.0-only
/*
 * JSON output.
 */
#include <errno.h>
#include <string.h>

#include "devtrio.h"
#include "json.h"

/**
 * json_or_die() - exit if json-c ran out of memory
 * @object: the new object, or NULL
 */
struct json_object *json_or_die(struct json_object *object)
{
	if (!object)
		die(EXIT_FAILED, "cannot create JSON: %s", strerror(ENOMEM));
	return object;
}

void json_add(struct json_object *object, const char *name,
	      struct json_object *value)
{
	if (json_object_object_add(object, name, value))
		die(EXIT_FAILED, "cannot create JSON: %s", strerror(ENOMEM));
}

/**
 * json_print_line() - print an object without a newline, and free it
 * @object: the object
 * @out: the stream
 */
void json_print_line(struct json_object *object, FILE *out)
{
	const char *text;

	text = json_object_to_json_string_ext(object,
					      JSON_C_TO_STRING_PLAIN |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text)
		die(EXIT_FAILED, "cannot create JSON: %s", strerror(ENOMEM));
	fputs(text, out);
	json_object_put(object);
}
