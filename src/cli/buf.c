// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio buf: read and write the RAM buffer.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <devtrio/rambuf.h>

#include "devtrio.h"

static const char usage[] =
	"Usage: devtrio buf read [-d PATH] [-o OFFSET] [-n LENGTH]\n"
	"       devtrio buf write [-d PATH] [-o OFFSET] [TEXT]\n"
	"       devtrio buf info|clear [-d PATH]\n"
	"Use a RAM buffer, which all who may open it share.\n"
	"\n"
	"  read   copy it to stdout, byte for byte\n"
	"  write  store TEXT, or else what comes on stdin\n"
	"  info   show its size and its generation, which grows with every write\n"
	"  clear  make all bytes zero\n"
	"\n"
	"  -o, --offset OFFSET  where to start; 0 if not given\n"
	"  -n, --length LENGTH  how many bytes to read; up to the end if not given\n"
	"  -d, --device PATH    which buffer; /dev/rambuf if not given\n"
	"  -h, --help           show this\n"
	"\n"
	"Example: devtrio buf write 'good morning' && devtrio buf read -n 12\n";

/**
 * struct request - what the command line asks for
 * @device: the buffer
 * @offset: where to start
 * @length: how many bytes to read
 * @text: what to write, NULL for stdin
 */
struct request {
	struct device device;
	uint64_t offset;
	uint64_t length;
	const char *text;
};

static void get_info(int fd, const struct request *request,
		     struct rambuf_info *info)
{
	if (ioctl(fd, RAMBUF_GET_INFO, info))
		die(EXIT_FAILED, "%s is not a buffer of the driver rambuf: %s",
		    request->device.path, strerror(errno));
}

/* How many bytes there are from the offset on. */
static uint64_t get_room(int fd, const struct request *request)
{
	struct rambuf_info info;

	get_info(fd, request, &info);
	if (request->offset > info.size)
		die(EXIT_FAILED, "offset %" PRIu64 " is outside of %s, which has %llu bytes",
		    request->offset, request->device.path, info.size);
	return info.size - request->offset;
}

static char *allocate(size_t size)
{
	char *bytes = malloc(size ?: 1);

	if (!bytes)
		die(EXIT_FAILED, "not enough memory for %zu bytes", size);
	return bytes;
}

/* In one call if the driver lets it: then nobody's write comes between. */
static size_t read_all(int fd, const struct request *request, char *bytes,
		       size_t size)
{
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = pread(fd, bytes + done, size - done,
			  request->offset + done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die(EXIT_FAILED, "can't read %s: %s",
			    request->device.path, strerror(errno));
		if (!n)
			break;
		done += n;
	}
	return done;
}

static void write_all(int fd, const struct request *request,
		      const char *bytes, size_t size)
{
	size_t done = 0;
	ssize_t n;

	while (done < size) {
		n = pwrite(fd, bytes + done, size - done,
			   request->offset + done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die(EXIT_FAILED, "stored %zu of %zu bytes in %s: %s",
			    done, size, request->device.path,
			    n ? strerror(errno) : "no more are taken");
		done += n;
	}
}

static int buf_read(const struct request *request)
{
	int fd = open_device(&request->device, O_RDONLY);
	size_t size = get_room(fd, request);
	char *bytes;

	if (size > request->length)
		size = request->length;
	bytes = allocate(size);
	size = read_all(fd, request, bytes, size);
	if (fwrite(bytes, 1, size, stdout) != size)
		fail_stdout(errno);
	free(bytes);
	return EXIT_OK;
}

static int write_text(int fd, const struct request *request, size_t room)
{
	size_t size = strlen(request->text);

	if (size > room)
		die(EXIT_FAILED,
		    "the text has %zu bytes, but %s has %" PRIu64 ", of which %zu are from offset %" PRIu64 " on: nothing is stored",
		    size, request->device.path, request->offset + room, room,
		    request->offset);
	write_all(fd, request, request->text, size);
	return EXIT_OK;
}

static int write_stdin(int fd, const struct request *request, size_t room)
{
	/* One more, to see if there is more than fits. */
	char *bytes = allocate(room + 1);
	size_t size = fread(bytes, 1, room + 1, stdin);

	if (ferror(stdin))
		die(EXIT_FAILED, "can't read stdin, nothing is stored: %s",
		    strerror(errno));
	write_all(fd, request, bytes, size > room ? room : size);
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

	return request->text ? write_text(fd, request, room) :
			       write_stdin(fd, request, room);
}

static int buf_info(const struct request *request)
{
	struct rambuf_info info;

	get_info(open_device(&request->device, O_RDONLY), request, &info);
	printf("size: %llu\ngeneration: %llu\n", info.size, info.generation);
	return EXIT_OK;
}

static int buf_clear(const struct request *request)
{
	struct rambuf_info info;
	int fd = open_device(&request->device, O_RDWR);

	get_info(fd, request, &info);
	if (ioctl(fd, RAMBUF_CLEAR))
		die(EXIT_FAILED, "can't clear %s: %s", request->device.path,
		    strerror(errno));
	return EXIT_OK;
}

static const struct action {
	const char *name;
	const char *options;
	bool takes_text;
	int (*run)(const struct request *request);
} actions[] = {
	{ "read", "don", false, buf_read },
	{ "write", "do", true, buf_write },
	{ "info", "d", false, buf_info },
	{ "clear", "d", false, buf_clear },
};

static const struct action *find_action(int argc, char **argv)
{
	const struct action *action;

	if (optind >= argc)
		die(EXIT_USAGE, "read, write, info or clear? see %s --help",
		    argv[0]);
	for (action = actions; action < actions + ARRAY_SIZE(actions); action++)
		if (!strcmp(action->name, argv[optind])) {
			optind++;
			return action;
		}
	die(EXIT_USAGE,
	    "a buffer has read, write, info and clear, not '%s'; see %s --help",
	    argv[optind], argv[0]);
}

/* Adds to given the letters of the options that are. */
static void parse_options(int argc, char **argv, struct request *request,
			  char *given)
{
	static const struct option options[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "offset", required_argument, NULL, 'o' },
		{ "length", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int opt;

	while ((opt = getopt_long(argc, argv, ":d:o:n:h", options,
				  NULL)) != -1) {
		switch (opt) {
		case 'd':
			request->device.path = optarg;
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
	if (action->takes_text && optind < argc)
		request.text = argv[optind++];
	no_operands(argc, argv);

	return action->run(&request);
}
