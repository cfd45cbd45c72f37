// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wrappers for the ioctls of /dev/beepctrl.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "beepctrl.h"
#include "devtrio.h"

int beepctrl_get_info(int fd, uint32_t index, struct beepctrl_info *info)
{
	*info = (struct beepctrl_info){ .index = index };
	return ioctl(fd, BEEPCTRL_GET_INFO, info);
}

static int buzzer_ioctl(int fd, unsigned long command, uint32_t index)
{
	struct beepctrl_buzzer buzzer = { .index = index };

	return ioctl(fd, command, &buzzer);
}

int beepctrl_on(int fd, uint32_t index)
{
	return buzzer_ioctl(fd, BEEPCTRL_ON, index);
}

int beepctrl_off(int fd, uint32_t index)
{
	return buzzer_ioctl(fd, BEEPCTRL_OFF, index);
}

int beepctrl_play(int fd, uint32_t index, uint32_t repeat,
		  const struct beepctrl_step *steps, uint32_t count)
{
	struct beepctrl_play args = {
		.index = index,
		.repeat = repeat,
		.count = count,
		.steps = (uintptr_t)steps,
	};

	return ioctl(fd, BEEPCTRL_PLAY, &args);
}

/**
 * beepctrl_await_end() - wait until this file's sound has ended
 * @fd: /dev/beepctrl
 */
int beepctrl_await_end(int fd)
{
	struct pollfd end = { .fd = fd, .events = POLLIN };

	while (poll(&end, 1, -1) < 0)
		if (errno != EINTR)
			return -1;
	return 0;
}

/**
 * buzzer_count() - count the configured buzzers
 * @fd: /dev/beepctrl
 *
 * Return: the count, or -errno.
 */
int buzzer_count(int fd)
{
	struct beepctrl_info info;

	if (!beepctrl_get_info(fd, 0, &info))
		return info.count;
	return errno == ENODEV ? 0 : -errno;
}

/**
 * explain_absent() - say why a buzzer is absent
 * @text: the result
 * @size: size of @text
 * @info: the buzzer's state
 */
void explain_absent(char *text, size_t size, const struct beepctrl_info *info)
{
	char name[BEEPCTRL_NAME_LEN], *low, *colon;

	snprintf(name, sizeof(name), "%s", info->name);
	low = strstr(name, ":active-low");
	if (low)
		*low = '\0';
	colon = strrchr(name, ':');
	if (colon)
		*colon++ = '\0';

	if (info->error == ENOENT && colon)
		snprintf(text, size, "no GPIO chip has the label '%s': gpiodetect prints the labels, in brackets",
			 name);
	else if (info->error == ENOENT)
		snprintf(text, size, "no GPIO line has the name '%s': gpioinfo prints the names",
			 name);
	else if (info->error == EINVAL && colon)
		snprintf(text, size, "the GPIO chip '%s' has no line %s", name,
			 colon);
	else if (info->error == EBUSY)
		snprintf(text, size, "the GPIO line is busy: gpioinfo prints who uses it");
	else
		snprintf(text, size, "its GPIO line is absent%s%s",
			 info->error ? ": " : "",
			 info->error ? strerror(info->error) : "");
}
