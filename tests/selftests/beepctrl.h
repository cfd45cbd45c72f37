/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the beepctrl tests. The lab has two buzzers, on lines 0 and 3 of the
 * test chip, and reads each one's level from the line wired to it through the GPIO
 * character device. A live machine has any buzzers, and the driver tells the level.
 */
#ifndef BEEPCTRL_H
#define BEEPCTRL_H

#include "device.h"

#include <linux/gpio.h>
#include <signal.h>
#include <sys/prctl.h>

#include <devtrio/beepctrl.h>

#define BUZZERS	2	/* in the lab */
#define WIRED	8	/* line n + WIRED is wired to line n */

static int wire = -1;	/* live: /dev/beepctrl */

static unsigned int buzzers = BUZZERS;

/* The buzzers to test; the same if a live machine has only one silent buzzer. */
static unsigned int buzzer, another = 1;

static inline int request_wires(int chip)
{
	struct gpio_v2_line_request request = {
		.num_lines = BUZZERS,
		.consumer = "beepctrl_test",
		.config.flags = GPIO_V2_LINE_FLAG_INPUT,
		.offsets = { 0 + WIRED, 3 + WIRED },
	};

	return ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) ? -1 : request.fd;
}

static inline int find_wires(void **state)
{
	struct gpiochip_info info;
	char path[32];
	int i, chip;

	(void)state;
	for (i = 0; i < 8 && wire < 0; i++) {
		snprintf(path, sizeof(path), "/dev/gpiochip%d", i);
		chip = open(path, O_RDWR);
		if (chip < 0)
			continue;
		if (!ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, &info) &&
		    !strcmp(info.label, "devtrio-testchip"))
			wire = request_wires(chip);
		close(chip);
	}
	return wire < 0 ? -1 : 0;
}

/* Setup. */
static inline int find_levels(void **state)
{
	struct beepctrl_info info = { .index = 0 };

	if (!on_live_machine)
		return find_wires(state);
	wire = open("/dev/beepctrl", O_RDWR | O_CLOEXEC);
	buzzers = ioctl(wire, BEEPCTRL_GET_INFO, &info) ? 0 : info.count;
	return wire < 0 ? -1 : 0;
}

static inline struct beepctrl_info info_of(int fd, unsigned int index)
{
	struct beepctrl_info info = { .index = index };

	memset(info.name, 0xa5, sizeof(info.name));
	assert_works(ioctl(fd, BEEPCTRL_GET_INFO, &info));
	return info;
}

/* Flags without BEEPCTRL_SLEEPS, which is constant. */
static inline uint32_t state_of(int fd, unsigned int index)
{
	return info_of(fd, index).flags & ~BEEPCTRL_SLEEPS;
}

/* Whether the buzzer's line is active. */
static inline int sounds(unsigned int index)
{
	struct gpio_v2_line_values values = { .mask = (1 << BUZZERS) - 1 };

	if (on_live_machine)
		return state_of(wire, index) & BEEPCTRL_SOUNDING;
	assert_works(ioctl(wire, GPIO_V2_LINE_GET_VALUES_IOCTL, &values));
	return (values.bits >> index) & 1;
}

static inline bool all_silent(void)
{
	unsigned int i;

	for (i = 0; i < buzzers; i++)
		if (state_of(wire, i) & ~BEEPCTRL_ABSENT)
			return false;
	return true;
}

/*
 * Choose silent buzzers on a live machine. A line behind a slow bus may follow the end
 * of the test before with some delay.
 */
static inline void choose_buzzers(void)
{
	unsigned int i, silent = 0, present = 0, limit;
	long start = now_ms();

	if (!buzzers)
		skip_because("no buzzer is configured");
	limit = info_of(wire, 0).max_on_ms;
	if (limit && limit < PATIENCE_MS / 2)
		skip_because("max_on_ms ends the sounds of the tests");
	while (!all_silent() && now_ms() - start < 300)
		usleep(1000);
	for (i = 0; i < buzzers; i++) {
		uint32_t flags = state_of(wire, i);

		present += !(flags & BEEPCTRL_ABSENT);
		if (flags || silent == 2)
			continue;
		another = i;
		if (!silent++)
			buzzer = i;
	}
	if (!present)
		skip_because("no buzzer's GPIO chip is present");
	if (!silent)
		skip_because("another program sounds the buzzer");
}

/* For tests that need no buzzer. */
static inline int opened_only(void)
{
	return open_or_fail("/dev/beepctrl", O_RDWR);
}

/* A test calls this before it sounds a buzzer. */
static inline int opened(void)
{
	if (on_live_machine)
		choose_buzzers();
	return opened_only();
}

static inline int command(int fd, unsigned long number, unsigned int index)
{
	struct beepctrl_buzzer argument = { .index = index };

	return ioctl(fd, number, &argument);
}

static inline int on(int fd, unsigned int index)
{
	return command(fd, BEEPCTRL_ON, index);
}

static inline int off(int fd, unsigned int index)
{
	return command(fd, BEEPCTRL_OFF, index);
}

static inline bool sleeps(void)
{
	int fd = opened_only();
	bool result = info_of(fd, buzzer).flags & BEEPCTRL_SLEEPS;

	close(fd);
	return result;
}

/* PLAY of an array of steps, on the buzzer under test. */
#define play(fd, play_flags, times, ...)				\
	({								\
		const struct beepctrl_step steps_[] = { __VA_ARGS__ };	\
		struct beepctrl_play play_ = {				\
			.index = buzzer,				\
			.flags = (play_flags),				\
			.repeat = (times),				\
			.count = sizeof(steps_) / sizeof(steps_[0]),	\
			.steps = (uintptr_t)steps_,			\
		};							\
		ioctl(fd, BEEPCTRL_PLAY, &play_);			\
	})

#define STEADY(ms)	{ BEEPCTRL_STEADY, ms }
#define REST(ms)	{ BEEPCTRL_REST, ms }
/* For tests that a live machine runs without sounds. */
#define STEADY_IN_LAB(ms) \
	{ on_live_machine ? BEEPCTRL_REST : BEEPCTRL_STEADY, ms }
#define TONE(hz, ms)	{ hz, ms }

/* Events that poll() reports within ms, 0, or -1. */
static inline int polled(int fd, int ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, ms) < 0 ? -1 : poll_fd.revents;
}

/* Counts rising edges of the buzzer for ms. */
static inline int rises(int ms)
{
	long end = now_ms() + ms;
	int before = sounds(buzzer), now, count = 0;

	while (now_ms() < end) {
		now = sounds(buzzer);
		count += now && !before;
		before = now;
	}
	return count;
}

/* Waits until the line of the buzzer has this level; false on a timeout. */
static inline bool becomes(int level)
{
	long end = now_ms() + PATIENCE_MS;

	while (sounds(buzzer) != level)
		if (now_ms() > end)
			return false;
	return true;
}

#endif /* BEEPCTRL_H */
