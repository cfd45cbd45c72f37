// SPDX-License-Identifier: GPL-2.0-only
/*
 * Findings and their fixes. A fix is an argument vector: repair runs it without
 * a shell, which must not interpret strings read from the machine.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

#define BLANK	'\037'	/* stands between words while their values are filled in */

const char *const verdict_names[] = {
	[VERDICT_OK] = "ok",
	[VERDICT_WARNING] = "warning",
	[VERDICT_SKIPPED] = "skipped",
	[VERDICT_PROBLEM] = "problem",
};

static void *or_die(void *memory)
{
	if (!memory)
		die(EXIT_FAILED, "out of memory");
	return memory;
}

static char *format_text(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		die(EXIT_FAILED, "out of memory");
	return text;
}

/**
 * report() - add what the running check found
 * @doctor: the round of checks
 * @verdict: the result
 * @code: exit code of a problem
 * @subject: the module, kernel or group that was checked, or ""
 * @format: description
 *
 * Return: the finding, valid until the next one is added.
 */
struct finding *report(struct doctor *doctor, enum verdict verdict, enum exit_code code,
		       const char *subject, const char *format, ...)
{
	struct finding *finding;
	va_list args;

	doctor->findings = or_die(reallocarray(doctor->findings, doctor->count + 1,
					       sizeof(*finding)));
	finding = &doctor->findings[doctor->count++];
	*finding = (struct finding){ .id = doctor->id, .verdict = verdict, .code = code };
	snprintf(finding->subject, sizeof(finding->subject), "%s", subject);
	va_start(args, format);
	/* Text from the machine may contain anything, and becomes JSON. */
	finding->text = plain_text(format_text(format, args));
	va_end(args);
	return finding;
}

/* What can't be read is unknown, which is not enough if one kernel was asked for. */
void report_closed(struct doctor *doctor, const char *subject, const char *path)
{
	if (doctor->scope.kernel)
		add_note(report_problem(doctor, EXIT_NO_PERMISSION, subject,
					"unknown: only root can read %s", path),
			 "ask as root");
	else
		report_skipped(doctor, subject, "only root can read %s", path);
}

/* Make a problem a warning: everything works until the next boot. */
void downgrade(struct finding *finding)
{
	finding->verdict = VERDICT_WARNING;
	finding->code = EXIT_OK;
}

/* What an earlier check found about a subject, or NULL. */
const struct finding *find_finding(const struct doctor *doctor, const char *id,
				   const char *subject)
{
	size_t i;

	for (i = 0; i < doctor->count; i++)
		if (!strcmp(doctor->findings[i].id, id) &&
		    !strcmp(doctor->findings[i].subject, subject))
			return &doctor->findings[i];
	return NULL;
}

bool has_problem(const struct doctor *doctor, const char *id, const char *subject)
{
	const struct finding *finding = find_finding(doctor, id, subject);

	return finding && finding->verdict == VERDICT_PROBLEM;
}

void findings_free(struct doctor *doctor)
{
	struct finding *finding;
	struct fix *fix;

	for_each(finding, doctor->findings, doctor->count) {
		for_each(fix, finding->fixes, finding->fix_count) {
			if (fix->argv)
				free(fix->argv[0]);
			free(fix->argv);
			free(fix->note);
		}
		free(finding->fixes);
		free(finding->text);
		free(finding->log);
	}
	free(doctor->findings);
	doctor->findings = NULL;
	doctor->count = 0;
}

/* Words of one allocation, which begins at the first. */
static char **split(const char *words, va_list args)
{
	char *format = or_die(strdup(words)), *rest, *c;
	char **argv = NULL;
	size_t count = 0;

	for (c = format; *c; c++)
		if (*c == ' ')
			*c = BLANK;
	rest = format_text(format, args);
	free(format);
	do {
		argv = or_die(reallocarray(argv, count + 2, sizeof(*argv)));
		argv[count++] = strsep(&rest, (const char[]){ BLANK, '\0' });
	} while (rest);
	argv[count] = NULL;
	return argv;
}

static struct fix *new_fix(struct finding *finding, enum runner runner, const char *note)
{
	struct fix *fix;

	finding->fixes = or_die(reallocarray(finding->fixes, finding->fix_count + 1,
					     sizeof(*fix)));
	fix = &finding->fixes[finding->fix_count++];
	*fix = (struct fix){ .runner = runner, .note = note ? or_die(strdup(note)) : NULL };
	return fix;
}

/**
 * add_command() - add a command that fixes a finding, if root runs it
 * @finding: what it fixes
 * @runner: who runs it
 * @note: a remark on the command, or NULL
 * @words: the command: words with a blank between them, in which %s stands for a
 *	word, or for a part of one, that may contain blanks
 */
void add_command(struct finding *finding, enum runner runner, const char *note,
		 const char *words, ...)
{
	struct fix *fix = new_fix(finding, runner, note);
	va_list args;

	va_start(args, words);
	fix->argv = split(words, args);
	va_end(args);
}

/* What to do where no single command does it. */
void add_note(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	new_fix(finding, BY_USER, NULL)->note = plain_text(format_text(format, args));
	va_end(args);
}

static void print_word(FILE *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789%+,-./:=@^_";

	if (*word && !word[strspn(word, plain)]) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++)
		if (*word == '\'')
			fputs("'\\''", out);
		else
			fputc(*word, out);
	fputc('\'', out);
}

/**
 * fix_text() - a fix as one types it, with its note as a comment
 * @fix: the fix
 * @sudo: for a user who is not root
 *
 * Return: the text, which the caller frees.
 */
char *fix_text(const struct fix *fix, bool sudo)
{
	char **word, *text = NULL;
	size_t size;
	FILE *out = or_die(open_memstream(&text, &size));

	if (fix->argv && sudo)
		fputs("sudo ", out);
	for (word = fix->argv; word && *word; word++) {
		if (word > fix->argv)
			fputc(' ', out);
		print_word(out, *word);
	}
	if (fix->note)
		fprintf(out, "%s%s", fix->argv ? "  # " : "", fix->note);
	if (fclose(out))
		die(EXIT_FAILED, "out of memory");
	return text;
}
