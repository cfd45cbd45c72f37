// SPDX-License-Identifier: GPL-2.0-only
/*
 * What devtrio ps can show of a task, as text and as JSON.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "lib/command.h"
#include "lib/devtrio.h"
#include "ps.h"

/**
 * struct column_kind - how fields of a kind are shown
 * @right: numbers stand to the right
 * @format: the field as text, in at most PS_CELL_MAX - 1 characters
 * @json: the field as JSON; NULL is null
 */
struct column_kind {
	bool right;
	void (*format)(const void *field, char *cell, size_t size);
	struct json_object *(*json)(const void *field);
};

static void format_number(const void *field, char *cell, size_t size)
{
	snprintf(cell, size, "%" PRIu32, *(const uint32_t *)field);
}

static struct json_object *json_number(const void *field)
{
	return json_object_new_int64(*(const uint32_t *)field);
}

static void format_session(const void *field, char *cell, size_t size)
{
	if (*(const uint32_t *)field == PROC_RELATE_SESSIONID_UNSET)
		snprintf(cell, size, "-");
	else
		format_number(field, cell, size);
}

static struct json_object *json_session(const void *field)
{
	if (*(const uint32_t *)field == PROC_RELATE_SESSIONID_UNSET)
		return NULL;
	return json_number(field);
}

static void format_state(const void *field, char *cell, size_t size)
{
	uint32_t state = *(const uint32_t *)field;

	snprintf(cell, size, "%c",
		 state > 0x20 && state < 0x7f ? (char)state : '?');
}

static struct json_object *json_state(const void *field)
{
	char state[2];

	format_state(field, state, sizeof(state));
	return json_object_new_string(state);
}

static const struct {
	uint32_t flag;
	const char *name;
} flags[] = {
	{ PROC_RELATE_KTHREAD, "kthread" },
	{ PROC_RELATE_TRACED, "traced" },
	{ PROC_RELATE_EXITING, "exiting" },
	{ PROC_RELATE_ZOMBIE, "zombie" },
};

static void format_flags(const void *field, char *cell, size_t size)
{
	size_t i, used = 0;

	snprintf(cell, size, "-");
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (*(const uint32_t *)field & flags[i].flag)
			used += snprintf(cell + used, size - used, "%s%s",
					 used ? "," : "", flags[i].name);
}

static struct json_object *json_flags(const void *field)
{
	struct json_object *names = json_object_new_array();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (*(const uint32_t *)field & flags[i].flag)
			json_object_array_add(names,
				json_object_new_string(flags[i].name));
	return names;
}

static void format_time(const void *field, char *cell, size_t size)
{
	uint64_t hundredths = *(const uint64_t *)field / 10000000;

	snprintf(cell, size, "%" PRIu64 ".%02u", hundredths / 100,
		 (unsigned int)(hundredths % 100));
}

static struct json_object *json_time(const void *field)
{
	return json_object_new_int64(*(const uint64_t *)field);
}

static void format_identity(const void *field, char *cell, size_t size)
{
	uint64_t identity = *(const uint64_t *)field;

	if (identity)
		snprintf(cell, size, "%016" PRIx64, identity);
	else
		snprintf(cell, size, "-");
}

/* Programs that read numbers as floating point would lose digits of it. */
static struct json_object *json_identity(const void *field)
{
	char identity[17];

	if (!*(const uint64_t *)field)
		return NULL;
	format_identity(field, identity, sizeof(identity));
	return json_object_new_string(identity);
}

static void format_name(const void *field, char *cell, size_t size)
{
	snprintf(cell, size, "%.*s", PROC_RELATE_COMM_LEN, (const char *)field);
}

static struct json_object *json_name(const void *field)
{
	char name[PS_CELL_MAX];

	/* The same in each locale. */
	escape_bytes(name, sizeof(name), field, PROC_RELATE_COMM_LEN);
	return json_object_new_string(name);
}

static const struct column_kind number = { true, format_number, json_number };
static const struct column_kind session = { true, format_session, json_session };
static const struct column_kind state = { false, format_state, json_state };
static const struct column_kind flag_names = { false, format_flags, json_flags };
static const struct column_kind nanoseconds = { true, format_time, json_time };
static const struct column_kind identity = {
	false, format_identity, json_identity
};
static const struct column_kind name = { false, format_name, json_name };

