// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio buf: use RAM buffers.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "lib/command.h"
#include "lib/json.h"

void buf_get_info(int fd, const char *path, struct rambuf_info *info)
{
	if (rambuf_get_info(fd, info))
		die(EXIT_FAILED, "%s is not a rambuf buffer: %s",
		    path, strerror(errno));
}

/* Return the number of bytes from the offset to the end. */
static uint64_t get_room(int fd, const struct request *request)
{
	struct rambuf_info info;

	buf_get_info(fd, request->device.path, &info);
	if (request->offset > info.size)
		die(EXIT_FAILED, "invalid --offset %" PRIu64 ": %s has %llu bytes",
		    request->offset, request->device.path, info.size);
	return info.size - request->offset;
}

char *buf_allocate(size_t size)
{
	char *bytes = malloc(size ?: 1);

	if (!bytes)
		die(EXIT_FAILED, "cannot allocate %zu bytes", size);
	return bytes;
}

/**
 * buf_progress() - show a progress bar for a long transfer on a terminal
 * @what: the operation; NULL shows nothing
 * @done: bytes so far
 * @total: total bytes
 */
void buf_progress(const char *what, size_t done, size_t total)
{
	static const char bar[] = "########################################";
	int width = sizeof(bar) - 1, full;
	size_t columns, lines;

	if (!what || total < 8 << 20 ||
	    !terminal_size(STDERR_FILENO, &columns, &lines))
		return;
	/* The rest of the line takes 18 columns with the longest verb. */
	if (columns && columns < width + 18U)
		width = columns > 18 ? columns - 18 : 1;
	full = done * width / total;
	fprintf(stderr, "\r%s [%-*.*s] %3zu%%%s", what, width, full, bar,
		done * 100 / total, done == total ? "\n" : "");
}

size_t buf_read_all(int fd, const char *path, uint64_t offset, char *bytes,
		    size_t size)
{
	size_t done = rambuf_read(fd, offset, bytes, size);

	if (done < size && errno)
		die(EXIT_FAILED, "cannot read %s: %s", path, strerror(errno));
	return done;
}

void buf_write_all(int fd, const char *path, uint64_t offset,
		   const char *bytes, size_t size)
{
	size_t done = rambuf_write(fd, offset, bytes, size);

	if (done < size)
		die(EXIT_FAILED, "wrote only %zu of %zu bytes to %s: %s", done,
		    size, path, errno ? strerror(errno) : "end of the buffer");
}

/* Text up to the first NUL, without what would control the terminal. */
static void print_text(const char *bytes, size_t size)
{
	const char *end = bytes + strnlen(bytes, size);
	char line[4 * 256 + 1];
	const char *newline;
	size_t length;

	/* The content has no NUL of its own at the end. */
	for (; bytes < end; bytes += length) {
		length = end - bytes < 256 ? end - bytes : 256;
		newline = memchr(bytes, '\n', length);
		if (newline)
			length = newline - bytes;
		escape_text(line, sizeof(line), bytes, length);
		fputs(line, stdout);
		if (bytes + length == end || bytes[length] == '\n')
			putchar('\n');
		length += bytes + length < end && bytes[length] == '\n';
	}
}

static int buf_read(const void *data)
{
	const struct request *request = data;
	int fd = open_device(&request->device, O_RDONLY);
	size_t size = get_room(fd, request), done = 0, part;
	char *bytes;

	if (size > request->length)
		size = request->length;
	bytes = buf_allocate(size);
	size = buf_read_all(fd, request->device.path, request->offset, bytes,
			    size);
	if (isatty(STDOUT_FILENO)) {
		print_text(bytes, size);
		done = size;
	}
	while (done < size) {
		part = size - done < 1 << 20 ? size - done : 1 << 20;
		if (fwrite(bytes + done, 1, part, stdout) != part)
			fail_stdout(errno);
		done += part;
		buf_progress("reading", done, size);
	}
	free(bytes);
	return EXIT_OK;
}

/* With --pad, one write replaces all to the end: readers see no mixture. */
static void write_padded(int fd, const struct request *request,
			 const char *bytes, size_t size, size_t room)
{
	char *padded;

	if (!request->pad) {
		buf_write_all(fd, request->device.path, request->offset, bytes,
			      size);
		return;
	}
	padded = buf_allocate(room);
	memset(padded, 0, room);
	memcpy(padded, bytes, size);
	buf_write_all(fd, request->device.path, request->offset, padded, room);
	free(padded);
}

