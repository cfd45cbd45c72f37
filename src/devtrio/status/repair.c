// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio repair: apply the fixes that status proposes.
 *
 * Examine the machine again after each fix: it may have fixed other problems or
 * exposed new ones.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/command.h"
#include "status.h"

/**
 * struct texts - commands that were shown, or things that were tried
 * @text: each of them
 * @count: how many
 */
struct texts {
	char **text;
	size_t count;
};

static bool texts_have(const struct texts *texts, const char *text)
{
	size_t i;

	for (i = 0; i < texts->count; i++)
		if (!strcmp(texts->text[i], text))
			return true;
	return false;
}

/* Takes the text over. */
static void texts_add(struct texts *texts, char *text)
{
	texts->text = reallocarray(texts->text, texts->count + 1,
				   sizeof(*texts->text));
	if (!texts->text)
		die(EXIT_FAILED, "out of memory");
	texts->text[texts->count++] = text;
}

static void texts_free(struct texts *texts)
{
	while (texts->count)
		free(texts->text[--texts->count]);
	free(texts->text);
}

/* Half of what mends something may be for the user to decide. */
static bool is_automatic(const struct finding *finding)
{
	return finding->command_count && finding->commands[0].automatic;
}

static const struct fix *last_of(const struct finding *finding)
{
	return &finding->commands[finding->command_count];
}

static void show(const struct finding *finding, struct texts *shown)
{
	const struct fix *command;
	char *text;

	for (command = finding->commands; command < last_of(finding);
	     command++) {
		text = command_text(command, false);
		if (texts_have(shown, text)) {
			free(text);
			continue;
		}
		printf("  %s%s\n", command->automatic ? "" : "for you to decide: ",
		       text);
		texts_add(shown, text);
	}
}

/* In the order of the stages. Returns whether there is something to do. */
static bool show_plan(const struct doctor *doctor)
{
	struct texts shown = { };
	const struct finding *finding;
	bool automatic = false;
	int stage;
	size_t i;

	for (stage = STAGE_PACKAGE; stage <= STAGE_USER; stage++) {
		for (i = 0; i < doctor->count; i++) {
			finding = &doctor->findings[i];
			if (finding->stage != (enum stage)stage ||
			    !finding->command_count)
				continue;
			if (!shown.count)
				puts("To mend what is wrong:");
			automatic |= is_automatic(finding);
			show(finding, &shown);
		}
	}
	if (!shown.count)
		puts("There is nothing to mend.");
	texts_free(&shown);
	return automatic;
}

/* One text that tells what mends a finding from what mends others. */
static char *signature_of(const struct finding *finding)
{
	const struct fix *command;
	char *all = NULL, *text;
	size_t size;
	FILE *out = open_memstream(&all, &size);

	if (!out)
		die(EXIT_FAILED, "out of memory");
	for (command = finding->commands; command < last_of(finding);
	     command++) {
		text = command_text(command, false);
		fprintf(out, "%s\n", text);
		free(text);
	}
	fclose(out);
	return all;
}

/* What comes first, of what was not tried yet. */
static const struct finding *pick(const struct doctor *doctor,
				  struct texts *tried)
{
	const struct finding *finding, *first = NULL;
	char *signature;
	size_t i;

	for (i = 0; i < doctor->count; i++) {
		finding = &doctor->findings[i];
		if (!is_automatic(finding) ||
		    (first && finding->stage >= first->stage))
			continue;
		signature = signature_of(finding);
		if (!texts_have(tried, signature))
			first = finding;
		free(signature);
	}
	if (first)
		texts_add(tried, signature_of(first));
	return first;
}

