// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio beep: sound a buzzer.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <devtrio/beepctrl.h>

#include "devtrio.h"
#include "tune.h"

static const char usage[] =
	"Usage: devtrio beep on|off|status [-b N] [-t MS]\n"
	"       devtrio beep tone HZ MS [-b N]\n"
	"       devtrio beep play TUNE|-f FILE [-b N] [-r N]\n"
	"Sound a buzzer, or say which there are. Ctrl-C silences: the driver ends what\n"
	"a program sounds when the program ends.\n"
	"\n"
	"  on      sound until Ctrl-C or SIGTERM, or for the time given\n"
	"  off     silence, whoever sounds\n"
	"  tone    sound a tone\n"
	"  play    sound a tune, which is one of\n"
	"          ok, warning, alarm\n"
	"          steps, such as 440/200,rest/100,on/50: Hz or `on', and ms\n"
	"          RTTTL, such as fall:d=8,o=5,b=120:g,e,4c\n"
	"  status  list the buzzers\n"
	"\n"
	"  -b, --buzzer N    which buzzer, from 0; 0 if not given\n"
	"  -t, --time MS     sound for that many milliseconds\n"
	"  -f, --file FILE   read RTTTL from there, - for standard input\n"
	"  -r, --repeat N    play it N times; 0 until Ctrl-C; 1 if not given\n"
	"  -h, --help        show this\n"
	"\n"
	"Example: devtrio beep play ok\n"
	"Example: devtrio beep tone 440 200 --buzzer 1\n";

/* In ms: more than 49 days. */
#define TIME_MAX UINT32_MAX

/* More than the driver takes steps. */
#define RTTTL_MAX 16384

/**
 * struct request - what the command line asks for
 * @index: which buzzer
 * @ms: how long, for on; 0 until a signal
 * @repeat: how often, for play
 * @file: where the tune is, NULL if in @words
 * @words: what follows the action
 */
struct request {
	uint32_t index;
	uint64_t ms;
	uint32_t repeat;
	const char *file;
	char **words;
};

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

static int open_node(void)
{
	return open_device(&beepctrl_device, O_RDWR);
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
	if (err == EOPNOTSUPP)
		die(EXIT_FAILED,
		    "buzzer %u is on a GPIO chip too slow for tones; it can do steps of on and rest, e.g. devtrio beep play on/200",
		    index);
	die(EXIT_FAILED, "can't sound buzzer %u: %s", index, strerror(err));
}

static void switch_buzzer(int fd, unsigned long command, uint32_t index)
{
	struct beepctrl_buzzer buzzer = { .index = index };

	if (ioctl(fd, command, &buzzer))
		explain(fd, index, errno);
}

/* The file stays open, and so the sound on, until a signal or the time ends. */
static int beep_on(const struct request *request)
{
	struct itimerval timer = {
		.it_value = { .tv_sec = request->ms / 1000,
			      .tv_usec = request->ms % 1000 * 1000 },
	};
	int fd = open_node(), signal;
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGALRM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);

	switch_buzzer(fd, BEEPCTRL_ON, request->index);
	if (request->ms)
		setitimer(ITIMER_REAL, &timer, NULL);
	else if (isatty(STDERR_FILENO))
		fprintf(stderr, "buzzer %u sounds; Ctrl-C ends it\n",
			request->index);
	sigwait(&ends, &signal);
	close(fd);
	return EXIT_OK;
}

static int beep_off(const struct request *request)
{
	switch_buzzer(open_node(), BEEPCTRL_OFF, request->index);
	return EXIT_OK;
}

static struct beepctrl_info info_or_die(int fd, uint32_t index)
{
	struct beepctrl_info info = { .index = index };

	if (ioctl(fd, BEEPCTRL_GET_INFO, &info))
		explain(fd, index, errno);
	return info;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/* Waits for the end; a signal ends this process, and so the sound. */
static int play(const struct request *request, const struct tune *tune)
{
	struct beepctrl_play args = {
		.index = request->index,
		.repeat = request->repeat,
		.count = tune->count,
		.steps = (uintptr_t)tune->steps,
	};
	struct pollfd end = { .fd = open_node(), .events = POLLIN };
	uint64_t ms = tune_ms(tune) * request->repeat, start;
	struct beepctrl_info info = info_or_die(end.fd, request->index);

	if (info.max_on_ms && (!request->repeat || ms > info.max_on_ms))
		fprintf(stderr, "devtrio: the driver will silence it after %u ms: see max_on_ms in beepctrl(4)\n",
			info.max_on_ms);
	start = now_ms();
	if (ioctl(end.fd, BEEPCTRL_PLAY, &args))
		explain(end.fd, request->index, errno);
	while (poll(&end, 1, -1) < 0)
		if (errno != EINTR)
			die(EXIT_FAILED, "can't wait for the end: %s",
			    strerror(errno));

	/* The two clocks are the same, but a ms begun counts for none. */
	if (request->repeat && now_ms() - start + 1 >= ms)
		return EXIT_OK;
	info = info_or_die(end.fd, request->index);
	if (info.flags & BEEPCTRL_ABSENT)
		explain(end.fd, request->index, ENODEV);
	if (info.error)
		explain(end.fd, request->index, info.error);
	die(EXIT_FAILED,
	    "it was cut short: by the limit of %u ms (see max_on_ms in beepctrl(4)), or by another program",
	    info.max_on_ms);
}

static int beep_tone(const struct request *request)
{
	static struct tune tune;
	uint32_t frequency;
	uint64_t ms;

	frequency = number_or_die(request->words[0], BEEPCTRL_FREQUENCY_MIN,
				  BEEPCTRL_FREQUENCY_MAX, "a tone in Hz");
	ms = number_or_die(request->words[1], 1, BEEPCTRL_DURATION_MAX,
			   "its time in ms");
	tune_add_step(&tune, frequency, ms);
	return play(request, &tune);
}

static void read_rtttl(const char *path, char *text, size_t size)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	size_t length;

