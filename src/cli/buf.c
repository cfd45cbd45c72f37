// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio buf: read and write the RAM buffer.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "buf.h"

static const char usage[] =
	"Usage: devtrio buf read [-b N] [-o OFFSET] [-n LENGTH]\n"
	"       devtrio buf write [-b N] [-o OFFSET] [-n LENGTH] [TEXT]\n"
	"       devtrio buf info|clear [-b N]\n"
	"       devtrio buf watch [-b N] [-c COUNT]\n"
	"       devtrio buf save|restore [-b N] [FILE]\n"
	"Use a RAM buffer, which all who may open it share.\n"
	"\n"
	"  read     copy it to stdout, byte for byte\n"
	"  write    store TEXT, or else what comes on stdin\n"
	"  info     show its size and its generation, which grows with every change\n"
	"  clear    make all bytes zero\n"
	"  watch    print the generation whenever somebody changes it\n"
	"  save     store it in FILE; without FILE, every buffer in\n"
	"           " BUF_DIRECTORY ", unless -b names one\n"
	"  restore  put back what was saved; without FILE, once\n"
	"\n"
	"  -b, --buffer N       which buffer, from 0; 0 if not given\n"
	"  -o, --offset OFFSET  where to start; 0 if not given\n"
	"  -n, --length LENGTH  how many bytes; up to the end if not given\n"
	"  -c, --count COUNT    end after so many changes\n"
	"  -d, --device PATH    the buffer's node, instead of -b\n"
	"  -h, --help           show this\n"
	"\n"
	"Example: devtrio buf write 'good morning' && devtrio buf read -n 12\n";

void buf_get_info(int fd, const char *path, struct rambuf_info *info)
{
	if (ioctl(fd, RAMBUF_GET_INFO, info))
		die(EXIT_FAILED, "%s is not a buffer of the driver rambuf: %s",
		    path, strerror(errno));
}

/* How many bytes there are from the offset on. */
static uint64_t get_room(int fd, const struct request *request)
{
	struct rambuf_info info;

	buf_get_info(fd, request->device.path, &info);
	if (request->offset > info.size)
		die(EXIT_FAILED, "offset %" PRIu64 " is outside of %s, which has %llu bytes",
		    request->offset, request->device.path, info.size);
	return info.size - request->offset;
}

char *buf_allocate(size_t size)
{
	char *bytes = malloc(size ?: 1);

	if (!bytes)
		die(EXIT_FAILED, "not enough memory for %zu bytes", size);
	return bytes;
}

/**
 * buf_name() - the node of a buffer
 * @index: which buffer
 * @path: the result
 * @size: of @path
 */
void buf_name(unsigned int index, char *path, size_t size)
{
	/* The first is /dev/rambuf, udev or not. */
	if (index)
		snprintf(path, size, "%s%u", rambuf_device.path, index);
	else
		snprintf(path, size, "%s", rambuf_device.path);
}

/**
 * buf_progress() - show on a terminal how far a long transfer is
 * @what: is being done, NULL to show nothing
 * @done: bytes so far
 * @total: bytes in all
 */
void buf_progress(const char *what, size_t done, size_t total)
{
	static const char bar[] = "########################################";
	int width = sizeof(bar) - 1, full = done * width / total;

	if (!what || total < 8 << 20 || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%s [%-*.*s] %3zu%%%s", what, width, full, bar,
		done * 100 / total, done == total ? "\n" : "");
}

/* In one call if the driver lets it: then nobody's write comes between. */
size_t buf_read_all(int fd, const char *path, uint64_t offset, char *bytes,
		    size_t size)
{
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = pread(fd, bytes + done, size - done, offset + done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die(EXIT_FAILED, "can't read %s: %s", path,
			    strerror(errno));
		if (!n)
			break;
		done += n;
	}
	return done;
}

