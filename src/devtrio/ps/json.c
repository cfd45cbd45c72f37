// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio ps --json.
 */
#include <stdio.h>

#include "lib/json.h"
#include "ps.h"

/**
 * json_print_task() - print a task as an object, without a newline
 * @columns: the fields
 * @task: the task
 * @event: value of an additional field "event", or NULL
 * @out: the stream
 */
void json_print_task(const struct column_list *columns,
		     const struct proc_relate_task *task, const char *event,
		     FILE *out)
{
	struct json_object *object = json_or_die(json_object_new_object());
	size_t i;

	if (event)
		json_add(object, "event", json_object_new_string(event));
	for (i = 0; i < columns->count; i++)
		json_add(object, columns->column[i]->name,
			 column_json(columns->column[i], task));
	json_print_line(object, out);
}

/**
 * json_print() - print a snapshot as an array with a line per task
 * @columns: the fields
 * @snapshot: the tasks
 * @out: the stream
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
