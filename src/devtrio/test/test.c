// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio test: run the installed driver tests as the calling user, and merge their
 * TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/beepctrl.h"
#include "lib/command.h"
#include "lib/devtrio.h"

/* Where the packages install the programs. */
#define INSTALLED	DEVTRIO_LIBEXECDIR "/devtrio/selftests"

/**
 * struct run - tests that run
 * @dir: folder of the programs
 * @sound: also tests that sound a buzzer
 * @number: tests so far
 * @failed: how many of them failed
 * @skipped: how many could not run
 */
struct run {
	const char *dir;
	bool sound;
	size_t number;
	size_t failed;
	size_t skipped;
};

/* Flush each result: a reader of a pipe sees how far the tests are. */
static void report(struct run *run, bool ok, const char *module,
		   const char *name, const char *directive)
{
	run->failed += !ok;
	printf("%s %zu - %s: %s%s\n", ok ? "ok" : "not ok", ++run->number,
	       module, name, directive);
	flush_stdout();
}

/* Take "3 - name" or, as cmocka prints a skipped test, "3 # SKIP name". */
static void merge_result(struct run *run, bool ok, const char *module,
			 const char *text)
{
	text += strspn(text, "0123456789 -");
	if (!strncmp(text, "# SKIP ", 7)) {
		run->skipped++;
		report(run, true, module, text + 7, " # SKIP");
	} else {
		report(run, ok, module, text, "");
	}
}

/* Returns whether the program ran as many tests as it planned. */
static bool merge(struct run *run, const char *module, FILE *tap)
{
	size_t size = 0, planned = SIZE_MAX, before = run->number;
	char *line = NULL;

	while (getline(&line, &size, tap) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "ok ", 3))
			merge_result(run, true, module, line + 3);
		else if (!strncmp(line, "not ok ", 7))
			merge_result(run, false, module, line + 7);
		else if (sscanf(line, "1..%zu", &planned) != 1 && *line)
			printf("# %s\n", line + strspn(line, "# "));
	}
	free(line);
	return run->number - before == planned;
}

/* Returns a file to read its output from; NULL and errno if it does not start. */
static FILE *start(const char *path, bool sound, pid_t *pid)
{
	char *argv[] = { (char *)path, "--live", sound ? "--sound" : NULL, NULL };
	posix_spawn_file_actions_t actions;
	FILE *output = NULL;
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC))
		return NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	err = posix_spawnp(pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (!err)
		output = fdopen(ends[0], "r");
	if (!output)
		close(ends[0]);
	errno = err;
	return output;
}

static void run_program(struct run *run, const char *module, const char *path)
{
	size_t failed = run->failed;
	int status = 0;
	bool complete;
	FILE *output;
	pid_t pid;

	output = start(path, run->sound, &pid);
	if (!output)
		die(EXIT_FAILED, "cannot run %s: %s", path, strerror(errno));
	complete = merge(run, module, output);
	fclose(output);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		printf("# %s: killed by signal %d\n", path, WTERMSIG(status));
	if (!complete || !status != (run->failed == failed))
		report(run, false, module, "the program completes its plan", "");
}

static void find_programs(const char *dir, const char *module, glob_t *programs)
{
	char pattern[4096];

	snprintf(pattern, sizeof(pattern), "%s/%s*_test", dir, module);
	if (glob(pattern, 0, NULL, programs))
		die(EXIT_NOT_INSTALLED,
		    "no tests of %s in %s; install devtrio-selftests (dnf), reinstall devtrio (apt), or use --dir",
		    module, dir);
}

static void run_module(struct run *run, const struct device *device,
		       const glob_t *programs)
{
	struct problem problem;
	size_t i;
	int fd;

	fd = try_open_device(device, O_RDONLY, &problem);
	report(run, fd >= 0, device->module, "the device opens", "");
	if (fd < 0)
		printf("# %s; %s\n", problem.what, problem.advice);
	else
		close(fd);
	for (i = 0; fd >= 0 && i < programs->gl_pathc; i++)
		run_program(run, device->module, programs->gl_pathv[i]);
}

/* A test that was skipped is not a success. */
static enum exit_code result_of(const struct run *run, bool beepctrl)
{
	int fd, buzzers = 1;

	if (run->failed)
		return EXIT_FAILED;
	if (!run->skipped)
		return EXIT_OK;
	puts("# some tests could not run here, which is not a success: name the drivers to test");
	fd = beepctrl ? open(beepctrl_device.path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		buzzers = buzzer_count(fd);
		close(fd);
	}
	return buzzers ? EXIT_FAILED : EXIT_NO_BUZZER;
}

static int test(struct command_line *line)
{
	bool wanted[DEVICE_COUNT] = { };
	glob_t programs[DEVICE_COUNT];
	struct run run = { .dir = INSTALLED };
	const char *name;
	size_t i;
	int opt;

	while ((opt = next_option(line)) != -1) {
		if (opt == 'd')
			run.dir = optarg;
		else if (opt == 's')
			run.sound = true;
	}
	name = next_operand(line);
	for (i = 0; i < DEVICE_COUNT; i++)
		wanted[i] = !name;
	for (; name; name = next_operand(line))
		wanted[device_or_die(name)] = true;

	for (i = 0; i < DEVICE_COUNT; i++)
		if (wanted[i])
			find_programs(run.dir, devices[i]->module, &programs[i]);
	puts("TAP version 13");
	for (i = 0; i < DEVICE_COUNT; i++)
		if (wanted[i]) {
			run_module(&run, devices[i], &programs[i]);
			globfree(&programs[i]);
		}
	printf("1..%zu\n", run.number);
	if (!run.sound && wanted[1])
		puts("# without --sound, no buzzer was sounded");
	return result_of(&run, wanted[1]);
}

static const struct flag test_flags[] = {
	{ 's', "sound", NULL, "also sound a buzzer for a moment", NULL },
	{ 'd', "dir", "DIR", "run the programs in this directory", complete_file },
	{ }
};

const struct command test_command = {
	.name = "test",
	.summary = "test the devices",
	.operands = "[DRIVER]...",
	.text = "Test the devices of all drivers, or of the named ones, as the calling user, and print TAP. The tests restore what they change, write no buffer that holds data, and are silent without --sound. The exit code is 0 if all requested tests ran and passed.",
	.flags = test_flags,
	.examples = (const char *const[]){
		"devtrio test",
		"devtrio test --sound beepctrl",
		NULL
	},
	.complete = complete_driver,
	.run = test,
};