void buf_write_all(int fd, const char *path, uint64_t offset,
		   const char *bytes, size_t size)
{
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = pwrite(fd, bytes + done, size - done, offset + done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die(EXIT_FAILED, "stored %zu of %zu bytes in %s: %s",
			    done, size, path,
			    n ? strerror(errno) : "no more are taken");
		done += n;
	}
}

static int buf_read(const struct request *request)
{
	int fd = open_device(&request->device, O_RDONLY);
	size_t size = get_room(fd, request), done = 0, part;
	char *bytes;

	if (size > request->length)
		size = request->length;
	bytes = buf_allocate(size);
	size = buf_read_all(fd, request->device.path, request->offset, bytes,
			    size);
	while (done < size) {
		part = size - done < 1 << 20 ? size - done : 1 << 20;
		if (fwrite(bytes + done, 1, part, stdout) != part)
			fail_stdout(errno);
		done += part;
		if (!isatty(STDOUT_FILENO))
			buf_progress("reading", done, size);
	}
	free(bytes);
	return EXIT_OK;
}

static int write_text(int fd, const struct request *request, size_t room)
{
	size_t size = strnlen(request->operand, request->length);

	if (size > room)
		die(EXIT_FAILED,
		    "the text has %zu bytes, but %s has %" PRIu64 ", of which %zu are from offset %" PRIu64 " on: nothing is stored",
		    size, request->device.path, request->offset + room, room,
		    request->offset);
	buf_write_all(fd, request->device.path, request->offset,
		      request->operand, size);
	return EXIT_OK;
}

static size_t read_stdin(char *bytes, size_t size)
{
	size_t done = 0, n, part;

	do {
		part = size - done < 1 << 20 ? size - done : 1 << 20;
		n = fread(bytes + done, 1, part, stdin);
		done += n;
		if (n && !isatty(STDIN_FILENO))
			buf_progress("writing", done, size);
	} while (n && done < size);
	/* Ends the line if less came than there is room for. */
	if (done && done < size && !isatty(STDIN_FILENO))
		buf_progress("writing", size, size);
	return done;
}

static int write_stdin(int fd, const struct request *request, size_t room)
{
	bool all = request->length > room;
	/* One more, to see if there is more than fits. */
	size_t wanted = all ? room + 1 : request->length, size;
	char *bytes = buf_allocate(wanted);

	size = read_stdin(bytes, wanted);
	if (ferror(stdin))
		die(EXIT_FAILED, "can't read stdin, nothing is stored: %s",
		    strerror(errno));
	buf_write_all(fd, request->device.path, request->offset, bytes,
		      size > room ? room : size);
	free(bytes);
	if (size > room)
		die(EXIT_FAILED,
		    "stored %zu bytes, the rest does not fit: %s has %" PRIu64 " bytes",
		    room, request->device.path, request->offset + room);
	return EXIT_OK;
}

static int buf_write(const struct request *request)
{
	int fd = open_device(&request->device, O_RDWR);
	size_t room = get_room(fd, request);

	return request->operand ? write_text(fd, request, room) :
			       write_stdin(fd, request, room);
}

static int buf_info(const struct request *request)
{
	struct rambuf_info info;

	buf_get_info(open_device(&request->device, O_RDONLY),
		     request->device.path, &info);
	printf("buffer: %u of %u\nsize: %llu\ngeneration: %llu\n", info.index,
	       info.count, info.size, info.generation);
	return EXIT_OK;
}

/* Until somebody changes it, or nobody reads what we print any more. */
static void wait_for_change(int fd, const char *path)
{
	struct pollfd files[2] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};

	do {
		if (poll(files, ARRAY_SIZE(files), -1) < 0 && errno != EINTR)
			die(EXIT_FAILED, "can't wait for %s: %s", path,
			    strerror(errno));
		if (files[1].revents & (POLLERR | POLLHUP))
			fail_stdout(EPIPE);
	} while (!(files[0].revents & POLLIN));
}

