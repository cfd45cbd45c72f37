/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wrappers for the ioctls of /dev/beepctrl: 0 on success, or -1 with errno.
 */
#ifndef BEEPCTRL_H
#define BEEPCTRL_H

#include <stddef.h>
#include <stdint.h>

#include <devtrio/beepctrl.h>

int beepctrl_get_info(int fd, uint32_t index, struct beepctrl_info *info);
int beepctrl_on(int fd, uint32_t index);
int beepctrl_off(int fd, uint32_t index);
int beepctrl_play(int fd, uint32_t index, uint32_t repeat,
		  const struct beepctrl_step *steps, uint32_t count);
int beepctrl_await_end(int fd);
int buzzer_count(int fd);
void explain_absent(char *text, size_t size, const struct beepctrl_info *info);

#define NO_BUZZER_ADVICE						\
	"configure its GPIO line, e.g. echo 'options beepctrl "		\
	"lines=pinctrl-bcm2835:25' | sudo tee "				\
	"/etc/modprobe.d/beepctrl.conf, then sudo modprobe -r beepctrl "	\
	"&& sudo modprobe beepctrl; see beepctrl(4)"

#endif /* BEEPCTRL_H */
