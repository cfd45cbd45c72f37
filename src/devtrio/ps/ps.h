/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of devtrio ps.
 */
#ifndef PS_H
#define PS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <devtrio/proc_relate.h>

#include "lib/proc_relate.h"

/* The longest line of a table, of --demo and so on, with its NUL. */
#define PS_LINE_MAX 4096

/* A cell, with its NUL: the longest is a name of which each byte is escaped. */
#define PS_CELL_MAX (PROC_RELATE_COMM_LEN * 4 + 1)

#define PS_COLUMNS_MAX 32

struct column_kind;
struct json_object;
struct libscols_line;
struct libscols_table;

/**
 * struct column - something to show of a task
 * @name: what -o and JSON call it: the name of the record's field
 * @header: what stands above it
 * @help: what it is
 * @kind: how it is shown
 * @offset: of the field in struct proc_relate_task
 */
struct column {
	const char *name;
	const char *header;
	const char *help;
	const struct column_kind *kind;
	size_t offset;
};

/**
 * struct column_list - columns from left to right
 * @column: which
 * @count: how many
 */
struct column_list {
	const struct column *column[PS_COLUMNS_MAX];
	size_t count;
};

/**
 * struct view - how tasks are shown
 * @columns: what of them
 * @headers: with a line of headers
 * @tree: as a tree, with the names in it to the right of the columns
 * @width: where lines are cut, 0: nowhere
 * @height: lines that there is room for, 0: any
 * @line_end: what ends a line
 */
struct view {
	struct column_list columns;
	bool headers;
	bool tree;
	size_t width;
	size_t height;
	const char *line_end;
};

/* What became of a task. */
enum event { EVENT_PRESENT, EVENT_CAME, EVENT_CHANGED, EVENT_GONE };

/* columns.c: what can be shown of a task */
const struct column *column_find(const char *name, size_t length);
bool columns_parse(const char *list, struct column_list *columns,
		   char *unknown, size_t size);
void columns_help(FILE *out);
void columns_complete(const char *typed);
void columns_names(char *text, size_t size);
void columns_drop(struct column_list *columns, const char *name);
bool column_is_right(const struct column *column);
void column_format(const struct column *column,
		   const struct proc_relate_task *task, char *cell,
		   size_t size);
struct json_object *column_json(const struct column *column,
				const struct proc_relate_task *task);

/* view.c: tables and trees as text */
struct libscols_table *view_table(const struct view *view, bool marks);
struct libscols_line *view_add(const struct view *view,
			       struct libscols_table *table,
			       const struct proc_relate_task *task,
			       const char *mark);
void view_print_table(const struct view *view, struct libscols_table *table,
		      FILE *out);
void view_print(const struct view *view, const struct snapshot *snapshot,
		FILE *out);

/* tree.c: who descends from whom */
#define TREE_ROOT	SIZE_MAX
int tree_parents(const struct snapshot *snapshot, size_t *parents);

/* json.c: tasks as JSON */
void json_print_task(const struct column_list *columns,
		     const struct proc_relate_task *task, const char *event,
		     FILE *out);
void json_print(const struct column_list *columns,
		const struct snapshot *snapshot, FILE *out);

/* model.c: what is known of the tasks while changes come in */
typedef int event_handler(void *data, enum event event,
			   const struct proc_relate_task *task);
int model_update(struct snapshot *model, const struct snapshot *news,
		 event_handler *handle, void *data);

/* query.c: asking the driver */
int ps_open(const struct proc_relate_query *query);
void ps_read(int fd, struct snapshot *snapshot);

/* watch.c */
int ps_watch(int fd, struct view *view, bool json, uint64_t count);

/* demo.c */
void format_entry(char *line, size_t size,
		  const struct proc_relate_task *record);
int ps_demo(int fd);

#endif /* PS_H */
