// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio ps --json.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "devtrio.h"
#include "ps.h"

/**
 * json_print_task() - an object on a line, without its end
 * @columns: what is in it
 * @task: whose
 * @event: value of the field "event", NULL for none
 * @out: where
 */
void json_print_task(const struct column_list *columns,
		     const struct proc_relate_task *task, const char *event,
		     FILE *out)
{
	struct json_object *object = json_object_new_object();
	const char *text;
	size_t i;

	if (!object)
		die(EXIT_FAILED, "can't make JSON: %s", strerror(ENOMEM));
	if (event)
		json_object_object_add(object, "event",
				       json_object_new_string(event));
	for (i = 0; i < columns->count; i++)
		json_object_object_add(object, columns->column[i]->name,
				       column_json(columns->column[i], task));

	text = json_object_to_json_string_ext(object,
					      JSON_C_TO_STRING_PLAIN |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text)
		die(EXIT_FAILED, "can't make JSON: %s", strerror(ENOMEM));
	fputs(text, out);
	json_object_put(object);
}

/**
 * json_print() - an array, with a line per task
 * @columns: what is in them
 * @snapshot: the tasks
 * @out: where
 */
void json_print(const struct column_list *columns,
		const struct snapshot *snapshot, FILE *out)
{
	size_t i;

	fputs("[", out);
	for (i = 0; i < snapshot->count; i++) {
		fputs(i ? ",\n" : "\n", out);
		json_print_task(columns, &snapshot->records[i], NULL, out);
	}
	fputs("\n]\n", out);
}