static int write_text(int fd, const struct request *request, size_t room)
{
	size_t size = strnlen(request->operand, request->length);

	if (size > room)
		die(EXIT_FAILED,
		    "cannot write %zu bytes at offset %" PRIu64 ": %s has %" PRIu64 " bytes, %zu from there on; nothing was written",
		    size, request->offset, request->device.path,
		    request->offset + room, room);
	write_padded(fd, request, request->operand, size, room);
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
	/* End the line if stdin was shorter than the buffer. */
	if (done && done < size && !isatty(STDIN_FILENO))
		buf_progress("writing", size, size);
	return done;
}

static int write_stdin(int fd, const struct request *request, size_t room)
{
	bool all = request->length > room;
	/* Read one byte more to detect excess input. */
	size_t wanted = all ? room + 1 : request->length, size;
	char *bytes = buf_allocate(wanted);

	size = read_stdin(bytes, wanted);
	if (ferror(stdin))
		die(EXIT_FAILED, "cannot read stdin: %s; nothing was written",
		    strerror(errno));
	write_padded(fd, request, bytes, size > room ? room : size, room);
	free(bytes);
	if (size > room)
		die(EXIT_FAILED,
		    "wrote only the first %zu bytes: %s has %" PRIu64 " bytes",
		    room, request->device.path, request->offset + room);
	return EXIT_OK;
}

static int buf_write(const void *data)
{
	const struct request *request = data;
	int fd = open_device(&request->device, O_RDWR);
	size_t room = get_room(fd, request);

	return request->operand ? write_text(fd, request, room) :
			       write_stdin(fd, request, room);
}

static void print_info_json(const struct rambuf_info *info)
{
	struct json_object *object = json_or_die(json_object_new_object());

	json_add(object, "buffer", json_object_new_int64(info->index));
	json_add(object, "count", json_object_new_int64(info->count));
	json_add(object, "size", json_object_new_int64(info->size));
	json_add(object, "generation", json_object_new_int64(info->generation));
	json_print_line(object, stdout);
	putchar('\n');
}

static int buf_info(const void *data)
{
	const struct request *request = data;
	struct rambuf_info info;

	buf_get_info(open_device(&request->device, O_RDONLY),
		     request->device.path, &info);
	if (request->json)
		print_info_json(&info);
	else
		printf("buffer: %u of %u\nsize: %llu\ngeneration: %llu\n",
		       info.index, info.count, info.size, info.generation);
	return EXIT_OK;
}

static int buf_watch(const void *data)
{
	const struct request *request = data;
	const char *path = request->device.path;
	int fd = open_device(&request->device, O_RDONLY);
	struct rambuf_info info;
	uint64_t i;

	buf_get_info(fd, path, &info);
	for (i = 0; i < request->length; i++) {
		/* Exit when the reader is gone, without waiting for a change. */
		if (rambuf_await_change(fd, STDOUT_FILENO)) {
			if (errno == EPIPE)
				fail_stdout(errno);
			die(EXIT_FAILED, "cannot wait for changes of %s: %s",
			    path, strerror(errno));
		}
		buf_get_info(fd, path, &info);
		printf("generation: %llu\n", info.generation);
		flush_stdout();
	}
	return EXIT_OK;
}

static int buf_clear(const void *data)
{
	const struct request *request = data;
	struct rambuf_info info;
	int fd = open_device(&request->device, O_RDWR);

	buf_get_info(fd, request->device.path, &info);
	if (rambuf_clear(fd))
		die(EXIT_FAILED, "cannot clear %s: %s", request->device.path,
		    strerror(errno));
	return EXIT_OK;
}

static void complete_buffer(const char *typed)
{
	int fd = open(rambuf_device.path, O_RDONLY | O_CLOEXEC);
	struct rambuf_info info;
	char number[16];
	unsigned int i;

	(void)typed;
	if (fd < 0)
		return;
	if (rambuf_get_info(fd, &info))
		info.count = 0;
	close(fd);
	for (i = 0; i < info.count; i++) {
		snprintf(number, sizeof(number), "%u", i);
		candidate(number, NULL);
	}
}

static const struct flag flags[] = {
	{ 'b', "buffer", "N", "use buffer N (default 0)", complete_buffer },
	{ 'o', "offset", "OFFSET", "start at byte OFFSET (default 0)", NULL },
	{ 'n', "length", "LENGTH",
	  "transfer at most LENGTH bytes (default: up to the end)", NULL },
	{ 'c', "count", "COUNT", "exit after COUNT changes", NULL },
	{ 'd', "device", "PATH", "use the buffer at PATH instead of -b",
	  complete_file },
	{ 'j', "json", NULL, "info: print a JSON object", NULL },
	{ 'p', "pad", NULL, "write: clear the rest of the buffer as well", NULL },
	{ }
};

