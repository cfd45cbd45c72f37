// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio repair: apply the fixes that status proposes, and verify them.
 *
 * Examine the machine again after each fix: it may have solved other problems, or
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

#define MAX_ROUNDS	6	/* each may expose new problems */

/* Texts, each between newlines. */
struct list {
	char *texts;
};

static bool list_has(const struct list *list, const char *text)
{
	char *line;
	bool found;

	if (asprintf(&line, "\n%s\n", text) < 0)
		die(EXIT_FAILED, "out of memory");
	found = list->texts && strstr(list->texts, line);
	free(line);
	return found;
}

/* Whether a text is new to a list, which gets it. */
static bool list_add(struct list *list, const char *text)
{
	char *longer;

	if (list_has(list, text))
		return false;
	if (asprintf(&longer, "%s%s\n", list->texts ? list->texts : "\n", text) < 0)
		die(EXIT_FAILED, "out of memory");
	free(list->texts);
	list->texts = longer;
	return true;
}

/* What identifies a finding from one examination to the next, until the next call. */
static const char *name_of(const struct finding *finding)
{
	static char name[2 * NAME_SIZE];

	snprintf(name, sizeof(name), "%s: %s: %s", finding->id, finding->subject, finding->text);
	return name;
}

static void show(const struct finding *finding, struct list *shown)
{
	const struct fix *fix;
	char *text;

	for_each(fix, finding->fixes, finding->fix_count) {
		text = fix_text(fix, false);
		if (list_add(shown, text))
			printf("  %s%s\n", fix->runner == BY_USER ? "for you to decide: " : "",
			       text);
		free(text);
	}
}

/**
 * show_plan() - show the fixes that were not tried
 * @doctor: the findings
 * @tried: the names of those that were tried
 * @planned: gets the names of those that repair can fix
 *
 * Return: whether there are any.
 */
static bool show_plan(const struct doctor *doctor, const struct list *tried,
		      struct list *planned)
{
	struct list shown = { };
	const struct finding *finding;
	bool any = false;

	for_each(finding, doctor->findings, doctor->count) {
		if (!finding->fix_count || list_has(tried, name_of(finding)))
			continue;
		if (!shown.texts)
			puts("To fix what is wrong:");
		if (finding->fixes[0].runner == BY_REPAIR)
			any |= list_add(planned, name_of(finding));
		show(finding, &shown);
	}
	if (!shown.texts && !tried->texts)
		puts("There is nothing to fix.");
	free(shown.texts);
	return any;
}

static bool agrees(void)
{
	char answer[16];

	fputs("Run these commands? [y/N] ", stdout);
	flush_stdout();
	return fgets(answer, sizeof(answer), stdin) && strchr("yY", answer[0]);
}

