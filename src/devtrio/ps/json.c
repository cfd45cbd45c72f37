// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio ps --json.
 */
#include <stdio.h>

#include "lib/json.h"
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
