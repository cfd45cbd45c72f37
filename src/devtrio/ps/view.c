// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables and trees of tasks as text, by libsmartcols.
 */
#include <stdlib.h>
#include <string.h>

#include <libsmartcols/libsmartcols.h>

#include "lib/devtrio.h"
#include "ps.h"

/* Above the names in a tree. */
#define TREE_HEADER	"COMM"

static void *or_die(void *memory)
{
	if (!memory)
		die(EXIT_FAILED, "out of memory");
	return memory;
}

static void check(int err)
{
	if (err)
		die(EXIT_FAILED, "cannot format the table: %s", strerror(-err));
}

/**
 * view_table() - begin a table
 * @view: its columns
 * @marks: with a column for marks in front of them
 *
 * Return: the table, for scols_unref_table().
 */
struct libscols_table *view_table(const struct view *view, bool marks)
{
	struct libscols_table *table = or_die(scols_new_table());
	size_t c;

	check(scols_table_enable_noheadings(table, !view->headers));
	/* Lines are cut by put_lines(), and columns never. */
	check(scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER));
	if (marks)
		or_die(scols_table_new_column(table, "", 0, 0));
	for (c = 0; c < view->columns.count; c++) {
		const struct column *column = view->columns.column[c];
		int flags = column_is_right(column) ? SCOLS_FL_RIGHT : 0;

		/* A header takes room even where it isn't shown. */
		or_die(scols_table_new_column(table, view->headers ?
					      column->header : "", 0, flags));
	}
	if (view->tree)
		or_die(scols_table_new_column(table, TREE_HEADER, 0,
					      SCOLS_FL_TREE));
	return table;
}

/**
 * view_add() - add a task to a table
 * @view: its columns
 * @table: the table
 * @task: the task
 * @mark: what to begin its line with; NULL if the table has no marks
 *
 * Return: the line.
 */
struct libscols_line *view_add(const struct view *view,
			       struct libscols_table *table,
			       const struct proc_relate_task *task,
			       const char *mark)
{
	struct libscols_line *line = or_die(scols_table_new_line(table, NULL));
	char cell[PS_CELL_MAX];
	size_t c, at = 0;

	if (mark)
		check(scols_line_set_data(line, at++, mark));
	for (c = 0; c < view->columns.count; c++) {
		column_format(view->columns.column[c], task, cell,
			      sizeof(cell));
		check(scols_line_set_data(line, at++, cell));
	}
	if (view->tree) {
		snprintf(cell, sizeof(cell), "%.*s", PROC_RELATE_COMM_LEN,
			 task->comm);
		check(scols_line_set_data(line, at, cell));
	}
	return line;
}

/* Cut lines at the terminal's width, and show as many as it has room for. */
static void put_lines(const struct view *view, char *text, size_t count,
		      FILE *out)
{
	size_t columns, length, shown = count, i;
	char *line;

	if (view->height && count > view->height)
		shown = view->height > 1 ? view->height - 1 : view->headers;
	for (i = 0; i < shown && (line = strsep(&text, "\n")); i++) {
		length = text_cut(line, view->width ?: SIZE_MAX, &columns);
		while (length && line[length - 1] == ' ')
			length--;
		fprintf(out, "%.*s%s", (int)length, line, view->line_end);
	}
	if (shown < count)
		fprintf(out, "%zu more%s", count - shown, view->line_end);
}

/**
 * view_print_table() - print a table, and empty it
 * @view: how to show it
 * @table: the table
 * @out: where
 */
void view_print_table(const struct view *view, struct libscols_table *table,
		      FILE *out)
{
	char *text = NULL;

	check(scols_print_table_to_string(table, &text));
	if (text)
		put_lines(view, text, scols_table_get_nlines(table) +
			  !scols_table_is_noheadings(table), out);
	free(text);
	scols_table_remove_lines(table);
}

/**
 * view_print() - show the tasks, or as many as there is room for
 * @view: how
 * @snapshot: the tasks
 * @out: where
 */
void view_print(const struct view *view, const struct snapshot *snapshot,
		FILE *out)
{
	struct libscols_table *table = view_table(view, false);
	struct libscols_line **lines;
	size_t *parents, i;

	lines = or_die(calloc(snapshot->count + 1, sizeof(*lines)));
	parents = or_die(calloc(snapshot->count + 1, sizeof(*parents)));
	for (i = 0; i < snapshot->count; i++)
		lines[i] = view_add(view, table, &snapshot->records[i], NULL);
	if (view->tree) {
		check(tree_parents(snapshot, parents));
		for (i = 0; i < snapshot->count; i++)
			if (parents[i] != TREE_ROOT)
				check(scols_line_add_child(lines[parents[i]],
							   lines[i]));
	}
	view_print_table(view, table, out);
	free(parents);
	free(lines);
	scols_unref_table(table);
}
