// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known of the tasks while the changes of PROC_RELATE_CHANGES come in.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/devtrio.h"
#include "ps.h"

/* By (pid, start time), and what was said later of the same task after that. */
static int compare_news(const void *a, const void *b)
{
	const struct proc_relate_task *const *first = a, *const *second = b;
	int order = task_compare(*first, *second);

	return order ? order : (*first > *second) - (*first < *second);
}

/**
 * struct merge - a model and its news on their way to the next model
 * @records: the next model
 * @count: tasks in it
 * @whole: the news are a table: what is not in it is gone
 * @first: there was no model before
 * @handle: is told what happened
 * @data: for @handle
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

/* Of a task @old (or NULL) there is @news (or NULL). */
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
		/* Only what was said last of a task counts. */
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

/* Where the last table in the news begins; 0: there is none. */
static size_t find_table(const struct snapshot *news)
{
	size_t i;

	for (i = news->count; i > 0; i--)
		if (news->records[i - 1].type == PROC_RELATE_TABLE)
			return i;
	return 0;
}

/**
 * model_update() - take in what a snapshot with PROC_RELATE_CHANGES said
 * @model: the tasks as known; its records are NULL before the first table
 * @news: the snapshot
 * @handle: is told of each change, in ascending order of pid; of a task that is
 *	gone it is shown the last record. What it returns, if not 0, ends the
 *	update half done.
 * @data: for @handle
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