static bool run(char *const *argv)
{
	char *text = fix_text(&(struct fix){ .argv = (char **)argv }, false);
	int status = 0, err;
	pid_t pid;

	printf("# %s\n", text);
	flush_stdout();
	err = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	while (!err && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (err)
		printf("%s does not run: %s\n", argv[0], strerror(err));
	else if (WIFSIGNALED(status))
		printf("`%s` was killed by signal %d\n", text, WTERMSIG(status));
	else if (status)
		printf("`%s` exited with %d\n", text, WEXITSTATUS(status));
	free(text);
	return !err && !status;
}

/*
 * Run a finding's commands up to the first that fails, and look again once udev has
 * seen what was loaded. A command that fails may have done its work: apt-get also
 * fails if another package's module does not build. One that succeeds may have
 * changed nothing.
 */
static bool apply(const struct finding *finding, enum runner runner,
		  const struct scope *scope, struct doctor *now)
{
	const struct finding *left;
	const struct fix *fix;
	char output[64];
	bool ok = true;

	for_each(fix, finding->fixes, finding->fix_count)
		ok = ok && (fix->runner != runner || run(fix->argv));
	ask(output, "udevadm", "settle", "--timeout=10");
	doctor_free(now);
	doctor_examine(now, scope);
	left = find_finding(now, finding->id, finding->subject);
	return !left || left->verdict == VERDICT_OK || left->verdict == VERDICT_SKIPPED;
}

static void fix_finding(struct doctor *doctor, const struct finding *finding)
{
	struct doctor now = { };
	bool fixed;

	printf("\n%s\n", name_of(finding));
	fixed = apply(finding, BY_REPAIR, &doctor->scope, &now);
	if (!fixed && finding->fixes[finding->fix_count - 1].runner == BY_REPAIR_LATER)
		fixed = apply(finding, BY_REPAIR_LATER, &doctor->scope, &now);
	printf("%s%s\n", fixed ? "fixed" : "still there: ", fixed ? "" : name_of(finding));
	doctor_free(doctor);
	*doctor = now;
}

/* The first finding of a list that is not in another one, or NULL. */
static const struct finding *find_next(const struct doctor *doctor, const struct list *list,
				       const struct list *other)
{
	const struct finding *finding;

	for_each(finding, doctor->findings, doctor->count)
		if (list_has(list, name_of(finding)) && !list_has(other, name_of(finding)))
			return finding;
	return NULL;
}

/* Fix what was shown; then show what that exposed, and so on. */
static enum exit_code repair(struct doctor *doctor, struct list *planned, bool yes)
{
	const struct list none = { };
	struct list tried = { };
	const struct finding *finding;
	enum exit_code code;
	int rounds = 0;

	if (geteuid()) {
		warn("only root can do that; try: sudo devtrio repair");
		return EXIT_NO_PERMISSION;
	}
	do {
		if (!yes && !agrees())
			break;
		while ((finding = find_next(doctor, planned, &tried))) {
			list_add(&tried, name_of(finding));
			fix_finding(doctor, finding);
		}
	} while (++rounds < MAX_ROUNDS && show_plan(doctor, &tried, planned));
	code = doctor_exit_code(doctor);
	if (code == EXIT_OK && find_next(doctor, &tried, &none))
		code = EXIT_FAILED;
	free(tried.texts);
	if (!yes && feof(stdin)) {
		warn("no answer; to run the commands unasked: devtrio repair --yes");
		return EXIT_USAGE;
	}
	puts("\nNow:");
	print_report(doctor, false);
	return code;
}

static int run_repair(struct command_line *line)
{
	const struct list none = { };
	struct list planned = { };
	bool dry = false, yes = false;
	enum exit_code code;
	struct doctor doctor;
	struct scope scope;
	int opt;

	while ((opt = next_option(line)) != -1) {
		dry |= opt == 'n';
		yes |= opt == 'y';
	}
	scope = scope_of(line, NULL);

	doctor_examine(&doctor, &scope);
	code = doctor_exit_code(&doctor);
	if (show_plan(&doctor, &none, &planned) && !dry)
		code = repair(&doctor, &planned, yes);
	free(planned.texts);
	doctor_free(&doctor);
	return code;
}

static const struct flag repair_flags[] = {
	{ 'n', "dry-run", NULL, "only show the commands (works without root)", NULL },
	{ 'y', "yes", NULL, "run the commands without asking", NULL },
	{ }
};

const struct command repair_command = {
	.name = "repair",
	.summary = "apply the fixes that status proposes",
	.operands = "[DRIVER]...",
	.text = "Show the fixes that devtrio status proposes, ask, run them, check after each that the problem is gone, and show the new status. Fixes that need your decision, such as enrolling a key or rebooting, are only shown. The exit code is that of devtrio status afterwards, or 1 if a warning that it tried to fix is still there.",
	.flags = repair_flags,
	.examples = (const char *const[]){
		"devtrio repair --dry-run",
		"sudo devtrio repair",
		NULL
	},
	.complete = complete_driver,
	.run = run_repair,
};
