// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables and trees of tasks, as text.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/devtrio.h"
#include "ps.h"

/* The name stands in the tree. */
#define TREE_HEADER	"COMM"

static size_t header_width(const struct column *column)
{
	return strlen(column->header);
}

/**
 * view_measure() - find widths that the widest cells fit in
 * @view: the columns
 * @snapshot: the tasks
 * @widths: the result
 */
void view_measure(const struct view *view, const struct snapshot *snapshot,
		  struct widths *widths)
{
	char cell[PS_CELL_MAX];
	size_t c, i, width;

	for (c = 0; c < view->columns.count; c++) {
		const struct column *column = view->columns.column[c];

		widths->column[c] = view->headers ? header_width(column) : 0;
		for (i = 0; i < snapshot->count; i++) {
			column_format(column, &snapshot->records[i], cell,
				      sizeof(cell));
			width = text_width(cell);
			if (width > widths->column[c])
				widths->column[c] = width;
		}
	}
}

/**
 * struct line - a line that is being made
 * @text: so far
 * @used: bytes of it
 */
struct line {
	char text[PS_LINE_MAX];
	size_t used;
};

static void add_text(struct line *line, const char *text)
{
	size_t length = strlen(text);

	if (length > sizeof(line->text) - 1 - line->used)
		length = sizeof(line->text) - 1 - line->used;
	memcpy(line->text + line->used, text, length);
	line->used += length;
}

static void add_blanks(struct line *line, size_t count)
{
	while (count-- > 0)
		add_text(line, " ");
}

static void add_cell(struct line *line, const struct column *column,
		     size_t width, const char *cell)
{
	size_t length = text_width(cell);
	size_t blanks = length < width ? width - length : 0;

	if (column_is_right(column))
		add_blanks(line, blanks);
	add_text(line, cell);
	if (!column_is_right(column))
		add_blanks(line, blanks);
	add_text(line, " ");
}

static void put_line(const struct view *view, struct line *line, FILE *out)
{
	size_t columns;

	line->text[line->used] = '\0';
	if (view->width)
		line->used = text_cut(line->text, view->width, &columns);
	while (line->used && line->text[line->used - 1] == ' ')
		line->used--;
	fwrite(line->text, 1, line->used, out);
	fputs(view->line_end, out);
}

/**
 * view_header() - the line above the tasks
 * @view: how they are shown
 * @widths: of the columns
 * @mark: what to begin the line with
 * @out: where
 */
void view_header(const struct view *view, const struct widths *widths,
		 const char *mark, FILE *out)
{
	struct line line = { .used = 0 };
	size_t c;

	add_text(&line, mark);
	for (c = 0; c < view->columns.count; c++)
		add_cell(&line, view->columns.column[c], widths->column[c],
			 view->columns.column[c]->header);
	if (view->tree)
		add_text(&line, TREE_HEADER);
	put_line(view, &line, out);
}

/**
 * view_row() - a task on a line
 * @view: how it is shown
 * @widths: of the columns
 * @task: the task
 * @mark: what to begin the line with
 * @branch: what leads to the name in a tree, NULL outside of one
 * @out: where
 */
void view_row(const struct view *view, const struct widths *widths,
	      const struct proc_relate_task *task, const char *mark,
	      const char *branch, FILE *out)
{
	struct line line = { .used = 0 };
	char cell[PS_CELL_MAX];
	size_t c;

	add_text(&line, mark);
	for (c = 0; c < view->columns.count; c++) {
		column_format(view->columns.column[c], task, cell,
			      sizeof(cell));
		add_cell(&line, view->columns.column[c], widths->column[c],
			 cell);
	}
	if (branch) {
		escape_text(cell, sizeof(cell), task->comm,
			    sizeof(task->comm));
		add_text(&line, branch);
		add_text(&line, cell);
	}
	put_line(view, &line, out);
}

/**
 * struct print - a table or tree on its way out
 * @view: how it is shown
 * @widths: of the columns
 * @room: tasks that there is room for
 * @out: where
 */
struct print {
	const struct view *view;
	struct widths widths;
	size_t room;
	FILE *out;
};

static void print_task(void *data, const struct proc_relate_task *task,
		       const char *branch)
{
	struct print *print = data;

	if (!print->room)
		return;
	print->room--;
	view_row(print->view, &print->widths, task, "", branch, print->out);
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
	struct print print = { .view = view, .room = SIZE_MAX, .out = out };
	size_t lines = snapshot->count + view->headers, i;
	bool cut = view->height && lines > view->height;

	if (cut)
		print.room = view->height > 1U + view->headers ?
			     view->height - 1 - view->headers : 0;
	lines = print.room;

	view_measure(view, snapshot, &print.widths);
	if (view->headers)
		view_header(view, &print.widths, "", out);
	if (view->tree) {
		if (tree_walk(snapshot, print_task, &print))
			die(EXIT_FAILED, "not enough memory");
	} else {
		for (i = 0; i < snapshot->count && print.room; i++)
			print_task(&print, &snapshot->records[i], NULL);
	}
	if (cut)
		fprintf(out, "%zu more%s", snapshot->count - lines,
			view->line_end);
}