static int buf_watch(const struct request *request)
{
	const char *path = request->device.path;
	int fd = open_device(&request->device, O_RDONLY);
	struct rambuf_info info;
	uint64_t i;

	buf_get_info(fd, path, &info);
	for (i = 0; i < request->length; i++) {
		wait_for_change(fd, path);
		buf_get_info(fd, path, &info);
		printf("generation: %llu\n", info.generation);
		flush_stdout();
	}
	return EXIT_OK;
}

static int buf_clear(const struct request *request)
{
	struct rambuf_info info;
	int fd = open_device(&request->device, O_RDWR);

	buf_get_info(fd, request->device.path, &info);
	if (ioctl(fd, RAMBUF_CLEAR))
		die(EXIT_FAILED, "can't clear %s: %s", request->device.path,
		    strerror(errno));
	return EXIT_OK;
}

static const struct action {
	const char *name;
	const char *options;
	bool takes_operand;
	int (*run)(const struct request *request);
} actions[] = {
	{ "read", "bdon", false, buf_read },
	{ "write", "bdon", true, buf_write },
	{ "info", "bd", false, buf_info },
	{ "clear", "bd", false, buf_clear },
	{ "watch", "bdc", false, buf_watch },
	{ "save", "bd", true, buf_save },
	{ "restore", "bd", true, buf_restore },
};

static const struct action *find_action(int argc, char **argv)
{
	const struct action *action;

	if (optind >= argc)
		die(EXIT_USAGE, "read, write, info, clear, watch, save or restore? see %s --help",
		    argv[0]);
	for (action = actions; action < actions + ARRAY_SIZE(actions); action++)
		if (!strcmp(action->name, argv[optind])) {
			optind++;
			return action;
		}
	die(EXIT_USAGE,
	    "a buffer has read, write, info, clear, watch, save and restore, not '%s'; see %s --help",
	    argv[optind], argv[0]);
}

static void choose(struct request *request, const char *number)
{
	static char path[64];

	buf_name(number_or_die(number, 0, RAMBUF_MAX_COUNT - 1, "a buffer"),
		 path, sizeof(path));
	request->device.path = path;
	request->chosen = true;
}

/* Adds to given the letters of the options that are. */
static void parse_options(int argc, char **argv, struct request *request,
			  char *given)
{
	static const struct option options[] = {
		{ "buffer", required_argument, NULL, 'b' },
		{ "count", required_argument, NULL, 'c' },
		{ "device", required_argument, NULL, 'd' },
		{ "offset", required_argument, NULL, 'o' },
		{ "length", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int opt;

	while ((opt = getopt_long(argc, argv, ":b:c:d:o:n:h", options,
				  NULL)) != -1) {
		switch (opt) {
		case 'b':
			choose(request, optarg);
			break;
		case 'c':
			request->length = number_or_die(optarg, 1, INT64_MAX,
							"a count");
			break;
		case 'd':
			request->device.path = optarg;
			request->chosen = true;
			break;
		case 'o':
			request->offset = number_or_die(optarg, 0, INT64_MAX,
							"an offset");
			break;
		case 'n':
			request->length = number_or_die(optarg, 0, INT64_MAX,
							"a length");
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_OK);
		default:
			bad_option(argv, opt);
		}
		if (!strchr(given, opt))
			given[strlen(given)] = opt;
	}
}

int cmd_buf(int argc, char **argv)
{
	struct request request = {
		.device = rambuf_device,
		.length = UINT64_MAX,
	};
	const struct action *action;
	char given[8] = "", *opt;

	parse_options(argc, argv, &request, given);
	action = find_action(argc, argv);
	for (opt = given; *opt; opt++)
		if (!strchr(action->options, *opt))
			die(EXIT_USAGE, "%s takes no -%c; see %s --help",
			    action->name, *opt, argv[0]);
	if (strchr(given, 'b') && strchr(given, 'd'))
		die(EXIT_USAGE, "-b and -d both name a buffer: give one of them");
	if (action->takes_operand && optind < argc)
		request.operand = argv[optind++];
	no_operands(argc, argv);

	return action->run(&request);
}
