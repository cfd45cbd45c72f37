// SPDX-License-Identifier: GPL-2.0-only
/*
 * devtrio test: the promises of beepctrl. Sounds are as short as the calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <devtrio/beepctrl.h>

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
	struct beepctrl_info info = { .index = index };

	return ioctl(fd, BEEPCTRL_GET_INFO, &info) ?
	       UINT32_MAX : info.flags & ~BEEPCTRL_SLEEPS;
}

static int switch_buzzer(int fd, unsigned long command, uint32_t index)
{
	struct beepctrl_buzzer buzzer = { .index = index };

	return ioctl(fd, command, &buzzer);
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
		return tap_skipped("no buzzer is configured: "
				   NO_BUZZER_ADVICE);
	for (i = 0; i < count; i++) {
		*index = i;
		flags = flags_of(fd, i);
		if (!flags)
			return NULL;
		sounding |= !(flags & BEEPCTRL_ABSENT);
	}
	return tap_skipped(sounding ? "somebody sounds the buzzer" :
				      "no buzzer's GPIO chip is there");
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

	EXPECT(!switch_buzzer(bench->player, BEEPCTRL_ON, bench->index));
	EXPECT(flags_of(bench->player, bench->index) == mine);
	EXPECT(flags_of(bench->other, bench->index) == BEEPCTRL_SOUNDING);
	EXPECT(!switch_buzzer(bench->player, BEEPCTRL_OFF, bench->index));
	EXPECT(!flags_of(bench->player, bench->index));
	EXPECT(!switch_buzzer(bench->player, BEEPCTRL_OFF, bench->index));
	return NULL;
}

static const char *test_on_off(void)
{
	return with_bench(sound_and_silence);
}

static const char *sound_and_close(struct bench *bench)
{
	EXPECT(!switch_buzzer(bench->player, BEEPCTRL_ON, bench->index));
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
	EXPECT(!switch_buzzer(bench->other, BEEPCTRL_ON, bench->index));
	EXPECT(!switch_buzzer(bench->player, BEEPCTRL_ON, bench->index));
	EXPECT(flags_of(bench->other, bench->index) == BEEPCTRL_SOUNDING);
	EXPECT(!switch_buzzer(bench->other, BEEPCTRL_OFF, bench->index));
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

static int play(int fd, uint32_t index, struct beepctrl_step step)
{
	struct beepctrl_play args = {
		.index = index,
		.repeat = 1,
		.count = 1,
		.steps = (uintptr_t)&step,
	};

	return ioctl(fd, BEEPCTRL_PLAY, &args);
}

/* A rest, which is a pattern like any other, and troubles nobody. */
static const char *play_and_wait(struct bench *bench)
{
	struct beepctrl_step rest = { BEEPCTRL_REST, 50 };
	struct pollfd end = { .fd = bench->player, .events = POLLIN };

	EXPECT(!play(bench->player, bench->index, rest));
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
	struct beepctrl_step rest = { BEEPCTRL_REST, 10000 };
	struct beepctrl_step bad = { BEEPCTRL_FREQUENCY_MIN - 1, 1 };

	EXPECT(!play(bench->player, bench->index, rest));
	EXPECT_ERRNO(play(bench->player, bench->index, bad), EINVAL);
	EXPECT(!switch_buzzer(bench->other, BEEPCTRL_STOP, bench->index));
	EXPECT(flags_of(bench->other, bench->index) == BEEPCTRL_PLAYING);
	EXPECT(!switch_buzzer(bench->player, BEEPCTRL_STOP, bench->index));
	EXPECT(!flags_of(bench->player, bench->index));
	return NULL;
}

static const char *test_stop(void)
{
	return with_bench(play_and_stop);
}

static const char *expect_bad_index(int fd, uint32_t index, int err)
{
	struct beepctrl_info info = { .index = index };
	unsigned long raw = index;

	EXPECT_ERRNO(switch_buzzer(fd, BEEPCTRL_ON, index), err);
	EXPECT_ERRNO(switch_buzzer(fd, BEEPCTRL_OFF, index), err);
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
	{ "on sounds, off silences", test_on_off },
	{ "close silences", test_close },
	{ "a buzzer is its last player's, and anybody's to silence",
	  test_take_over },
	{ "a pattern is played to its end, and poll() tells it", test_play },
	{ "stop ends one's own pattern, and a bad one changes nothing",
	  test_stop },
	{ "the raw commands 0 and 1 switch off and on", test_raw },
};

const struct suite beepctrl_suite = {
	.device = &beepctrl_device,
	.flags = O_RDWR,
	.tests = tests,
	.count = ARRAY_SIZE(tests),
};
