// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keep a table of tasks up to date with the changes of PROC_RELATE_CHANGES.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/devtrio.h"
#include "ps.h"

/* Order by task_compare(); later records of the same task come last. */
static int compare_news(const void *a, const void *b)
{
	const struct proc_relate_task *const *first = a, *const *second = b;
	int order = task_compare(*first, *second);

	return order ? order : (*first > *second) - (*first < *second);
}

/**
 * struct merge - state of merging news into a model
 * @records: the new model
 * @count: tasks in it
 * @whole: the news are a complete table: tasks not in it are gone
 * @first: there was no model before
 * @handle: called for each event
 * @data: passed to @handle
 */
struct merge {
	struct proc_relate_task *records;
	size_t count;
	bool whole;
	bool first;
	event_handler *handle;
	void *data;
};

static int keep(struct merge *merge, const struct proc_relate_task *task)
{
	merge->records[merge->count++] = *task;
	return 0;
}

/* Merge one task: its old record, or NULL, and its new one, or NULL. */
static int merge_task(struct merge *merge, const struct proc_relate_task *old,
		      const struct proc_relate_task *news)
{
	enum event event;

	if (!news && !merge->whole)
		return keep(merge, old);
	if (!news || news->type == PROC_RELATE_GONE)
		return old ? merge->handle(merge->data, EVENT_GONE, old) : 0;

	keep(merge, news);
	if (old && !memcmp(old, news, sizeof(*old)))
		return 0;
	if (old)
		event = EVENT_CHANGED;
	else
		event = merge->first ? EVENT_PRESENT : EVENT_CAME;
	return merge->handle(merge->data, event, news);
}

static int merge_all(struct merge *merge, const struct snapshot *model,
		     const struct proc_relate_task **news, size_t count)
{
	const struct proc_relate_task *old, *new;
	size_t i = 0, n = 0;
	int order, err = 0;

	while (!err && (i < model->count || n < count)) {
		/* Only the last record of a task counts. */
		while (n + 1 < count && !task_compare(news[n], news[n + 1]))
			n++;
		old = i < model->count ? &model->records[i] : NULL;
		new = n < count ? news[n] : NULL;
		if (old && new)
			order = task_compare(old, new);
		else
			order = old ? -1 : 1;

		err = merge_task(merge, order <= 0 ? old : NULL,
				 order >= 0 ? new : NULL);
		i += order <= 0;
		n += order >= 0;
	}
	return err;
}

/* Return the start of the last table in the news, or 0. */
static size_t find_table(const struct snapshot *news)
{
	size_t i;

	for (i = news->count; i > 0; i--)
		if (news->records[i - 1].type == PROC_RELATE_TABLE)
			return i;
	return 0;
}

/**
 * model_update() - apply a snapshot with PROC_RELATE_CHANGES to the model
 * @model: the known tasks; its records are NULL before the first table
 * @news: the snapshot
 * @handle: called for each change, in ascending order of pid; for a task that
 *	is gone, with its last record. A result other than 0 aborts the update.
 * @data: passed to @handle
 *
 * Return: 0, what @handle returned, or -ENOMEM.
 */
int model_update(struct snapshot *model, const struct snapshot *news,
		 event_handler *handle, void *data)
{
	size_t table = find_table(news), count = news->count - table, i;
	struct merge merge = {
		.whole = table,
		.first = !model->records,
		.handle = handle,
		.data = data,
	};
	const struct proc_relate_task **sorted;
	int err = -ENOMEM;

	sorted = calloc(count + 1, sizeof(*sorted));
	merge.records = calloc(model->count + count + 1,
			       sizeof(*merge.records));
	if (!sorted || !merge.records) {
		free(sorted);
		free(merge.records);
		return err;
	}

	for (i = 0; i < count; i++)
		sorted[i] = &news->records[table + i];
	qsort(sorted, count, sizeof(*sorted), compare_news);
	err = merge_all(&merge, model, sorted, count);
	free(sorted);
	free(model->records);
	model->records = merge.records;
	model->count = merge.count;
	return err;
}
