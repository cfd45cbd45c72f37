/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared by the beepctrl tests: two buzzers on lines 0 and 3 of the test chip.
 * The GPIO character device reads each buzzer's level from the line wired to it.
 */
#ifndef BEEPCTRL_H
#define BEEPCTRL_H

#include "device.h"

#include <linux/gpio.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <devtrio/beepctrl.h>

#define BUZZERS	2
#define WIRED	8	/* line n + WIRED is wired to line n */

/* Long enough for a guest on a busy host. */
#define PATIENCE_MS 20000

static int wire = -1;

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

/* Whether the buzzer's line is active. */
static inline int sounds(unsigned int buzzer)
{
	struct gpio_v2_line_values values = { .mask = (1 << BUZZERS) - 1 };

	assert_works(ioctl(wire, GPIO_V2_LINE_GET_VALUES_IOCTL, &values));
	return (values.bits >> buzzer) & 1;
}

static inline int opened(void)
{
	return open_or_fail("/dev/beepctrl", O_RDWR);
}

static inline int command(int fd, unsigned long number, unsigned int index)
{
	struct beepctrl_buzzer buzzer = { .index = index };

	return ioctl(fd, number, &buzzer);
}

static inline int on(int fd, unsigned int index)
{
	return command(fd, BEEPCTRL_ON, index);
}

static inline int off(int fd, unsigned int index)
{
	return command(fd, BEEPCTRL_OFF, index);
}

static inline struct beepctrl_info info_of(int fd, unsigned int index)
{
	struct beepctrl_info info = { .index = index };

	memset(info.name, 0xa5, sizeof(info.name));
	assert_works(ioctl(fd, BEEPCTRL_GET_INFO, &info));
	return info;
}

static inline bool sleeps(void)
{
	int fd = opened();
	bool result = info_of(fd, 0).flags & BEEPCTRL_SLEEPS;

	close(fd);
	return result;
}

/* PLAY of an array of steps, on buzzer 0. */
#define play(fd, play_flags, times, ...)				\
	({								\
		const struct beepctrl_step steps_[] = { __VA_ARGS__ };	\
		struct beepctrl_play play_ = {				\
			.flags = (play_flags),				\
			.repeat = (times),				\
			.count = sizeof(steps_) / sizeof(steps_[0]),	\
			.steps = (uintptr_t)steps_,			\
		};							\
		ioctl(fd, BEEPCTRL_PLAY, &play_);			\
	})

#define STEADY(ms)	{ BEEPCTRL_STEADY, ms }
#define REST(ms)	{ BEEPCTRL_REST, ms }
#define TONE(hz, ms)	{ hz, ms }

/* Events that poll() reports within ms, or 0. */
static inline int polled(int fd, int ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	assert_works(poll(&poll_fd, 1, ms));
	return poll_fd.revents;
}

static inline long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Counts rising edges of buzzer 0 for ms. */
static inline int rises(int ms)
{
	long end = now_ms() + ms;
	int before = sounds(0), now, count = 0;

	while (now_ms() < end) {
		now = sounds(0);
		count += now && !before;
		before = now;
	}
	return count;
}

/* Waits until the line of buzzer 0 has this level; false on a timeout. */
static inline bool becomes(int level)
{
	long end = now_ms() + PATIENCE_MS;

	while (sounds(0) != level)
		if (now_ms() > end)
			return false;
	return true;
}

#endif /* BEEPCTRL_H */
