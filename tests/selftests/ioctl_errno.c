// SPDX-License-Identifier: GPL-2.0-only
/*
 * For shell tests: send one command to a buzzer; on failure, print the error and
 * exit with 1.
 *   ioctl_errno on|off|info INDEX
 *   ioctl_errno hold INDEX		switch on and do not exit
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <devtrio/beepctrl.h>

int main(int argc, char **argv)
{
	const char *verb = argc == 3 ? argv[1] : "";
	struct beepctrl_buzzer buzzer = { .index = argc == 3 ? atoi(argv[2]) : 0 };
	struct beepctrl_info info = { .index = buzzer.index };
	int fd = open("/dev/beepctrl", O_RDWR);
	int err = 0;

	if (fd < 0)
		err = fd;
	else if (!strcmp(verb, "on") || !strcmp(verb, "hold"))
		err = ioctl(fd, BEEPCTRL_ON, &buzzer);
	else if (!strcmp(verb, "off"))
		err = ioctl(fd, BEEPCTRL_OFF, &buzzer);
	else if (!strcmp(verb, "info"))
		err = ioctl(fd, BEEPCTRL_GET_INFO, &info);
	else
		return 2;

	if (err) {
		puts(strerror(errno));
		return 1;
	}
	if (!strcmp(verb, "hold"))
		pause();
	return 0;
}
