// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio test: tests of beepctrl. Sounds last only as long as the calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/input.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/beepctrl.h"
#include "test.h"

/**
 * struct bench - what the tests that sound work with
 * @player: a file that switches
 * @other: another one, that looks on
 * @index: a buzzer that was silent
 */
struct bench {
	int player;
	int other;
	uint32_t index;
};

static int open_again(void)
{
	return open(beepctrl_device.path, O_RDWR | O_CLOEXEC);
}

/* The buzzer's flags that change, for this file; 0xffffffff for an error. */
static uint32_t flags_of(int fd, uint32_t index)
{
	struct beepctrl_info info;

	return beepctrl_get_info(fd, index, &info) ?
	       UINT32_MAX : info.flags & ~BEEPCTRL_SLEEPS;
}

/* Why no buzzer can be sounded, or NULL and which one can. */
static const char *find_buzzer(int fd, uint32_t *index)
{
	int i, count = buzzer_count(fd);
	bool sounding = false;
	uint32_t flags;

	if (count < 0)
		return tap_failed("BEEPCTRL_GET_INFO does not answer");
	if (!count)
		return tap_skipped(EXIT_NO_BUZZER, "no buzzer is configured: "
				   NO_BUZZER_ADVICE);
	for (i = 0; i < count; i++) {
		*index = i;
		flags = flags_of(fd, i);
		if (!flags)
			return NULL;
		sounding |= !(flags & BEEPCTRL_ABSENT);
	}
	if (sounding)
		return tap_skipped(EXIT_FAILED, "somebody sounds the buzzer");
	return tap_skipped(EXIT_NO_BUZZER, "no buzzer's GPIO chip is there");
}

static const char *with_bench(const char *(*run)(struct bench *bench))
{
	struct bench bench = { .player = open_again(), .other = open_again() };
	const char *why = find_buzzer(bench.player, &bench.index);

	if (!why)
		why = run(&bench);
	/* Silences what a failed test left on. */
	if (bench.player >= 0)
		close(bench.player);
	close(bench.other);
	return why;
}

static const char *sound_and_silence(struct bench *bench)
{
	const uint32_t mine = BEEPCTRL_SOUNDING | BEEPCTRL_MINE;

	EXPECT(!beepctrl_on(bench->player, bench->index));
	EXPECT(flags_of(bench->player, bench->index) == mine);
	EXPECT(flags_of(bench->other, bench->index) == BEEPCTRL_SOUNDING);
	EXPECT(!beepctrl_off(bench->player, bench->index));
	EXPECT(!flags_of(bench->player, bench->index));
	EXPECT(!beepctrl_off(bench->player, bench->index));
	return NULL;
}

static const char *test_on_off(void)
{
	return with_bench(sound_and_silence);
}

static const char *sound_and_close(struct bench *bench)
{
	EXPECT(!beepctrl_on(bench->player, bench->index));
	EXPECT(flags_of(bench->other, bench->index) == BEEPCTRL_SOUNDING);
	close(bench->player);
	bench->player = -1;
	EXPECT(!flags_of(bench->other, bench->index));
	return NULL;
}

static const char *test_close(void)
{
	return with_bench(sound_and_close);
}

static const char *take_over(struct bench *bench)
{
	EXPECT(!beepctrl_on(bench->other, bench->index));
	EXPECT(!beepctrl_on(bench->player, bench->index));
	EXPECT(flags_of(bench->other, bench->index) == BEEPCTRL_SOUNDING);
	EXPECT(!beepctrl_off(bench->other, bench->index));
	EXPECT(!flags_of(bench->player, bench->index));
	return NULL;
}

static const char *test_take_over(void)
{
	return with_bench(take_over);
}

static const char *sound_by_raw_numbers(struct bench *bench)
{
	unsigned long index = bench->index;

	EXPECT(!ioctl(bench->player, BEEPCTRL_RAW_ON, index));
	EXPECT(flags_of(bench->other, bench->index) == BEEPCTRL_SOUNDING);
	EXPECT(!ioctl(bench->player, BEEPCTRL_RAW_OFF, index));
	EXPECT(!flags_of(bench->other, bench->index));
	return NULL;
}

static const char *test_raw(void)
{
	return with_bench(sound_by_raw_numbers);
}

static int play(int fd, uint32_t index, uint32_t frequency, uint32_t ms)
{
	const struct beepctrl_step step = { frequency, ms };

	return beepctrl_play(fd, index, 1, &step, 1);
}