static bool run(const struct fix *command)
{
	char *text = command_text(command, false);
	int status, err;
	pid_t pid;
	bool ok;

	printf("# %s\n", text);
	flush_stdout();
	err = posix_spawnp(&pid, command->argv[0], NULL, NULL, command->argv,
			   environ);
	if (err) {
		printf("%s does not run: %s\n", command->argv[0],
		       strerror(err));
		free(text);
		return false;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	ok = WIFEXITED(status) && !WEXITSTATUS(status);
	if (!ok && WIFEXITED(status))
		printf("`%s` ended with %d\n", text,
		       WEXITSTATUS(status));
	else if (!ok)
		printf("`%s` was killed by signal %d\n", text,
		       WTERMSIG(status));
	free(text);
	return ok;
}

/* Those after the first that is not automatic are the user's. */
static bool run_all(const struct finding *finding)
{
	const struct fix *command;

	printf("\n%s: %s%s%s\n", finding->id, finding->subject,
	       finding->subject[0] ? ": " : "", finding->text);
	for (command = finding->commands;
	     command < last_of(finding) && command->automatic; command++)
		if (!run(command))
			return false;
	return true;
}

/* udev has yet to see what was loaded. */
static void settle(void)
{
	static const char *const argv[] = {
		"udevadm", "settle", "--timeout=10", NULL,
	};
	char output[64];

	run_tool(output, sizeof(output), argv);
}

static void leave(struct doctor *doctor)
{
	doctor_free(doctor);
	machine_free(&doctor->machine);
}

static bool is_fixed(const struct doctor *doctor, const char *id,
		      const char *subject)
{
	const struct finding *finding = find_finding(doctor, id, subject);

	return !finding || finding->verdict == VERDICT_OK ||
	       finding->verdict == VERDICT_SKIPPED;
}

/*
 * Returns whether nothing stopped it. A command that fails may have done what it
 * was for: apt-get does not like it if the build of another's module fails.
 */
static bool fix_all(struct doctor *doctor, const struct scope *scope)
{
	struct texts tried = { };
	const struct finding *finding;
	char subject[NAME_SIZE];
	const char *id;
	bool ok = true;

	while (ok && (finding = pick(doctor, &tried))) {
		id = finding->id;
		strcpy(subject, finding->subject);
		ok = run_all(finding);
		settle();
		leave(doctor);
		examine_this(doctor, scope);
		if (ok)
			continue;
		ok = is_fixed(doctor, id, subject);
		puts(ok ? "But what it was for is mended, so this goes on." :
			  "Stopped.");
	}
	texts_free(&tried);
	return ok;
}

static enum exit_code repair(struct doctor *doctor, const struct scope *scope)
{
	enum exit_code code;
	bool ok;

	if (geteuid())
		die(EXIT_NO_PERMISSION, "only root may do that; try: sudo devtrio repair");
	/* As it is with su, it may lack the folders of modprobe and dkms. */
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	       1);
	ok = fix_all(doctor, scope);
	puts("\nNow:");
	doctor_print(doctor);
	code = doctor_exit_code(doctor);
	return ok || code != EXIT_OK ? code : EXIT_FAILED;
}

static int run_repair(struct command_line *line)
{
	enum exit_code code;
	struct doctor doctor;
	struct scope scope;
	bool dry = false;

	while (next_option(line) != -1)
		dry = true;
	scope = scope_of(line, NULL);

	examine_this(&doctor, &scope);
	code = doctor_exit_code(&doctor);
	if (show_plan(&doctor) && !dry)
		code = repair(&doctor, &scope);
	leave(&doctor);
	return code;
}

static const struct flag repair_flags[] = {
	{ 'n', "dry-run", NULL, "only show the commands (works without root)", NULL },
	{ }
};

const struct command repair_command = {
	.name = "repair",
	.summary = "apply the fixes that status proposes",
	.operands = "[DRIVER]...",
	.text = "Show the fixes that devtrio status proposes, apply them, and show the new status. Fixes that need your decision, such as enrolling a key or rebooting, are only shown. The exit code is that of devtrio status afterwards.",
	.flags = repair_flags,
	.examples = (const char *const[]){
		"devtrio repair --dry-run",
		"sudo devtrio repair",
		NULL
	},
	.complete = complete_driver,
	.run = run_repair,
};