	if (!file)
		die(EXIT_FAILED, "can't open %s: %s", path, strerror(errno));
	length = fread(text, 1, size, file);
	if (ferror(file))
		die(EXIT_FAILED, "can't read %s: %s", path, strerror(errno));
	if (length == size || memchr(text, '\0', length))
		die(EXIT_FAILED, "%s is no RTTTL tune", path);
	text[length] = '\0';
	if (file != stdin)
		fclose(file);
}

static int beep_play(const struct request *request)
{
	static struct tune tune;
	static char text[RTTTL_MAX];
	const char *what = request->words[0], *why;

	if (request->file) {
		what = request->file;
		read_rtttl(what, text, sizeof(text));
		why = tune_add_rtttl(&tune, text);
	} else if (strchr(what, ':')) {
		why = tune_add_rtttl(&tune, what);
	} else if (strchr(what, '/')) {
		why = tune_add_steps(&tune, what);
	} else {
		why = tune_add_named(&tune, what) ? NULL :
		      "a tune is ok, warning, alarm, steps or RTTTL";
	}
	if (why)
		die(EXIT_USAGE, "can't play '%.40s': %s", what, why);
	return play(request, &tune);
}

static const char *state_name(uint32_t flags)
{
	if (flags & BEEPCTRL_ABSENT)
		return "absent";
	if (flags & BEEPCTRL_PLAYING)
		return "playing";
	return flags & BEEPCTRL_SOUNDING ? "on" : "off";
}

static int beep_status(const struct request *request)
{
	int fd = open_node(), i, count = count_or_die(fd);

	(void)request;
	printf("BUZZER STATE   TONES NAME\n");
	for (i = 0; i < count; i++) {
		struct beepctrl_info info = info_or_die(fd, i);
		char name[BEEPCTRL_NAME_LEN * 4 + 1];

		escape_bytes(name, sizeof(name), info.name, sizeof(info.name));
		printf("%6d %-7s %-5s %s\n", i, state_name(info.flags),
		       info.flags & BEEPCTRL_ABSENT ? "-" :
		       info.flags & BEEPCTRL_SLEEPS ? "no" : "yes", name);
	}
	return EXIT_OK;
}

/**
 * struct action - what the first word asks for
 * @name: the word
 * @run: does it
 * @words: how many words must follow; play has none with --file
 * @options: which options it takes beside --buzzer
 */
static const struct action {
	const char *name;
	int (*run)(const struct request *request);
	int words;
	const char *options;
} actions[] = {
	{ "on", beep_on, 0, "t" },
	{ "off", beep_off, 0, "" },
	{ "tone", beep_tone, 2, "" },
	{ "play", beep_play, 1, "fr" },
	{ "status", beep_status, 0, "" },
};

static const struct action *find_action(int argc, char **argv)
{
	const struct action *action;

	if (optind >= argc)
		die(EXIT_USAGE, "on, off, tone, play or status? see %s --help",
		    argv[0]);
	for (action = actions; action < actions + ARRAY_SIZE(actions); action++)
		if (!strcmp(action->name, argv[optind])) {
			optind++;
			return action;
		}
	die(EXIT_USAGE,
	    "beep can be on, off, tone, play or status, not '%s'; see %s --help",
	    argv[optind], argv[0]);
}

static void take_words(const struct action *action, struct request *request,
		       int argc, char **argv)
{
	int wanted = request->file ? 0 : action->words;

	request->words = argv + optind;
	if (argc - optind < wanted)
		die(EXIT_USAGE, "beep %s needs %s; see %s --help", action->name,
		    wanted == 2 ? "HZ and MS" : "a tune", argv[0]);
	optind += wanted;
	no_operands(argc, argv);
}

int cmd_beep(int argc, char **argv)
{
	static const struct option options[] = {
		{ "buzzer", required_argument, NULL, 'b' },
		{ "time", required_argument, NULL, 't' },
		{ "file", required_argument, NULL, 'f' },
		{ "repeat", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct request request = { .repeat = 1 };
	const struct action *action;
	char used[8] = "";
	int opt;

	while ((opt = getopt_long(argc, argv, ":b:t:f:r:h", options,
				  NULL)) != -1) {
		switch (opt) {
		case 'b':
			request.index = number_or_die(optarg, 0, UINT32_MAX,
						      "a buzzer");
			break;
		case 't':
			request.ms = number_or_die(optarg, 1, TIME_MAX,
						   "the time");
			break;
		case 'f':
			request.file = optarg;
			break;
		case 'r':
			request.repeat = number_or_die(optarg, 0, UINT32_MAX,
						       "how often");
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_OK;
		default:
			bad_option(argv, opt);
		}
		if (opt != 'b' && !strchr(used, opt))
			used[strlen(used)] = opt;
	}
	action = find_action(argc, argv);
	if (used[strspn(used, action->options)])
		die(EXIT_USAGE, "beep %s takes no -%c; see %s --help",
		    action->name, used[strspn(used, action->options)], argv[0]);
	take_words(action, &request, argc, argv);

	return action->run(&request);
}
