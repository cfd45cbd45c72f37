// SPDX-License-Identifier: GPL-2.0-only
/*
 * PID 1 of the emulated Raspberry Pi: loads beepctrl, which finds its buzzer in
 * the device tree, sounds the buzzer, and reads the level of GPIO 25 back from the
 * chip through debugfs. Prints TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <devtrio/beepctrl.h>

static int count;

static void test(bool ok, const char *name)
{
	printf("%s: %s\n", ok ? "passed" : "failed", name);
	count++;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Return the level of beepctrl's line, or -1 if it has none. */
static int level(bool show)
{
	FILE *file = fopen("/sys/kernel/debug/gpio", "re");
	char line[256];
	int result = -1;

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, "beepctrl")) {
			if (show)
				printf("# %s", line);
			result = strstr(line, "out hi") ? 1 :
				 strstr(line, "out lo") ? 0 : -1;
		}
	if (file)
		fclose(file);
	return result;
}

static bool is_gpio_25(void)
{
	unsigned char cells[12] = { 0 };
	int fd = open("/sys/firmware/devicetree/base/beepctrl/gpios", O_RDONLY);
	ssize_t size = read(fd, cells, sizeof(cells));

	close(fd);
	return size == sizeof(cells) && cells[7] == 25 && !cells[11];
}

static int count_rises(int ms)
{
	long end = now_ms() + ms;
	int before = level(false), now, seen = 0;

	while (now_ms() < end) {
		now = level(false);
		seen += now == 1 && before == 0;
		before = now;
	}
	return seen;
}

static void test_sound(int fd)
{
	const struct beepctrl_step tone = { 20, 2000 };
	struct beepctrl_buzzer first = { .index = 0 };
	struct beepctrl_info info = { .index = 0 };
	struct beepctrl_play play = { .repeat = 1, .count = 1,
				      .steps = (uintptr_t)&tone };
	struct pollfd end = { .fd = fd, .events = POLLIN };
	int i;

	test(!ioctl(fd, BEEPCTRL_GET_INFO, &info) && info.count == 1 &&
	     !info.flags, "the device tree declares one buzzer, which is silent");
	printf("# its name is %s\n", info.name);
	for (i = 0; i < 2; i++) {
		test(!ioctl(fd, BEEPCTRL_ON, &first) && level(true) == 1,
		     "BEEPCTRL_ON sets the line high");
		test(!ioctl(fd, BEEPCTRL_OFF, &first) && level(true) == 0,
		     "BEEPCTRL_OFF sets the line low");
	}
	test(!ioctl(fd, BEEPCTRL_PLAY, &play), "BEEPCTRL_PLAY starts a 20 Hz tone");
	i = count_rises(1000);
	printf("# %d rises in a second\n", i);
	test(i >= 5 && i <= 21, "the tone toggles the line");
	test(poll(&end, 1, 20000) == 1 && level(true) == 0,
	     "poll() reports the end of the tone, and the line is low");
	ioctl(fd, BEEPCTRL_ON, &first);
}

int main(void)
{
	int fd;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sys", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	fd = open("/dev/ttyS1", O_RDWR);
	dup2(fd, 1);
	setvbuf(stdout, NULL, _IOLBF, 0);

	fd = open("/beepctrl.ko", O_RDONLY | O_CLOEXEC);
	test(!syscall(SYS_finit_module, fd, "", 0), "beepctrl.ko loads");
	test(is_gpio_25() && level(true) == 0,
	     "beepctrl has GPIO 25, as in the overlay, and it is low");
	fd = open("/dev/beepctrl", O_RDWR | O_CLOEXEC);
	test(fd >= 0, "/dev/beepctrl exists");
	test_sound(fd);
	close(fd);
	test(level(true) == 0, "close() silences the buzzer");

	printf("DEVTRIO-GUEST-ENDED %d\n", count);
	for (;;)
		pause();
}