static const struct command read_action = {
	.name = "read",
	.summary = "copy a buffer to stdout",
	.text = "Copy a buffer to stdout, byte for byte. On a terminal, print its text up to the first NUL.",
	.letters = "bdon",
	.examples = (const char *const[]){
		"devtrio buf read -n 12",
		"devtrio buf read --offset 0x10 --length 16 | od -c",
		NULL
	},
	.act = buf_read,
};

static const struct command write_action = {
	.name = "write",
	.summary = "write TEXT or stdin to a buffer",
	.text = "Write TEXT to a buffer. Without TEXT, write standard input.",
	.operands = "[TEXT]",
	.letters = "bdonp",
	.examples = (const char *const[]){
		"devtrio buf write 'good morning'",
		"date | devtrio buf write --pad --offset 64",
		NULL
	},
	.act = buf_write,
};

static const struct command info_action = {
	.name = "info",
	.summary = "show size and generation of a buffer",
	.text = "Show the size of a buffer and its generation, a counter of changes.",
	.letters = "bdj",
	.examples = (const char *const[]){ "devtrio buf info --json", NULL },
	.act = buf_info,
};

static const struct command clear_action = {
	.name = "clear",
	.summary = "fill a buffer with zeros",
	.text = "Fill a buffer with zeros.",
	.letters = "bd",
	.examples = (const char *const[]){ "devtrio buf clear", NULL },
	.act = buf_clear,
};

static const struct command watch_action = {
	.name = "watch",
	.summary = "print the generation after each change by others",
	.text = "Print the generation of a buffer after each change by others.",
	.letters = "bdc",
	.examples = (const char *const[]){ "devtrio buf watch --count 1", NULL },
	.act = buf_watch,
};

static const struct command save_action = {
	.name = "save",
	.summary = "save a buffer to FILE, or all to " BUF_DIRECTORY,
	.text = "Save the content of a buffer to FILE. Without FILE, save every buffer, or the one that -b names, to "
		BUF_DIRECTORY ".",
	.operands = "[FILE]",
	.letters = "bd",
	.examples = (const char *const[]){ "devtrio buf save my.rambuf", NULL },
	.complete = complete_file,
	.act = buf_save,
};

static const struct command restore_action = {
	.name = "restore",
	.summary = "restore saved content",
	.text = "Restore the content saved in FILE. Without FILE, restore from "
		BUF_DIRECTORY " and delete the file there.",
	.operands = "[FILE]",
	.letters = "bd",
	.examples = (const char *const[]){
		"devtrio buf restore my.rambuf", NULL
	},
	.complete = complete_file,
	.act = buf_restore,
};

static void choose(struct request *request, const char *number)
{
	static char path[64];

	rambuf_node(number_or_die(number, 0, RAMBUF_MAX_COUNT - 1, "--buffer"),
		    path, sizeof(path));
	request->device.path = path;
	request->chosen = true;
}

static int buf(struct command_line *line)
{
	struct request request = {
		.device = rambuf_device,
		.length = UINT64_MAX,
	};
	const struct command *action;
	int opt;

	while ((opt = next_option(line)) != -1) {
		switch (opt) {
		case 'b':
			choose(&request, optarg);
			break;
		case 'c':
			request.length = number_or_die(optarg, 1, INT64_MAX,
						       "--count");
			break;
		case 'd':
			request.device.path = optarg;
			request.chosen = true;
			break;
		case 'o':
			request.offset = number_or_die(optarg, 0, INT64_MAX,
						       "--offset");
			break;
		case 'n':
			request.length = number_or_die(optarg, 0, INT64_MAX,
						       "--length");
			break;
		case 'j':
			request.json = true;
			break;
		case 'p':
			request.pad = true;
			break;
		}
	}
	action = next_action(line);
	if (strchr(line->given, 'b') && strchr(line->given, 'd'))
		die(EXIT_USAGE, "--buffer and --device cannot be combined");
	if (action->operands)
		request.operand = next_operand(line);
	no_more_operands(line);

	return action->act(&request);
}

const struct command buf_command = {
	.name = "buf",
	.summary = "read, write, save and watch RAM buffers",
	.text = "Read, write, save and watch RAM buffers, which processes share.",
	.flags = flags,
	.actions = (const struct command *const[]){
		&read_action, &write_action, &info_action, &clear_action,
		&watch_action, &save_action, &restore_action, NULL
	},
	.examples = (const char *const[]){
		"devtrio buf write 'good morning' && devtrio buf read -n 12",
		NULL
	},
	.run = buf,
};