#define COLUMN(field, header, kind, help) \
	{ #field, header, help, &kind, offsetof(struct proc_relate_task, field) }

/* In the order of JSON and of -o all. */
static const struct column columns[] = {
	COLUMN(pid, "PID", number, "the task's own id"),
	COLUMN(tgid, "TGID", number, "its process"),
	COLUMN(parent, "PARENT", number, "its tracer, or else its real parent"),
	COLUMN(real_parent, "PPID", number,
	       "the process that started or adopted it"),
	COLUMN(group_leader, "LEADER", number, "first thread of its process"),
	COLUMN(pgid, "PGID", number, "process group"),
	COLUMN(sid, "SID", number, "session"),
	COLUMN(sessionid, "SESSION", session, "audit login session"),
	COLUMN(uid, "UID", number, "real user id"),
	COLUMN(gid, "GID", number, "real group id"),
	COLUMN(euid, "EUID", number, "effective user id"),
	COLUMN(egid, "EGID", number, "effective group id"),
	COLUMN(state, "S", state, "one letter of RSDTtXZPI"),
	COLUMN(flags, "FLAGS", flag_names, "kthread, traced, exiting, zombie"),
	COLUMN(threads, "THREADS", number, "threads of its process"),
	COLUMN(start_time, "START", nanoseconds, "when it started, since boot"),
	COLUMN(parent_start_time, "PARENT_START", nanoseconds,
	       "when parent started"),
	COLUMN(real_parent_start_time, "PPID_START", nanoseconds,
	       "when real_parent started"),
	COLUMN(mm, "MM", identity, "identity of its address space"),
	COLUMN(active_mm, "ACTIVE_MM", identity,
	       "identity of the address space that it runs on"),
	COLUMN(comm, "COMM", name, "its name"),
};

_Static_assert(ARRAY_SIZE(columns) <= PS_COLUMNS_MAX, "all fit into a list");

/**
 * column_find() - look up a column
 * @text: its name, not necessarily with a NUL behind it
 * @length: of the name
 */
const struct column *column_find(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(columns); i++)
		if (strlen(columns[i].name) == length &&
		    !memcmp(columns[i].name, text, length))
			return &columns[i];
	return NULL;
}

static bool has(const struct column_list *list, const struct column *column)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->column[i] == column)
			return true;
	return false;
}

static void add_all(struct column_list *list)
{
	for (list->count = 0; list->count < ARRAY_SIZE(columns); list->count++)
		list->column[list->count] = &columns[list->count];
}

/**
 * columns_parse() - read a list of columns
 * @text: names with commas between them, or "all"; what comes again is left out
 * @list: the result
 * @unknown: on failure the name that is none
 * @size: of @unknown
 */
bool columns_parse(const char *text, struct column_list *list, char *unknown,
		   size_t size)
{
	const struct column *column;
	size_t length;

	if (!strcmp(text, "all")) {
		add_all(list);
		return true;
	}

	for (list->count = 0;; text += length + 1) {
		length = strcspn(text, ",");
		column = column_find(text, length);
		if (!column) {
			snprintf(unknown, size, "%.*s", (int)length, text);
			return false;
		}
		if (!has(list, column))
			list->column[list->count++] = column;
		if (!text[length])
			return true;
	}
}

/**
 * columns_help() - say what there is, a line each
 * @out: where
 */
void columns_help(FILE *out)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(columns); i++)
		fprintf(out, "%-22s  %-12s  %s\n", columns[i].name,
			columns[i].header, columns[i].help);
}

/**
 * columns_complete() - offer them to the shell, for a list
 * @typed: the list so far
 */
void columns_complete(const char *typed)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(columns); i++)
		candidates_listed(typed, columns[i].name, columns[i].help);
	candidate("all", "all of them");
	candidate("help", "list them");
}

/**
 * columns_names() - say what there is, on one line
 * @text: the result
 * @size: of @text
 */
void columns_names(char *text, size_t size)
{
	size_t i, used = 0;

	for (i = 0; i < ARRAY_SIZE(columns) && used < size; i++)
		used += snprintf(text + used, size - used, "%s%s",
				 i ? " " : "", columns[i].name);
}

/**
 * columns_drop() - take a column out of a list
 * @list: the list
 * @drop: its name
 */
void columns_drop(struct column_list *list, const char *drop)
{
	size_t i, kept = 0;

	for (i = 0; i < list->count; i++)
		if (strcmp(list->column[i]->name, drop))
			list->column[kept++] = list->column[i];
	list->count = kept;
}

bool column_is_right(const struct column *column)
{
	return column->kind->right;
}

/**
 * column_format() - a field as text
 * @column: which
 * @task: whose
 * @cell: the result; a name may have bytes that the locale can't print
 * @size: of @cell, PS_CELL_MAX is enough
 */
void column_format(const struct column *column,
		   const struct proc_relate_task *task, char *cell, size_t size)
{
	column->kind->format((const char *)task + column->offset, cell, size);
}

/**
 * column_json() - a field as JSON
 * @column: which
 * @task: whose
 */
struct json_object *column_json(const struct column *column,
				const struct proc_relate_task *task)
{
	return column->kind->json((const char *)task + column->offset);
}