/* A rest, which is a pattern like any other, and troubles nobody. */
static const char *play_and_wait(struct bench *bench)
{
	struct pollfd end = { .fd = bench->player, .events = POLLIN };

	EXPECT(!play(bench->player, bench->index, BEEPCTRL_REST, 50));
	EXPECT(!poll(&end, 1, 0));
	EXPECT(flags_of(bench->other, bench->index) == BEEPCTRL_PLAYING);
	EXPECT(poll(&end, 1, 10000) == 1 && end.revents == POLLIN);
	EXPECT(!flags_of(bench->player, bench->index));
	return NULL;
}

static const char *test_play(void)
{
	return with_bench(play_and_wait);
}

static const char *play_and_stop(struct bench *bench)
{
	EXPECT(!play(bench->player, bench->index, BEEPCTRL_REST, 10000));
	EXPECT_ERRNO(play(bench->player, bench->index,
			  BEEPCTRL_FREQUENCY_MIN - 1, 1), EINVAL);
	EXPECT(!beepctrl_stop(bench->other, bench->index));
	EXPECT(flags_of(bench->other, bench->index) == BEEPCTRL_PLAYING);
	EXPECT(!beepctrl_stop(bench->player, bench->index));
	EXPECT(!flags_of(bench->player, bench->index));
	return NULL;
}

static const char *test_stop(void)
{
	return with_bench(play_and_stop);
}

static const char *play_tone(struct bench *bench)
{
	struct pollfd end = { .fd = bench->player, .events = POLLIN };
	struct beepctrl_info info;

	EXPECT(!beepctrl_get_info(bench->player, bench->index, &info));
	if (info.flags & BEEPCTRL_SLEEPS) {
		EXPECT_ERRNO(play(bench->player, bench->index, 440, 1),
			     EOPNOTSUPP);
		return NULL;
	}
	EXPECT(!play(bench->player, bench->index, 440, 1));
	EXPECT(poll(&end, 1, 10000) == 1 && end.revents == POLLIN);
	return NULL;
}

static const char *test_tone(void)
{
	return with_bench(play_tone);
}

static int queue_rest(int fd, uint32_t index)
{
	struct beepctrl_step rest = { BEEPCTRL_REST, 10000 };
	struct beepctrl_play args = {
		.index = index,
		.flags = BEEPCTRL_QUEUE,
		.repeat = 1,
		.count = 1,
		.steps = (uintptr_t)&rest,
	};

	return ioctl(fd, BEEPCTRL_PLAY, &args);
}

static const char *play_and_queue(struct bench *bench)
{
	struct beepctrl_info info;

	EXPECT(!queue_rest(bench->player, bench->index));
	EXPECT(!queue_rest(bench->player, bench->index));
	EXPECT(!beepctrl_get_info(bench->other, bench->index, &info));
	EXPECT(info.queued == 1 && info.flags & BEEPCTRL_PLAYING);
	EXPECT(!beepctrl_off(bench->other, bench->index));
	EXPECT(!beepctrl_get_info(bench->other, bench->index, &info));
	EXPECT(!info.queued && !(info.flags & BEEPCTRL_PLAYING));
	return NULL;
}

static const char *test_queue(void)
{
	return with_bench(play_and_queue);
}

/* Reads a line of sysfs. */
static bool read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool ok = file && fgets(line, size, file);

	if (file)
		fclose(file);
	if (ok)
		line[strcspn(line, "\n")] = '\0';
	return ok;
}

/* The event device of a buzzer, from a pattern's /sys/class/input/eventN. */
static bool find_event(uint32_t index, char *node, size_t size)
{
	char wanted[64], name[64], path[PATH_MAX];
	bool found = false;
	glob_t events;
	size_t i;

	snprintf(wanted, sizeof(wanted), "beepctrl buzzer %u", index);
	if (glob("/sys/class/input/event*", 0, NULL, &events))
		return false;
	for (i = 0; i < events.gl_pathc && !found; i++) {
		snprintf(path, sizeof(path), "%s/device/name",
			 events.gl_pathv[i]);
		found = read_line(path, name, sizeof(name)) &&
			!strcmp(name, wanted);
		if (found)
			snprintf(node, size, "/dev/input/%s",
				 strrchr(events.gl_pathv[i], '/') + 1);
	}
	globfree(&events);
	return found;
}

static bool send_bell(int fd, int on)
{
	const struct input_event bell = {
		.type = EV_SND, .code = SND_BELL, .value = on,
	};

	return write(fd, &bell, sizeof(bell)) == sizeof(bell);
}

