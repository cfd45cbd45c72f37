// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors, numbers and output.
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

static void complain(const char *format, va_list args)
{
	char text[1024];

	vsnprintf(text, sizeof(text), format, args);
	/* What the user typed is quoted in it: keep it on one line. */
	replace_unprintable(text);
	fprintf(stderr, "devtrio: %s\n", text);
}

/**
 * warn() - say on one line of stderr what is wrong, and go on
 * @format: the message, without a newline
 */
void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	va_end(args);
}

/**
 * die() - say on one line of stderr what is wrong, and exit
 * @code: the exit code
 * @format: the message, without a newline
 */
void die(enum exit_code code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	va_end(args);
	exit(code);
}

void die_of(const struct problem *problem)
{
	die(problem->code, "%s; %s", problem->what, problem->advice);
}

/* Why output failed: the stream itself does not remember. */
static int stdout_error;

/**
 * fail_stdout() - exit, since output failed
 * @err: the errno
 */
void fail_stdout(int err)
{
	stdout_error = err;
	exit(EXIT_FAILED);
}

/**
 * flush_stdout() - make sure that all output so far has arrived, or exit
 */
void flush_stdout(void)
{
	if (fflush(stdout))
		fail_stdout(errno);
}

/**
 * close_stdout() - make sure at exit that all output has arrived
 *
 * A reader who went away has seen enough; anything else is worth a message.
 */
void close_stdout(void)
{
	bool pending = __fpending(stdout);
	bool failed = ferror(stdout) || stdout_error;
	int err = 0;

	/* Who starts us without a stdout does not mind if nothing is said. */
	if (fclose(stdout) && (pending || errno != EBADF)) {
		failed = true;
		err = errno;
	}
	if (!failed)
		return;

	if (stdout_error)
		err = stdout_error;
	if (err != EPIPE)
		fprintf(stderr, "devtrio: can't write to stdout%s%s\n",
			err ? ": " : "", err ? strerror(err) : "");
	_exit(EXIT_FAILED);
}

uint64_t number_or_die(const char *text, uint64_t min, uint64_t max,
		       const char *what)
{
	uint64_t number;

	if (!parse_number(text, max, &number) || number < min)
		die(EXIT_USAGE,
		    "%s is a number from %" PRIu64 " to %" PRIu64 ", not '%s'",
		    what, min, max, text);
	return number;
}
