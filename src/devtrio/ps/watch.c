// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio ps --watch: a table that is kept up to date, or a line per change.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libsmartcols/libsmartcols.h>

#include "lib/devtrio.h"
#include "ps.h"

/* Redraw a terminal at most this often. */
#define REDRAW_MS	250

#define HOME		"\033[H"
#define CLEAR_BELOW	"\033[J"
#define CLEAR_SCREEN	HOME CLEAR_BELOW
#define CLEAR_AND_END	"\033[K\n"

static const struct {
	const char *mark;
	const char *name;
} events[] = {
	[EVENT_PRESENT] = { " ", "present" },
	[EVENT_CAME] = { "+", "came" },
	[EVENT_CHANGED] = { "*", "changed" },
	[EVENT_GONE] = { "-", "gone" },
};

static volatile sig_atomic_t interrupted, resized;

/**
 * struct watch - a watch in progress
 * @fd: the device
 * @view: how tasks are shown
 * @table: the lines of changes that are yet to be printed
 * @json: as JSON
 * @left: changes or updates up to the end
 * @limited: whether @left counts
 * @unblocked: the signals to wait with
 */
struct watch {
	int fd;
	struct view *view;
	struct libscols_table *table;
	bool json;
	uint64_t left;
	bool limited;
	sigset_t unblocked;
};

static void interrupt(int signal)
{
	if (signal == SIGINT)
		interrupted = 1;
	else
		resized = 1;
}

/* Block the signals except in wait_for(): none is missed. */
static void catch_signals(sigset_t *unblocked)
{
	struct sigaction action = { .sa_handler = interrupt };
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGWINCH);
	sigprocmask(SIG_BLOCK, &blocked, unblocked);
	sigdelset(unblocked, SIGINT);
	sigdelset(unblocked, SIGWINCH);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGWINCH, &action, NULL);
}

/* Wait for a change, a signal or the time-out; none if ms < 0. */
static void wait_for(const struct watch *watch, bool change, int ms)
{
	struct timespec time = { .tv_nsec = ms * 1000000L };
	struct pollfd fds[] = {
		{ .fd = STDOUT_FILENO },
		{ .fd = change ? watch->fd : -1, .events = POLLIN },
	};
	sigset_t blocked;

	if (ppoll(fds, ARRAY_SIZE(fds), ms < 0 ? NULL : &time,
		  &watch->unblocked) < 0) {
		if (errno != EINTR)
			die(EXIT_FAILED, "cannot wait for changes: %s",
			    strerror(errno));
		return;
	}
	/* The reader is gone. */
	if (fds[0].revents & POLLERR)
		fail_stdout(EPIPE);
	/* ppoll() takes no signal if a file is ready: take them here. */
	sigprocmask(SIG_SETMASK, &watch->unblocked, &blocked);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
}

static bool at_end(struct watch *watch)
{
	return watch->limited && !--watch->left;
}

static int print_event(void *data, enum event event,
		       const struct proc_relate_task *task)
{
	struct watch *watch = data;

	if (watch->json) {
		json_print_task(&watch->view->columns, task, events[event].name,
				stdout);
		putchar('\n');
	} else {
		view_add(watch->view, watch->table, task, events[event].mark);
	}
	return event == EVENT_PRESENT ? 0 : at_end(watch);
}

static int ignore_event(void *data, enum event event,
			const struct proc_relate_task *task)
{
	(void)data;
	(void)event;
	(void)task;
	return 0;
}

/* Returns whether the watch is at its end. */
static bool update(struct watch *watch, struct snapshot *model,
		   event_handler *handle)
{
	struct snapshot news;
	int end;

	ps_read(watch->fd, &news);
	end = model_update(model, &news, handle, watch);
	if (end < 0)
		die(EXIT_FAILED, "cannot follow the changes: %s",
		    strerror(-end));
	free(news.records);
	return end;
}

/* Later lines have columns at least as wide as those before, and no headers. */
static void keep_widths(struct libscols_table *table)
{
	struct libscols_column *column;
	size_t c;

	for (c = 0; (column = scols_table_get_column(table, c)); c++)
		scols_column_set_whint(column, scols_column_get_width(column));
	scols_table_enable_noheadings(table, 1);
}

static void print_changes(struct watch *watch, struct snapshot *model)
{
	bool ended;

	watch->table = view_table(watch->view, true);
	do {
		ended = update(watch, model, print_event);
		if (scols_table_get_nlines(watch->table)) {
			view_print_table(watch->view, watch->table, stdout);
			keep_widths(watch->table);
		}
		flush_stdout();
		if (!ended)
			wait_for(watch, true, -1);
	} while (!ended && !interrupted);
	scols_unref_table(watch->table);
}

static void redraw_changes(struct watch *watch, struct snapshot *model)
{
	struct view *view = watch->view;

	fputs(CLEAR_SCREEN, stdout);
	while (!interrupted) {
		update(watch, model, ignore_event);
		resized = 0;
		terminal_size(STDOUT_FILENO, &view->width, &view->height);
		/* The cursor rests on the last line. */
		if (view->height > 1)
			view->height--;
		fputs(HOME, stdout);
		view_print(view, model, stdout);
		fputs(CLEAR_BELOW, stdout);
		flush_stdout();
		if (at_end(watch))
			break;
		wait_for(watch, false, REDRAW_MS);
		if (!interrupted && !resized)
			wait_for(watch, true, -1);
	}
}

/**
 * ps_watch() - show tasks and what changes, until SIGINT
 * @fd: the device, set to tell of changes
 * @view: how to show them
 * @json: as JSON
 * @count: changes, or updates of a terminal, up to the end; 0: no end
 *
 * Return: the exit code.
 */
int ps_watch(int fd, struct view *view, bool json, uint64_t count)
{
	struct watch watch = {
		.fd = fd,
		.view = view,
		.json = json,
		.left = count,
		.limited = count,
	};
	struct snapshot model = { .records = NULL };

	catch_signals(&watch.unblocked);
	if (isatty(STDOUT_FILENO) && !json) {
		view->line_end = CLEAR_AND_END;
		redraw_changes(&watch, &model);
	} else {
		print_changes(&watch, &model);
	}
	flush_stdout();
	free(model.records);
	return EXIT_OK;
}
