// SPDX-License-Identifier: GPL-2.0-only
/*
 * Print findings as text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "status.h"

static const char *const colours[] = {
	[VERDICT_OK] = "\033[32m",
	[VERDICT_WARNING] = "\033[33m",
	[VERDICT_SKIPPED] = "\033[36m",
	[VERDICT_PROBLEM] = "\033[1;31m",
};

#define INDENT	25

/* Words, in lines of @width if that leaves room for any; the first is begun. */
static void print_wrapped(FILE *out, const char *text, size_t width)
{
	size_t column = INDENT, length;

	while (*text) {
		length = strcspn(text, " ");
		if (column > INDENT && width > 2 * INDENT &&
		    column + 1 + length > width) {
			fprintf(out, "\n%*s", INDENT, "");
			column = INDENT;
		} else if (column > INDENT) {
			fputc(' ', out);
			column++;
		}
		fprintf(out, "%.*s", (int)length, text);
		column += length;
		text += length;
		text += *text == ' ';
	}
	fputc('\n', out);
}

static void print_log(FILE *out, const char *log)
{
	size_t length;

	for (; log && *log; log += length) {
		length = strcspn(log, "\n");
		fprintf(out, "%*s| %.*s\n", INDENT, "", (int)length, log);
		length += log[length] == '\n';
	}
}

/**
 * print_finding() - a finding as status prints it
 * @out: where to
 * @finding: what was found; below it stands what mends it
 * @style: how wide, whether in colour, and whether by whom needs sudo
 */
void print_finding(FILE *out, const struct finding *finding,
		   const struct style *style)
{
	const char *verdict = verdict_names[finding->verdict];
	char *text;
	size_t i;

	fprintf(out, "%s%-8s%s%-*s", style->colour ?
		colours[finding->verdict] : "", verdict,
		style->colour ? "\033[0m" : "", INDENT - 8, finding->id);
	if (asprintf(&text, "%s%s%s", finding->subject,
		     finding->subject[0] ? ": " : "", finding->text) < 0)
		die(EXIT_FAILED, "out of memory");
	print_wrapped(out, text, style->width);
	free(text);

	print_log(out, finding->log);
	for (i = 0; i < finding->command_count; i++) {
		text = command_text(&finding->commands[i], style->sudo);
		fprintf(out, "%*s-> %s\n", INDENT, "", text);
		free(text);
	}
}

static bool is_fixable(const struct doctor *doctor)
{
	const struct finding *finding;
	size_t i, j;

	for (i = 0; i < doctor->count; i++) {
		finding = &doctor->findings[i];
		for (j = 0; j < finding->command_count; j++)
			if (finding->commands[j].automatic)
				return true;
	}
	return false;
}

static size_t count_of(const struct doctor *doctor, enum verdict verdict)
{
	size_t i, count = 0;

	for (i = 0; i < doctor->count; i++)
		count += doctor->findings[i].verdict == verdict;
	return count;
}

static void print_count(size_t count, const char *what)
{
	printf("%zu %s%s", count, what, count == 1 ? "" : "s");
}

struct style style_for(FILE *out)
{
	struct style style = {
		.colour = use_colour(out),
		.sudo = geteuid(),
	};
	size_t height;

	terminal_size(fileno(out), &style.width, &height);
	return style;
}

/* All that was found, and how much of it is bad. */
void doctor_print(const struct doctor *doctor)
{
	size_t problems = count_of(doctor, VERDICT_PROBLEM), i;
	struct style style = style_for(stdout);

	for (i = 0; i < doctor->count; i++)
		print_finding(stdout, &doctor->findings[i], &style);

	putchar('\n');
	print_count(problems, "problem");
	fputs(", ", stdout);
	print_count(count_of(doctor, VERDICT_WARNING), "warning");
	fputs(", ", stdout);
	print_count(count_of(doctor, VERDICT_SKIPPED), "check");
	puts(" skipped");
	if (!doctor->scope.kernel && is_fixable(doctor))
		printf("%sdevtrio repair types the commands that do not need your decision\n",
		       style.sudo ? "sudo " : "");
}
