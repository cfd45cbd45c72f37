// SPDX-License-Identifier: GPL-2.0-only
/*
 * Findings and their fixes. A fix is an argument vector: repair runs it without
 * a shell, which must not interpret strings read from the machine.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

static void *or_die(void *memory)
{
	if (!memory)
		die(EXIT_FAILED, "out of memory");
	return memory;
}

/**
 * plain_text() - make text from the machine fit to be printed, and for JSON
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

static char *format_text(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		die(EXIT_FAILED, "out of memory");
	return plain_text(text);
}

static struct finding *add(struct doctor *doctor, enum verdict verdict,
			   const char *subject, const char *format,
			   va_list args)
{
	struct finding *finding;

	doctor->findings = or_die(reallocarray(doctor->findings,
					       doctor->count + 1,
					       sizeof(*finding)));
	finding = &doctor->findings[doctor->count++];
	*finding = (struct finding){
		.id = doctor->id,
		.verdict = verdict,
		.text = format_text(format, args),
		.stage = STAGE_USER,
	};
	snprintf(finding->subject, sizeof(finding->subject), "%s", subject);
	return finding;
}

/**
 * report_finding() - add what the running check found
 * @doctor: the round of checks
 * @verdict: whether it is well
 * @subject: the module or kernel that it is about, or ""
 * @format: what was found
 *
 * Return: the finding, valid until the next one is added.
 */
struct finding *report_finding(struct doctor *doctor, enum verdict verdict,
			       const char *subject, const char *format, ...)
{
	struct finding *finding;
	va_list args;

	va_start(args, format);
	finding = add(doctor, verdict, subject, format, args);
	va_end(args);
	return finding;
}

/* As report_finding(), with the code to exit with. */
struct finding *report_problem(struct doctor *doctor, enum exit_code code,
			       const char *subject, const char *format, ...)
{
	struct finding *finding;
	va_list args;

	va_start(args, format);
	finding = add(doctor, VERDICT_PROBLEM, subject, format, args);
	va_end(args);
	finding->code = code;
	return finding;
}

/* A problem of another day only: a warning. */
void downgrade(struct finding *finding)
{
	finding->verdict = VERDICT_WARNING;
	finding->code = EXIT_OK;
}

/* What an earlier check said of a subject, or NULL. */
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

static void free_finding(struct finding *finding)
{
	size_t i, word;

	for (i = 0; i < finding->command_count; i++) {
		struct fix *command = &finding->commands[i];

		for (word = 0; command->argv && command->argv[word]; word++)
			free(command->argv[word]);
		free(command->argv);
		free(command->note);
	}
	free(finding->commands);
	free(finding->text);
	free(finding->log);
}

void doctor_free(struct doctor *doctor)
{
	size_t i;

	for (i = 0; i < doctor->count; i++)
		free_finding(&doctor->findings[i]);
	free(doctor->findings);
	doctor->findings = NULL;
	doctor->count = 0;
}

static struct fix *add_command(struct finding *finding, const char *note)
{
	struct fix *command;

	finding->commands = or_die(reallocarray(finding->commands,
						finding->command_count + 1,
						sizeof(*command)));
	command = &finding->commands[finding->command_count++];
	*command = (struct fix){
		.note = note ? or_die(strdup(note)) : NULL,
	};
	return command;
}

static char **copy_words(va_list args)
{
	char **argv = NULL;
	const char *word;
	size_t count = 0;

	do {
		word = va_arg(args, const char *);
		argv = or_die(reallocarray(argv, count + 1, sizeof(*argv)));
		argv[count++] = word ? or_die(strdup(word)) : NULL;
	} while (word);
	return argv;
}

/**
 * add_fix() - add a command that mends it, and that repair may run as root
 * @finding: what is wrong
 * @stage: when; the same for all commands of a finding
 *
 * The words follow, and NULL.
 */
void add_fix(struct finding *finding, enum stage stage, ...)
{
	struct fix *command = add_command(finding, NULL);
	va_list args;

	va_start(args, stage);
	command->argv = copy_words(args);
	va_end(args);
	command->automatic = true;
	finding->stage = stage;
}

/* A command that is not to be run unasked; the words follow, and NULL. */
void add_manual_fix(struct finding *finding, const char *note, ...)
{
	struct fix *command = add_command(finding, note);
	va_list args;

	va_start(args, note);
	command->argv = copy_words(args);
	va_end(args);
}

/* What to do where no single command does it. */
void add_note(struct finding *finding, const char *format, ...)
{
	va_list args;
	char *note;

	va_start(args, format);
	note = format_text(format, args);
	va_end(args);
	add_command(finding, note);
	free(note);
}

/**
 * add_package_fix() - have the package manager install something
 * @doctor: the round of checks
 * @finding: what is wrong
 * @stage: when
 * @package: its name
 * @again: it is installed already, but damaged
 */
void add_package_fix(struct doctor *doctor, struct finding *finding,
		     enum stage stage, const char *package, bool again)
{
	switch (doctor->machine.manager) {
	case MANAGER_APT:
		if (again)
			add_fix(finding, stage, "apt-get", "install", "-y",
				"--reinstall", package, NULL);
		else
			add_fix(finding, stage, "apt-get", "install", "-y",
				package, NULL);
		break;
	case MANAGER_DNF:
		add_fix(finding, stage, "dnf", again ? "reinstall" : "install",
			"-y", package, NULL);
		break;
	case MANAGER_UNKNOWN:
		add_note(finding, "install %s, or what it is called here, with your package manager",
			 package);
		break;
	}
}

static bool needs_quotes(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789%+,-./:=@^_";

	return !*word || word[strspn(word, plain)];
}

static void print_word(FILE *out, const char *word)
{
	const char *c;

	if (!needs_quotes(word)) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (c = word; *c; c++)
		if (*c == '\'')
			fputs("'\\''", out);
		else
			fputc(*c, out);
	fputc('\'', out);
}

/**
 * command_text() - a command as it is typed, with its note as a comment
 * @command: which
 * @sudo: whoever types it is not root
 *
 * Return: the text, to be freed.
 */
char *command_text(const struct fix *command, bool sudo)
{
	char **word, *text = NULL;
	size_t size;
	FILE *out = or_die(open_memstream(&text, &size));

	if (command->argv) {
		fputs(sudo ? "sudo" : "", out);
		for (word = command->argv; *word; word++) {
			if (sudo || word > command->argv)
				fputc(' ', out);
			print_word(out, *word);
		}
	}
	if (command->note)
		fprintf(out, "%s%s", command->argv ? "  # " : "",
			command->note);
	if (fclose(out))
		die(EXIT_FAILED, "out of memory");
	return text;
}
