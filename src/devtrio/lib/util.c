// SPDX-License-Identifier: GPL-2.0-only
/*
 * Error messages, numbers and output.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devtrio.h"

static void print_message(const char *format, va_list args)
{
	char text[1024];

	vsnprintf(text, sizeof(text), format, args);
	/* It may quote user input: keep it on one line. */
	replace_unprintable(text);
	fprintf(stderr, "devtrio: %s\n", text);
}

/**
 * warn() - print a one-line message to stderr
 * @format: the message, without a newline
 */
void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_message(format, args);
	va_end(args);
}

/**
 * die() - print a one-line message to stderr, and exit
 * @code: the exit code
 * @format: the message, without a newline
 */
void die(enum exit_code code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_message(format, args);
	va_end(args);
	exit(code);
}

void die_of(const struct problem *problem)
{
	die(problem->code, "%s; %s", problem->what, problem->advice);
}

/* The errno of failed output, which the stream does not keep. */
static int stdout_error;

/**
 * fail_stdout() - exit because output failed
 * @err: the errno
 */
void fail_stdout(int err)
{
	stdout_error = err;
	exit(EXIT_FAILED);
}

/**
 * flush_stdout() - flush all output so far, or exit
 */
void flush_stdout(void)
{
	if (fflush(stdout))
		fail_stdout(errno);
}

/**
 * close_stdout() - flush all output at exit, and report errors
 *
 * A closed pipe is not an error worth a message.
 */
void close_stdout(void)
{
	bool pending = __fpending(stdout);
	bool failed = ferror(stdout) || stdout_error;
	int err = 0;

	/* Without output, a closed stdout does not matter. */
	if (fclose(stdout) && (pending || errno != EBADF)) {
		failed = true;
		err = errno;
	}
	if (!failed)
		return;

	if (stdout_error)
		err = stdout_error;
	if (err != EPIPE)
		fprintf(stderr, "devtrio: cannot write to stdout%s%s\n",
			err ? ": " : "", err ? strerror(err) : "");
	_exit(EXIT_FAILED);
}

uint64_t number_or_die(const char *text, uint64_t min, uint64_t max,
		       const char *what)
{
	uint64_t number;

	if (!parse_number(text, max, &number) || number < min)
		die(EXIT_USAGE,
		    "invalid %s '%s': expected %" PRIu64 " to %" PRIu64,
		    what, text, min, max);
	return number;
}