static const char *ring(struct bench *bench)
{
	static char why[128];
	char node[64];
	int fd;

	if (!find_event(bench->index, node, sizeof(node)))
		return tap_failed("no input device, is the module evdev loaded?");
	fd = open(node, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		snprintf(why, sizeof(why),
			 "can't open %s for writing: udev gives it to group beep",
			 node);
		return tap_failed(why);
	}
	/* What with_bench() closes ends what a failed test leaves on. */
	close(bench->player);
	bench->player = fd;
	EXPECT(send_bell(fd, 1));
	EXPECT(flags_of(bench->other, bench->index) == BEEPCTRL_SOUNDING);
	EXPECT(send_bell(fd, 0));
	EXPECT(!flags_of(bench->other, bench->index));
	return NULL;
}

static const char *test_input(void)
{
	return with_bench(ring);
}

static const char *test_names(void)
{
	int fd = open_again(), i, count = buzzer_count(fd);
	struct beepctrl_info info;
	bool ok = count >= 0;

	for (i = 0; ok && i < count; i++)
		ok = !beepctrl_get_info(fd, i, &info) && info.name[0] &&
		     memchr(info.name, '\0', sizeof(info.name)) &&
		     info.count == (uint32_t)count &&
		     info.index == (uint32_t)i;
	close(fd);
	EXPECT(ok);
	return NULL;
}

static const char *expect_bad_index(int fd, uint32_t index, int err)
{
	struct beepctrl_info info = { .index = index };
	unsigned long raw = index;

	EXPECT_ERRNO(beepctrl_on(fd, index), err);
	EXPECT_ERRNO(beepctrl_off(fd, index), err);
	EXPECT_ERRNO(ioctl(fd, BEEPCTRL_GET_INFO, &info), err);
	EXPECT_ERRNO(ioctl(fd, BEEPCTRL_RAW_ON, raw), err);
	EXPECT_ERRNO(ioctl(fd, BEEPCTRL_RAW_OFF, raw), err);
	return NULL;
}

static const char *test_bad_index(void)
{
	int fd = open_again();
	int count = buzzer_count(fd);
	int err = count ? EINVAL : ENODEV;
	const char *why;

	why = count < 0 ? tap_failed("BEEPCTRL_GET_INFO does not answer") :
			  expect_bad_index(fd, count, err);
	if (!why)
		why = expect_bad_index(fd, UINT32_MAX, err);
	close(fd);
	return why;
}

static const char *expect_bad_arguments(int fd)
{
	struct beepctrl_buzzer buzzer = { .reserved[2] = 1 };
	struct beepctrl_info reserved = { .reserved[4] = 1 };

	EXPECT_ERRNO(ioctl(fd, BEEPCTRL_ON, &buzzer), EINVAL);
	EXPECT_ERRNO(ioctl(fd, BEEPCTRL_OFF, &buzzer), EINVAL);
	EXPECT_ERRNO(ioctl(fd, BEEPCTRL_GET_INFO, &reserved), EINVAL);
	EXPECT_ERRNO(ioctl(fd, BEEPCTRL_ON, NULL), EFAULT);
	EXPECT_ERRNO(ioctl(fd, BEEPCTRL_OFF, NULL), EFAULT);
	EXPECT_ERRNO(ioctl(fd, BEEPCTRL_GET_INFO, NULL), EFAULT);
	return NULL;
}

static const char *test_bad_arguments(void)
{
	int fd = open_again();
	const char *why = expect_bad_arguments(fd);

	close(fd);
	return why;
}

static const char *test_unknown_ioctl(void)
{
	int fd = open_again();
	int result = ioctl(fd, _IO(0xBE, 0x1f), NULL), err = errno;

	close(fd);
	errno = err;
	EXPECT(result == -1 && errno == ENOTTY);
	return NULL;
}

static const struct tap_test tests[] = {
	{ "an unknown ioctl is ENOTTY", test_unknown_ioctl },
	{ "an index out of range is EINVAL, or ENODEV without a buzzer",
	  test_bad_index },
	{ "reserved fields are EINVAL, bad pointers EFAULT",
	  test_bad_arguments },
	{ "it tells of each buzzer where it comes from", test_names },
	{ "on sounds, off silences", test_on_off },
	{ "close silences", test_close },
	{ "a buzzer is its last player's, and anybody's to silence",
	  test_take_over },
	{ "a pattern is played to its end, and poll() tells it", test_play },
	{ "stop ends one's own pattern, and a bad one changes nothing",
	  test_stop },
	{ "a tone is played, or EOPNOTSUPP where the chip is too slow",
	  test_tone },
	{ "patterns queue up, and off ends them all", test_queue },
	{ "the input device takes the bell", test_input },
	{ "the raw commands 0 and 1 switch off and on", test_raw },
};

const struct suite beepctrl_suite = {
	.device = &beepctrl_device,
	.flags = O_RDWR,
	.tests = tests,
	.count = ARRAY_SIZE(tests),
};
