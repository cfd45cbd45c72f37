// SPDX-License-Identifier: GPL-2.0-only
/*
 * Print findings as text.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "status.h"

#define INDENT	18

static const char *const colours[] = {
	[VERDICT_OK] = "\033[32m",
	[VERDICT_WARNING] = "\033[33m",
	[VERDICT_SKIPPED] = "\033[36m",
	[VERDICT_PROBLEM] = "\033[1;31m",
};

static void print_finding(const struct finding *finding)
{
	bool colour = use_colour(stdout);
	const char *log = finding->log;
	size_t length, i;
	char *text;

	printf("%s%-8s%s%-*s%s%s%s\n", colour ? colours[finding->verdict] : "",
	       verdict_names[finding->verdict], colour ? "\033[0m" : "", INDENT - 8, finding->id,
	       finding->subject, finding->subject[0] ? ": " : "", finding->text);
	for (; log && *log; log += length + (log[length] == '\n')) {
		length = strcspn(log, "\n");
		printf("%*s| %.*s\n", INDENT, "", (int)length, log);
	}
	for (i = 0; i < finding->fix_count; i++) {
		text = fix_text(&finding->fixes[i], geteuid());
		printf("%*s-> %s\n", INDENT, "", text);
		free(text);
	}
}

/* One line for a driver that is fine. */
static void print_driver(const struct doctor *doctor, const char *module)
{
	const struct finding *loaded = find_finding(doctor, "loaded", module);
	const struct finding *access = find_finding(doctor, "access", module);

	if (loaded && loaded->verdict == VERDICT_OK && access && access->verdict == VERDICT_OK)
		printf("%-12s %s, %s\n", module, loaded->text, access->text);
}

static void print_count(size_t count, const char *what, const char *before)
{
	if (count)
		printf("%s%zu %s%s", before, count, what, count == 1 ? "" : "s");
}

static void print_summary(const struct doctor *doctor)
{
	size_t counts[] = { 0, 0, 0, 0 }, i;
	const struct finding *finding;
	bool fixable = false;

	for (i = 0; i < doctor->count; i++) {
		finding = &doctor->findings[i];
		counts[finding->verdict]++;
		fixable |= finding->fix_count && finding->fixes[0].runner == BY_REPAIR;
	}
	if (!counts[VERDICT_PROBLEM])
		fputs("ready", stdout);
	print_count(counts[VERDICT_PROBLEM], "problem", "");
	print_count(counts[VERDICT_WARNING], "warning", ", ");
	putchar('\n');
	if (fixable)
		printf("to run these commands: %sdevtrio repair\n", geteuid() ? "sudo " : "");
}

/**
 * print_report() - print what needs attention, or everything
 * @doctor: the findings
 * @verbose: also what is fine, and what could not be checked
 */
void print_report(const struct doctor *doctor, bool verbose)
{
	const char *kernel = doctor->scope.kernel;
	const struct finding *finding;
	size_t i;

	for (i = 0; !verbose && i < DEVICE_COUNT; i++)
		print_driver(doctor, devices[i]->module);
	for (i = 0; i < doctor->count; i++) {
		finding = &doctor->findings[i];
		if (verbose || (kernel && !strcmp(finding->id, "build")) ||
		    finding->verdict == VERDICT_PROBLEM || finding->verdict == VERDICT_WARNING)
			print_finding(finding);
	}
	if (!kernel)
		print_summary(doctor);
}
