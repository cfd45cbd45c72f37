// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio ps: how processes relate.
 */
#include <errno.h>
#include <getopt.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devtrio.h"
#include "ps.h"

/* They fit on a terminal of 80 columns. */
#define TABLE_COLUMNS	"pid,real_parent,pgid,sid,sessionid,state,uid,mm,comm"
#define THREAD_COLUMNS	"pid,tgid,real_parent,pgid,sid,state,uid,mm,comm"
#define TREE_COLUMNS	"pid,pgid,sid,state,uid"

static const char usage[] =
	"Usage: devtrio ps [OPTION]...\n"
	"Show how processes relate, as /dev/proc_relate tells it.\n"
	"\n"
	"What to show:\n"
	"  -t, --threads       a line per thread, not per process\n"
	"  -b, --below PID     only this process and its descendants\n"
	"  -s, --session SID   only this session\n"
	"  -u, --uid USER      only this user's, by name or number\n"
	"  -c, --consistent    a table that is true of one moment\n"
	"  -r, --raw           kernel addresses for MM and ACTIVE_MM; for root\n"
	"\n"
	"How to show it:\n"
	"  -T, --tree          as a tree\n"
	"  -j, --json          as JSON, an object per task\n"
	"  -o, --columns LIST  these, with commas; all: all of them; help: list them\n"
	"  -H, --no-headers    without a line of headers\n"
	"  -w, --watch         go on, and show what changes, until Ctrl-C\n"
	"  -n, --count N       with --watch: end after N changes, on a terminal\n"
	"                      after N updates\n"
	"\n"
	"  -d, --demo          start a few processes and a thread, show every task\n"
	"                      as the first driver's test program did, and compare\n"
	"                      all of it with /proc\n"
	"  -h, --help          show this\n"
	"\n"
	"Example: devtrio ps --tree --uid root\n"
	"Example: devtrio ps --watch --below 1 -o pid,real_parent,comm\n";

/**
 * struct options - what the user asks for
 * @query: of the driver
 * @columns: -o, or NULL
 * @count: of --count, or 0
 * @tree: --tree
 * @json: --json
 * @watch: --watch
 * @demo: --demo
 * @headers: no --no-headers
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
		die(EXIT_USAGE, "there is no user '%s'", text);
	return user->pw_uid;
}

static void parse_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {
		{ "threads", no_argument, NULL, 't' },
		{ "below", required_argument, NULL, 'b' },
		{ "session", required_argument, NULL, 's' },
		{ "uid", required_argument, NULL, 'u' },
		{ "consistent", no_argument, NULL, 'c' },
		{ "raw", no_argument, NULL, 'r' },
		{ "tree", no_argument, NULL, 'T' },
		{ "json", no_argument, NULL, 'j' },
		{ "columns", required_argument, NULL, 'o' },
		{ "no-headers", no_argument, NULL, 'H' },
		{ "watch", no_argument, NULL, 'w' },
		{ "count", required_argument, NULL, 'n' },
		{ "demo", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct proc_relate_query *query = &options->query;
	int opt;

	while ((opt = getopt_long(argc, argv, ":tb:s:u:crTjo:Hwn:dh", names,
				  NULL)) != -1) {
		switch (opt) {
		case 't':
			query->flags |= PROC_RELATE_THREADS;
			break;
		case 'b':
			query->flags |= PROC_RELATE_BELOW;
			query->below = number_or_die(optarg, 1, INT32_MAX,
						     "a process id");
			break;
		case 's':
			query->flags |= PROC_RELATE_SESSION;
			query->session = number_or_die(optarg, 0, INT32_MAX,
						       "a session id");
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
						       "a count");
			break;
		case 'd':
			options->demo = true;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_OK);
		default:
			bad_option(argv, opt);
		}
	}
	no_operands(argc, argv);
}

static void check_options(const struct options *options)
{
	uint32_t flags = options->query.flags;

	if (options->demo &&
	    (flags & ~PROC_RELATE_THREADS || options->tree || options->json ||
	     options->columns || options->count || !options->headers))
		die(EXIT_USAGE, "--demo goes with no other option");
	if (options->count && !options->watch)
		die(EXIT_USAGE, "--count is for --watch");
	if (options->watch && flags & PROC_RELATE_CONSISTENT)
		die(EXIT_USAGE, "--consistent is for one table, not for --watch");
	if (options->tree && options->json)
		die(EXIT_USAGE, "--tree or --json? In JSON, real_parent and real_parent_start_time make the tree");
	if (options->tree && options->watch && !isatty(STDOUT_FILENO))
		die(EXIT_USAGE, "--tree --watch draws on a terminal; leave one out");
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
		die(EXIT_USAGE, "unknown column '%s'; there are: %s", unknown,
		    names);
	}
	/* It stands in the tree. */
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

int cmd_ps(int argc, char **argv)
{
	struct options options = { .headers = true };
	struct view view = { .line_end = "\n" };
	size_t height;
	int fd;

	parse_options(argc, argv, &options);
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
