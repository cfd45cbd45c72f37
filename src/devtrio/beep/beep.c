// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio beep: sound a buzzer.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "lib/beepctrl.h"
#include "lib/command.h"
#include "lib/devtrio.h"
#include "lib/json.h"
#include "tune.h"

/* In ms: about 49 days. */
#define TIME_MAX UINT32_MAX

/* Enough text for the driver's limit of steps. */
#define RTTTL_MAX 16384

/**
 * struct request - the parsed command line
 * @index: the buzzer
 * @chosen: --buzzer was given
 * @ms: duration for on; 0: until a signal
 * @repeat: repetitions for play; 0: until a signal
 * @file: file with the tune; NULL: the tune is in @words
 * @words: the operands
 * @json: print JSON
 */
struct request {
	uint32_t index;
	bool chosen;
	uint64_t ms;
	uint32_t repeat;
	const char *file;
	const char *words[2];
	bool json;
};

static int open_node(void)
{
	return open_device(&beepctrl_device, O_RDWR);
}

static int count_or_die(int fd)
{
	int count = buzzer_count(fd);

	if (count < 0)
		die(EXIT_FAILED, "cannot query %s: %s",
		    beepctrl_device.path, strerror(-count));
	if (!count)
		die(EXIT_NO_BUZZER, "no buzzer is configured: "
		    NO_BUZZER_ADVICE);
	return count;
}

static void __attribute__((noreturn)) explain(int fd, uint32_t index, int err)
{
	int count = count_or_die(fd);
	struct beepctrl_info info;
	char reason[256];

	if (err == EINVAL && count == 1)
		die(EXIT_FAILED, "no buzzer %u: the only one is 0", index);
	if (err == EINVAL)
		die(EXIT_FAILED, "no buzzer %u: expected 0 to %d", index,
		    count - 1);
	if (err == ENODEV && !beepctrl_get_info(fd, index, &info) &&
	    info.flags & BEEPCTRL_ABSENT) {
		explain_absent(reason, sizeof(reason), &info);
		die(EXIT_FAILED, "buzzer %u is absent: %s; see devtrio status",
		    index, reason);
	}
	if (err == EOPNOTSUPP)
		die(EXIT_FAILED,
		    "cannot play tones on buzzer %u: its GPIO chip is too slow; use on and rest steps, e.g. devtrio beep play on/200",
		    index);
	die(EXIT_FAILED, "cannot sound buzzer %u: %s", index, strerror(err));
}

/* The sound lasts as long as the file is open: close it after the wait. */
static int beep_on(const void *data)
{
	const struct request *request = data;
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

	if (beepctrl_on(fd, request->index))
		explain(fd, request->index, errno);
	if (request->ms)
		setitimer(ITIMER_REAL, &timer, NULL);
	else if (isatty(STDERR_FILENO))
		fprintf(stderr, "buzzer %u is on; press Ctrl-C to stop it\n",
			request->index);
	sigwait(&ends, &signal);
	close(fd);
	return EXIT_OK;
}

static int beep_off(const void *data)
{
	const struct request *request = data;
	int fd = open_node();

	if (beepctrl_off(fd, request->index))
		explain(fd, request->index, errno);
	return EXIT_OK;
}

static struct beepctrl_info info_or_die(int fd, uint32_t index)
{
	struct beepctrl_info info;

