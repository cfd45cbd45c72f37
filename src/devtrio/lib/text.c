// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text for people: in the locale's characters, as wide as the terminal.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "devtrio.h"

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

/*
 * How many bytes the first character has that the locale can print; 0 if it
 * can't. A backslash is for escapes.
 */
static size_t printable(const char *in, const char *end, int *width)
{
	mbstate_t state = { };
	wchar_t c;
	size_t n = mbrtowc(&c, in, end - in, &state);

	if (!n || n > (size_t)(end - in) || !iswprint(c))
		return 0;
	*width = wcwidth(c);
	return *width < 0 ? 0 : n;
}

/**
 * escape_text() - make bytes fit to be shown to a person
 * @out: the result: what the locale can print but for backslashes, all else as
 *	\xNN; NUL-terminated
 * @size: of @out; what does not fit is left out
 * @in: the bytes, up to the first NUL
 * @length: how many there are at the most
 */
void escape_text(char *out, size_t size, const char *in, size_t length)
{
	const char *end = in + strnlen(in, length);
	size_t used = 0, n, left;
	int width;

	for (; in < end; in += n) {
		n = *in == '\\' ? 0 : printable(in, end, &width);
		left = size - used;
		if (n) {
			if (n >= left)
				break;
			memcpy(out + used, in, n);
			used += n;
			continue;
		}
		n = 1;
		if (left < sizeof("\\xff"))
			break;
		escape_bytes(out + used, left, in, 1);
		used += strlen(out + used);
	}
	out[used] = '\0';
}

/**
 * plain_text() - make text from the machine fit to print, and for JSON
 * @text: changed in place: ASCII, a ? for each other character; newlines stay
 *
 * Return: @text.
 */
char *plain_text(char *text)
{
	char *in, *out = text;

	for (in = text; *in; in++) {
		unsigned char byte = *in;

		/* Of a character in UTF-8 the first byte counts. */
		if (byte >= 0x80 && byte < 0xc0)
			continue;
		*out++ = byte == '\n' || (byte >= 0x20 && byte < 0x7f) ?
				 byte : '?';
	}
	*out = '\0';
	return text;
}

/**
 * replace_unprintable() - keep a message on one line, and harmless
 * @text: the message, in place
 */
void replace_unprintable(char *text)
{
	const char *end = text + strlen(text);
	size_t n;
	int width;

	for (; text < end; text += n) {
		n = printable(text, end, &width);
		if (n)
			continue;
		*text = '?';
		n = 1;
	}
}

/**
 * text_cut() - as much of a text as there is room for
 * @text: the text; a byte that is no character counts as a column
 * @columns: the room; SIZE_MAX: all
 * @width: the columns that it takes
 *
 * Return: how many bytes that are.
 */
size_t text_cut(const char *text, size_t columns, size_t *width)
{
	const char *at = text, *end = text + strlen(text);
	size_t n;
	int one;

	for (*width = 0; at < end; at += n) {
		n = printable(at, end, &one);
		if (!n) {
			n = 1;
			one = 1;
		}
		if (*width + one > columns)
			break;
		*width += one;
	}
	return at - text;
}

static bool from_environment(const char *name, size_t *size)
{
	const char *text = getenv(name);
	uint64_t number;

	if (!text || !parse_number(text, 10000, &number) || !number)
		return false;
	*size = number;
	return true;
}

/**
 * terminal_size() - how much room there is
 * @fd: perhaps a terminal
 * @width: in columns, 0: unknown
 * @height: in lines, 0: unknown
 *
 * Return: whether it is a terminal.
 */
bool terminal_size(int fd, size_t *width, size_t *height)
{
	struct winsize size;

	*width = 0;
	*height = 0;
	if (!isatty(fd))
		return false;
	if (!ioctl(fd, TIOCGWINSZ, &size)) {
		*width = size.ws_col;
		*height = size.ws_row;
	}
	from_environment("COLUMNS", width);
	from_environment("LINES", height);
	return true;
}

/**
 * use_colour() - whether to write in colour
 * @stream: where to
 */
bool use_colour(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(stream)) && (!no_color || !*no_color) &&
	       (!term || strcmp(term, "dumb"));
}
