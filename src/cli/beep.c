// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio beep: switch a buzzer on or off.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include <devtrio/beepctrl.h>

#include "devtrio.h"

static const char usage[] =
	"Usage: devtrio beep on|off|status [-b N] [-t MS]\n"
	"Switch a buzzer on or off, or say which there are.\n"
	"\n"
	"  on      sound until Ctrl-C or SIGTERM, or for the time given: the driver\n"
	"          silences a buzzer when the program that switched it on ends\n"
	"  off     silence, whoever switched it on\n"
	"  status  list the buzzers\n"
	"\n"
	"  -b, --buzzer N  which buzzer, from 0; 0 if not given\n"
	"  -t, --time MS   sound for that many milliseconds\n"
	"  -h, --help      show this\n"
	"\n"
	"Example: devtrio beep on --time 200\n";

/* In ms: more than 49 days. */
#define TIME_MAX UINT32_MAX

/**
 * buzzer_count() - how many buzzers are configured
 * @fd: /dev/beepctrl
 *
 * Return: the count, 0 if none is, or -errno.
 */
int buzzer_count(int fd)
{
	struct beepctrl_info info = { .index = 0 };

	if (!ioctl(fd, BEEPCTRL_GET_INFO, &info))
		return info.count;
	return errno == ENODEV ? 0 : -errno;
}

static int count_or_die(int fd)
{
	int count = buzzer_count(fd);

	if (count < 0)
		die(EXIT_FAILED, "%s does not answer: %s",
		    beepctrl_device.path, strerror(-count));
	if (!count)
		die(EXIT_NO_BUZZER, "no buzzer is configured: "
		    NO_BUZZER_ADVICE);
	return count;
}

static void __attribute__((noreturn)) explain(int fd, uint32_t index, int err)
{
	int count = count_or_die(fd);

	if (err == EINVAL && count == 1)
		die(EXIT_FAILED, "there is no buzzer %u: the only one is 0",
		    index);
	if (err == EINVAL)
		die(EXIT_FAILED,
		    "there is no buzzer %u: they are numbered 0 to %d", index,
		    count - 1);
	if (err == ENODEV)
		die(EXIT_FAILED,
		    "buzzer %u is configured, but its GPIO chip is not there; see the chips with: gpiodetect",
		    index);
	die(EXIT_FAILED, "can't switch buzzer %u: %s", index, strerror(err));
}

static void switch_buzzer(int fd, unsigned long command, uint32_t index)
{
	struct beepctrl_buzzer buzzer = { .index = index };

	if (ioctl(fd, command, &buzzer))
		explain(fd, index, errno);
}

/* The file stays open, and so the sound on, until a signal or the time ends. */
static int beep_on(int fd, uint32_t index, uint64_t ms)
{
	struct itimerval timer = {
		.it_value = { .tv_sec = ms / 1000,
			      .tv_usec = ms % 1000 * 1000 },
	};
	sigset_t ends;
	int signal;

	sigemptyset(&ends);
	sigaddset(&ends, SIGALRM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);

	switch_buzzer(fd, BEEPCTRL_ON, index);
	if (ms)
		setitimer(ITIMER_REAL, &timer, NULL);
	else if (isatty(STDERR_FILENO))
		fprintf(stderr, "buzzer %u sounds; Ctrl-C ends it\n", index);
	sigwait(&ends, &signal);
	close(fd);
	return EXIT_OK;
}

static int beep_off(int fd, uint32_t index, uint64_t ms)
{
	(void)ms;
	switch_buzzer(fd, BEEPCTRL_OFF, index);
	return EXIT_OK;
}

static const char *state_name(uint32_t flags)
{
	if (flags & BEEPCTRL_ABSENT)
		return "absent";
	return flags & BEEPCTRL_SOUNDING ? "on" : "off";
}

static int beep_status(int fd, uint32_t index, uint64_t ms)
{
	int i, count = count_or_die(fd);

	(void)index;
	(void)ms;
	printf("BUZZER STATE  NAME\n");
	for (i = 0; i < count; i++) {
		struct beepctrl_info info = { .index = i };
		char name[BEEPCTRL_NAME_LEN * 4 + 1];

		if (ioctl(fd, BEEPCTRL_GET_INFO, &info))
			explain(fd, i, errno);
		escape_bytes(name, sizeof(name), info.name, sizeof(info.name));
		printf("%6d %-6s %s\n", i, state_name(info.flags), name);
	}
	return EXIT_OK;
}

static const struct action {
	const char *name;
	int (*run)(int fd, uint32_t index, uint64_t ms);
} actions[] = {
	{ "on", beep_on },
	{ "off", beep_off },
	{ "status", beep_status },
};

static const struct action *find_action(int argc, char **argv)
{
	const struct action *action;

	if (optind >= argc)
		die(EXIT_USAGE, "on, off or status? see %s --help", argv[0]);
	for (action = actions; action < actions + ARRAY_SIZE(actions); action++)
		if (!strcmp(action->name, argv[optind])) {
			optind++;
			return action;
		}
	die(EXIT_USAGE, "beep can be on, off or status, not '%s'; see %s --help",
	    argv[optind], argv[0]);
}

int cmd_beep(int argc, char **argv)
{
	static const struct option options[] = {
		{ "buzzer", required_argument, NULL, 'b' },
		{ "time", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	const struct action *action;
	uint32_t index = 0;
	uint64_t ms = 0;
	int opt;

	while ((opt = getopt_long(argc, argv, ":b:t:h", options, NULL)) != -1) {
		switch (opt) {
		case 'b':
			index = number_or_die(optarg, 0, UINT32_MAX,
					      "a buzzer");
			break;
		case 't':
			ms = number_or_die(optarg, 1, TIME_MAX, "the time");
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_OK;
		default:
			bad_option(argv, opt);
		}
	}
	action = find_action(argc, argv);
	no_operands(argc, argv);
	if (ms && action->run != beep_on)
		die(EXIT_USAGE, "--time is for beep on; see %s --help",
		    argv[0]);

	return action->run(open_device(&beepctrl_device, O_RDWR), index, ms);
}