	if (beepctrl_get_info(fd, index, &info))
		explain(fd, index, errno);
	return info;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/* Wait for the end. A signal kills this process, which ends the sound. */
static int play(const struct request *request, const struct tune *tune)
{
	int fd = open_node();
	uint64_t ms = tune_ms(tune) * request->repeat, start;
	struct beepctrl_info info = info_or_die(fd, request->index);

	if (info.max_on_ms && (!request->repeat || ms > info.max_on_ms))
		warn("the driver will stop the sound after %u ms: see max_on_ms in beepctrl(4)",
		     info.max_on_ms);
	start = now_ms();
	if (beepctrl_play(fd, request->index, request->repeat,
			  tune->steps, tune->count))
		explain(fd, request->index, errno);
	if (beepctrl_await_end(fd))
		die(EXIT_FAILED, "cannot wait for the end of the sound: %s",
		    strerror(errno));

	/* The driver uses the same clock; allow for truncation to whole ms. */
	if (request->repeat && now_ms() - start + 1 >= ms)
		return EXIT_OK;
	info = info_or_die(fd, request->index);
	if (info.flags & BEEPCTRL_ABSENT)
		explain(fd, request->index, ENODEV);
	if (info.error)
		explain(fd, request->index, info.error);
	die(EXIT_FAILED,
	    "the sound ended early: another program stopped it, or it reached the limit of %u ms (see max_on_ms in beepctrl(4))",
	    info.max_on_ms);
}

static int beep_tone(const void *data)
{
	const struct request *request = data;
	static struct tune tune;
	uint32_t frequency;
	uint64_t ms;

	frequency = number_or_die(request->words[0], BEEPCTRL_FREQUENCY_MIN,
				  BEEPCTRL_FREQUENCY_MAX, "HZ");
	ms = number_or_die(request->words[1], 1, BEEPCTRL_DURATION_MAX, "MS");
	tune_add_step(&tune, frequency, ms);
	return play(request, &tune);
}

static void read_stream(FILE *file, const char *path, char *text, size_t size)
{
	size_t length = fread(text, 1, size, file);

	if (ferror(file))
		die(EXIT_FAILED, "cannot read %s: %s", path, strerror(errno));
	if (length == size || memchr(text, '\0', length))
		die(EXIT_FAILED, "%s is not an RTTTL tune", path);
	text[length] = '\0';
}

static void read_rtttl(const char *path, char *text, size_t size)
{
	FILE *file;

	if (!strcmp(path, "-")) {
		read_stream(stdin, path, text, size);
		return;
	}
	file = fopen(path, "re");
	if (!file)
		die(EXIT_FAILED, "cannot open %s: %s", path, strerror(errno));
	read_stream(file, path, text, size);
	fclose(file);
}

static int beep_play(const void *data)
{
	const struct request *request = data;
	static struct tune tune;
	static char text[RTTTL_MAX];
	const char *what = request->words[0], *why;

	if (request->file) {
		what = request->file;
		read_rtttl(what, text, sizeof(text));
		why = tune_add_rtttl(&tune, text);
	} else if (!access(what, F_OK)) {
		die(EXIT_USAGE, "'%.200s' is a file; to play it: devtrio beep play -f FILE",
		    what);
	} else if (strchr(what, ':')) {
		why = tune_add_rtttl(&tune, what);
	} else if (strchr(what, '/')) {
		why = tune_add_steps(&tune, what);
	} else {
		why = tune_add_named(&tune, what) ? NULL :
		      "expected ok, warning, alarm, steps or RTTTL";
	}
	if (why)
		die(EXIT_USAGE, "cannot play '%.40s': %s", what, why);
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

static void print_buzzer(const struct beepctrl_info *info, size_t width)
{
	char name[BEEPCTRL_NAME_LEN * 4 + 1], line[sizeof(name) + 32];
	size_t columns;

	escape_text(name, sizeof(name), info->name, sizeof(info->name));
	snprintf(line, sizeof(line), "%6u %-7s %-5s %s", info->index,
		 state_name(info->flags),
		 info->flags & BEEPCTRL_ABSENT ? "-" :
		 info->flags & BEEPCTRL_SLEEPS ? "no" : "yes", name);
	printf("%.*s\n", (int)text_cut(line, width ?: SIZE_MAX, &columns), line);
}

static void print_buzzer_json(const struct beepctrl_info *info)
{
	struct json_object *object = json_or_die(json_object_new_object());
	char name[BEEPCTRL_NAME_LEN * 4 + 1];

	escape_bytes(name, sizeof(name), info->name, sizeof(info->name));
	json_add(object, "buzzer", json_object_new_int64(info->index));
	json_add(object, "state",
		 json_object_new_string(state_name(info->flags)));
	json_add(object, "tones", info->flags & BEEPCTRL_ABSENT ? NULL :
		 json_object_new_boolean(!(info->flags & BEEPCTRL_SLEEPS)));
	json_add(object, "max_on_ms", json_object_new_int64(info->max_on_ms));
	json_add(object, "name", json_object_new_string(name));
	json_print_line(object, stdout);
}

static int beep_status(const void *data)
{
	const struct request *request = data;
	int fd = open_node();
	uint32_t count = count_or_die(fd), i = 0;
	struct beepctrl_info info;
	size_t width, height;

	if (request->chosen) {
		i = request->index;
		info = info_or_die(fd, i);
		count = i + 1;
	}
	terminal_size(STDOUT_FILENO, &width, &height);
	puts(request->json ? "[" : "BUZZER STATE   TONES NAME");
	for (; i < count; i++) {
		info = info_or_die(fd, i);
		if (!request->json) {
			print_buzzer(&info, width);
			continue;
		}
		print_buzzer_json(&info);
		puts(i + 1 < count ? "," : "\n]");
	}
	return EXIT_OK;
}

static void complete_buzzer(const char *typed)
{
	int fd = open(beepctrl_device.path, O_RDWR | O_CLOEXEC);
	struct beepctrl_info info;
	char number[16];
	int i, count;

	(void)typed;
	if (fd < 0)
		return;
	count = buzzer_count(fd);
	for (i = 0; i < count && !beepctrl_get_info(fd, i, &info); i++) {
		char name[BEEPCTRL_NAME_LEN * 4 + 1];

		snprintf(number, sizeof(number), "%d", i);
		escape_bytes(name, sizeof(name), info.name, sizeof(info.name));
		candidate(number, name);
	}
	close(fd);
}

static void complete_tune(const char *typed)
{
	size_t i;

	(void)typed;
	for (i = 0; tune_name(i); i++)
		candidate(tune_name(i), NULL);
}

static const struct flag flags[] = {
	{ 'b', "buzzer", "N", "use buzzer N (default 0)", complete_buzzer },
	{ 't', "time", "MS", "on: stop after MS milliseconds", NULL },
	{ 'f', "file", "FILE", "play: read RTTTL from FILE (-: standard input)",
	  complete_file },
	{ 'r', "repeat", "N",
	  "play: play the tune N times (0: until Ctrl-C; default 1)", NULL },
	{ 'j', "json", NULL, "status: print a JSON array", NULL },
	{ }
};

static const struct command on = {
	.name = "on",
	.summary = "sound a buzzer until Ctrl-C, SIGTERM or the end of --time",
	.text = "Sound a buzzer until Ctrl-C, SIGTERM or the end of --time.",
	.letters = "bt",
	.examples = (const char *const[]){
		"devtrio beep on --time 200", NULL
	},
	.act = beep_on,
};

static const struct command off = {
	.name = "off",
	.summary = "silence a buzzer, even for other programs",
	.text = "Silence a buzzer, even if another program sounds it.",
	.letters = "b",
	.examples = (const char *const[]){ "devtrio beep off", NULL },
	.act = beep_off,
};

static const struct command tone = {
	.name = "tone",
	.summary = "play a tone",
	.text = "Play a tone of 20 to 20000 Hz for 1 to 60000 ms.",
	.operands = "HZ MS",
	.letters = "b",
	.examples = (const char *const[]){
		"devtrio beep tone 440 200 --buzzer 1", NULL
	},
	.act = beep_tone,
};

static const struct command play_tune = {
	.name = "play",
	.summary = "play a tune",
	.text = "Play a tune. TUNE is one of\n"
		"  ok, warning, alarm\n"
		"  steps of HZ/MS, rest/MS or on/MS, e.g. 440/200,rest/100,on/50\n"
		"  RTTTL, e.g. fall:d=8,o=5,b=120:g,e,4c",
	.operands = "[TUNE]",
	.letters = "bfr",
	.examples = (const char *const[]){
		"devtrio beep play ok",
		"devtrio beep play 440/200,rest/100,880/200 --repeat 2",
		"echo fall:d=8,o=5,b=120:g,e,4c | devtrio beep play -f -",
		NULL
	},
	.complete = complete_tune,
	.act = beep_play,
};

static const struct command list = {
	.name = "status",
	.summary = "list the buzzers",
	.text = "List the buzzers: number, state, whether they can play tones, and name.",
	.letters = "bj",
	.examples = (const char *const[]){ "devtrio beep status --json", NULL },
	.act = beep_status,
};

static int beep(struct command_line *line)
{
	struct request request = { .repeat = 1 };
	const struct command *action;
	int opt;

	while ((opt = next_option(line)) != -1) {
		switch (opt) {
		case 'b':
			request.index = number_or_die(optarg, 0, UINT32_MAX,
						      "--buzzer");
			request.chosen = true;
			break;
		case 't':
			request.ms = number_or_die(optarg, 1, TIME_MAX,
						   "--time");
			break;
		case 'f':
			request.file = optarg;
			break;
		case 'r':
			request.repeat = number_or_die(optarg, 0, UINT32_MAX,
						       "--repeat");
			break;
		case 'j':
			request.json = true;
			break;
		}
	}
	action = next_action(line);
	if (action == &tone) {
		request.words[0] = next_operand(line);
		request.words[1] = next_operand(line);
		if (!request.words[1])
			die(EXIT_USAGE, "beep tone needs HZ and MS; try %s tone --help",
			    line->argv[0]);
	} else if (action == &play_tune && !request.file) {
		request.words[0] = next_operand(line);
		if (!request.words[0])
			die(EXIT_USAGE, "beep play needs a tune; try %s play --help",
			    line->argv[0]);
	}
	no_more_operands(line);

	return action->act(&request);
}

const struct command beep_command = {
	.name = "beep",
	.summary = "sound or list buzzers",
	.text = "Sound or list buzzers. A sound ends when the program that made it exits, so Ctrl-C stops it.",
	.flags = flags,
	.actions = (const struct command *const[]){
		&on, &off, &tone, &play_tune, &list, NULL
	},
	.examples = (const char *const[]){
		"devtrio beep play ok",
		"devtrio beep tone 440 200 --buzzer 1",
		NULL
	},
	.run = beep,
};
