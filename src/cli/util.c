// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors, numbers and output.
 */
#include <ctype.h>
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

/**
 * parse_number() - read a number: decimal, or hexadecimal after 0x
 * @text: what to read, all of it
 * @max: the largest number that is allowed
 * @number: the result, unchanged on failure
 *
 * Return: whether it is such a number.
 */
bool parse_number(const char *text, uint64_t max, uint64_t *number)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	unsigned long long value;
	char *end;

	/* strtoull() would accept blanks and signs. */
	if (hex)
		text += 2;
	if (hex ? !isxdigit((unsigned char)*text) :
		  !isdigit((unsigned char)*text))
		return false;

	errno = 0;
	value = strtoull(text, &end, hex ? 16 : 10);
	if (errno || *end || value > max)
		return false;

	*number = value;
	return true;
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

/**
 * escape_bytes() - make bytes fit to be printed
 * @out: the result: printable ASCII, all else as \xNN; NUL-terminated
 * @size: of @out; what does not fit is left out
 * @in: the bytes, up to the first NUL
 * @length: how many there are at the most
 */
void escape_bytes(char *out, size_t size, const char *in, size_t length)
{
	const char *end = in + strnlen(in, length);
	char one[sizeof("\\xff")];
	size_t used = 0, n;

	for (; in < end; in++) {
		unsigned char byte = *in;

		if (byte < 0x20 || byte > 0x7e || byte == '\\')
			n = snprintf(one, sizeof(one), "\\x%02x", byte);
		else
			n = snprintf(one, sizeof(one), "%c", byte);
		if (used + n >= size)
			break;
		memcpy(out + used, one, n);
		used += n;
	}
	out[used] = '\0';
}
