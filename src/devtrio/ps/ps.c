// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio ps: show processes and their relations.
 */
#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/command.h"
#include "lib/devtrio.h"
#include "ps.h"

/* The defaults fit on a terminal of 80 columns. */
#define TABLE_COLUMNS	"pid,real_parent,pgid,sid,sessionid,state,uid,mm,comm"
#define THREAD_COLUMNS	"pid,tgid,real_parent,pgid,sid,state,uid,mm,comm"
#define TREE_COLUMNS	"pid,pgid,sid,state,uid"

static void complete_user(const char *typed)
{
	const struct passwd *user;

	(void)typed;
	while ((user = getpwent()))
		candidate(user->pw_name, NULL);
	endpwent();
}

static const struct flag ps_flags[] = {
	{ .help = "What to show:" },
	{ 't', "threads", NULL, "show threads", NULL },
	{ 'b', "below", "PID", "show only process PID and its descendants", NULL },
	{ 's', "session", "SID", "show only session SID", NULL },
	{ 'u', "uid", "USER", "show only tasks of USER (name or number)",
	  complete_user },
	{ 'c', "consistent", NULL, "take an atomic snapshot", NULL },
	{ 'r', "raw", NULL, "show kernel addresses as MM and ACTIVE_MM (root only)", NULL },
	{ .help = "\nHow to show it:" },
	{ 'T', "tree", NULL, "print a tree", NULL },
	{ 'j', "json", NULL, "print a JSON array with an object per task", NULL },
	{ 'o', "columns", "LIST",
	  "show these comma-separated columns, or all (help: list them)",
	  columns_complete },
	{ 'H', "no-headers", NULL, "omit the header line", NULL },
	{ 'w', "watch", NULL, "keep running and show changes until Ctrl-C", NULL },
	{ 'n', "count", "N",
	  "with --watch: exit after N changes (terminal: N updates)", NULL },
	{ .help = "\nOther:" },
	{ 'd', "demo", NULL,
	  "start a few processes and a thread, and show all tasks as the first driver's test program did", NULL },
	{ }
};

/**
 * struct options - the parsed command line
 * @query: the query for the driver
 * @columns: --columns, or NULL
 * @count: --count, or 0
 * @tree: --tree
 * @json: --json
 * @watch: --watch
 * @demo: --demo
 * @headers: not --no-headers
 */
struct options {
	struct proc_relate_query query;
	const char *columns;
	uint64_t count;
	bool tree;
	bool json;
	bool watch;
	bool demo;
	bool headers;
};

static uint32_t user_or_die(const char *text)
{
	const struct passwd *user;
	uint64_t number;

	if (parse_number(text, UINT32_MAX - 1, &number))
		return number;
	user = getpwnam(text);
	if (!user)
		die(EXIT_USAGE, "invalid --uid '%s': no such user", text);
	return user->pw_uid;
}

static void parse_options(struct command_line *line, struct options *options)
{
	struct proc_relate_query *query = &options->query;
	int opt;

	while ((opt = next_option(line)) != -1) {
		switch (opt) {
		case 't':
			query->flags |= PROC_RELATE_THREADS;
			break;
		case 'b':
			query->flags |= PROC_RELATE_BELOW;
			query->below = number_or_die(optarg, 1, INT32_MAX,
						     "--below");
			break;
		case 's':
			query->flags |= PROC_RELATE_SESSION;
			query->session = number_or_die(optarg, 0, INT32_MAX,
						       "--session");
			break;
		case 'u':
			query->flags |= PROC_RELATE_UID;
			query->uid = user_or_die(optarg);
			break;
		case 'c':
			query->flags |= PROC_RELATE_CONSISTENT;
			break;
		case 'r':
			query->flags |= PROC_RELATE_RAW_ADDRESSES;
			break;
		case 'T':
			options->tree = true;
			break;
		case 'j':
			options->json = true;
			break;
		case 'o':
			options->columns = optarg;
			break;
		case 'H':
			options->headers = false;
			break;
		case 'w':
			options->watch = true;
			query->flags |= PROC_RELATE_CHANGES;
			break;
		case 'n':
			options->count = number_or_die(optarg, 1, UINT64_MAX,
						       "--count");
			break;
		case 'd':
			options->demo = true;
			break;
		}
	}
	no_more_operands(line);
}

static void check_options(const struct options *options)
{
	uint32_t flags = options->query.flags;

	if (options->demo &&
	    (flags & ~PROC_RELATE_THREADS || options->tree || options->json ||
	     options->columns || options->count || !options->headers))
		die(EXIT_USAGE, "--demo cannot be combined with other options");
	if (options->count && !options->watch)
		die(EXIT_USAGE, "--count needs --watch");
	if (options->watch && flags & PROC_RELATE_CONSISTENT)
		die(EXIT_USAGE, "--consistent and --watch cannot be combined");
	if (options->tree && options->json)
		die(EXIT_USAGE, "--tree and --json cannot be combined: build the tree from real_parent and real_parent_start_time");
	if (options->tree && options->watch && !isatty(STDOUT_FILENO))
		die(EXIT_USAGE, "--tree --watch needs a terminal");
}

static const char *default_columns(const struct options *options)
{
	if (options->json)
		return "all";
	if (options->tree)
		return TREE_COLUMNS;
	return options->query.flags & PROC_RELATE_THREADS ? THREAD_COLUMNS :
							    TABLE_COLUMNS;
}

static void choose_columns(const struct options *options,
			   struct column_list *columns)
{
	char unknown[64], names[512];

	if (!columns_parse(options->columns ?: default_columns(options),
			   columns, unknown, sizeof(unknown))) {
		columns_names(names, sizeof(names));
		die(EXIT_USAGE, "unknown column '%s': expected %s", unknown,
		    names);
	}
	/* The tree itself shows the names. */
	if (options->tree)
		columns_drop(columns, "comm");
}

static int show_tasks(int fd, const struct view *view, bool json)
{
	struct snapshot snapshot;

	ps_read(fd, &snapshot);
	if (json)
		json_print(&view->columns, &snapshot, stdout);
	else
		view_print(view, &snapshot, stdout);
	free(snapshot.records);
	return EXIT_OK;
}

static int ps(struct command_line *line)
{
	struct options options = { .headers = true };
	struct view view = { .line_end = "\n" };
	size_t height;
	int fd;

	parse_options(line, &options);
	check_options(&options);
	if (options.columns && !strcmp(options.columns, "help")) {
		columns_help(stdout);
		return EXIT_OK;
	}
	choose_columns(&options, &view.columns);
	view.headers = options.headers;
	view.tree = options.tree;
	terminal_size(STDOUT_FILENO, &view.width, &height);

	if (options.demo) {
		options.query.flags |= PROC_RELATE_THREADS;
		return ps_demo(ps_open(&options.query));
	}

	fd = ps_open(&options.query);
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	if (options.watch)
		return ps_watch(fd, &view, options.json, options.count);
	return show_tasks(fd, &view, options.json);
}

const struct command ps_command = {
	.name = "ps",
	.summary = "show processes and their relations",
	.text = "Show processes and their relations, read from /dev/proc_relate.",
	.flags = ps_flags,
	.examples = (const char *const[]){
		"devtrio ps --tree --uid root",
		"devtrio ps --watch --below 1 -o pid,real_parent,comm",
		NULL
	},
	.run = ps,
};
