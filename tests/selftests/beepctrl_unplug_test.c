// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test sounds that end because the GPIO chip is removed, the machine suspends or
 * the chip fails. Runs as root.
 */
#include "beepctrl.h"

#define CHIP	"/sys/bus/platform/drivers/devtrio-testchip/"
#define DRIVER	"/sys/bus/platform/drivers/beepctrl/"

static int tell(const char *path, const char *word)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : write(fd, word, strlen(word));

	close(fd);
	return length < 0 ? -1 : 0;
}

static void unplug(void)
{
	close(wire);
	wire = -1;
	assert_works(tell(CHIP "unbind", "devtrio-testchip"));
}

static void plug(void **state)
{
	long end = now_ms() + PATIENCE_MS;
	int fd = opened();

	assert_works(tell(CHIP "bind", "devtrio-testchip"));
	while (info_of(fd, 0).flags & BEEPCTRL_ABSENT ||
	       info_of(fd, 1).flags & BEEPCTRL_ABSENT)
		assert_true(now_ms() < end);
	close(fd);
	assert_int_equal(find_wires(state), 0);
}

static void removed_chip_fails_with_ENODEV(void **state)
{
	struct beepctrl_info info = { .index = 0 };
	int fd = opened();

	assert_works(play(fd, 0, 0, STEADY(3), REST(3)));
	unplug();
	assert_int_equal(polled(fd, 0), POLLIN | POLLERR | POLLHUP);
	assert_errno(ENODEV, on(fd, 0));
	assert_errno(ENODEV, off(fd, 0));
	assert_errno(ENODEV, play(fd, 0, 1, STEADY(1)));
	assert_errno(ENODEV, command(fd, BEEPCTRL_STOP, 0));
	assert_errno(ENODEV, ioctl(fd, BEEPCTRL_RAW_ON, 1));
	assert_errno(EINVAL, on(fd, BUZZERS));
	assert_works(ioctl(fd, BEEPCTRL_GET_INFO, &info));
	assert_int_equal(info.flags, BEEPCTRL_ABSENT);
	assert_int_equal(info.count, BUZZERS);
	close(fd);
	plug(state);
}

static void replugged_chip_is_silent_and_works(void **state)
{
	int fd = opened();

	assert_works(on(fd, 0));
	unplug();
	plug(state);
	assert_false(sounds(0));
	assert_int_equal(state_of(fd, 0), 0);
	assert_works(on(fd, 0));
	assert_true(sounds(0));
	assert_string_equal(info_of(fd, 0).name, "devtrio-testchip:0");
	close(fd);
}

static void removal_wakes_up_poll(void **state)
{
	int fd = opened(), go[2];
	pid_t child;
	char byte;

	assert_works(pipe(go));
	child = fork();
	if (!child) {
		int mine = open("/dev/beepctrl", O_RDWR);

		close(wire);
		if (play(mine, 0, 0, STEADY(10)) || write(go[1], "x", 1) != 1)
			_exit(1);
		_exit(woken(mine) & POLLIN ? 0 : 2);
	}
	assert_int_equal(read(go[0], &byte, 1), 1);
	await_sleep(child);
	unplug();
	assert_int_equal(exit_code_of(child), 0);
	plug(state);
	close(go[0]);
	close(go[1]);
	close(fd);
}

/* Two processes play patterns and switch on while the chip comes and goes. */
static void chip_can_be_removed_at_any_time(void **state)
{
	pid_t children[2];
	int i;

	/*
	 * Do not let the children inherit it: while a line of a removed chip is
	 * held, gpiolib in 6.1 dereferences NULL when a chip with line names is
	 * added.
	 */
	close(wire);
	wire = -1;
	for (i = 0; i < 2; i++) {
		children[i] = fork();
		if (children[i])
			continue;
		for (;;) {
			int fd = open("/dev/beepctrl", O_RDWR);

			play(fd, 0, 0, STEADY(1), REST(1));
			on(fd, 1);
			polled(fd, 1);
			close(fd);
		}
	}
	assert_int_equal(find_wires(state), 0);
	for (i = 0; i < 10; i++) {
		unplug();
		plug(state);
	}
	for (i = 0; i < 2; i++) {
		assert_works(kill(children[i], SIGKILL));
		assert_int_equal(waitpid(children[i], NULL, 0), children[i]);
	}
	assert_false(sounds(0));
	assert_false(sounds(1));
}

static void unbinding_ends_a_pattern(void **state)
{
	int fd = opened();

	assert_works(play(fd, 0, 0, STEADY(3), REST(1)));
	assert_works(tell(DRIVER "unbind", "beepctrl.0"));
	assert_false(sounds(0));
	assert_int_equal(rises(50), 0);
	assert_errno(ENODEV, on(fd, 0));
	assert_int_equal(polled(fd, 0), POLLIN);
	assert_works(tell(DRIVER "bind", "beepctrl.0"));
	assert_works(on(fd, 0));
	assert_true(sounds(0));
	close(fd);
}

/* Uses pm_test, if available: suspend the devices and resume after a second. */
static void suspend_stops_all_sounds(void **state)
{
	int fd;

	if (access("/sys/power/pm_test", F_OK))
		skip();
	fd = opened();
	assert_works(tell("/sys/module/suspend/parameters/pm_test_delay", "1"));
	assert_works(tell("/sys/power/pm_test", "devices"));
	assert_works(play(fd, 0, 0, STEADY(1000)));
	assert_works(on(fd, 1));
	assert_works(tell("/sys/power/state", "freeze"));
	assert_false(sounds(0));
	assert_false(sounds(1));
	assert_int_equal(state_of(fd, 0), 0);
	assert_int_equal(polled(fd, 0), POLLIN);
	assert_works(on(fd, 0));
	assert_true(sounds(0));
	close(fd);
}

/* Whether the kernel returns errors of the chip. */
static bool chip_tells_errors(void)
{
	int fd = open_or_fail("/sys/module/devtrio_testchip/parameters/tells_errors",
			      O_RDONLY);
	char answer;

	assert_int_equal(read(fd, &answer, 1), 1);
	close(fd);
	return answer == 'Y';
}

static void failing_chip_ends_the_sound(void **state)
{
	const char *fail = "/sys/module/devtrio_testchip/parameters/fail";
	int fd = opened(), result, err;

	assert_works(tell(fail, "1"));
	errno = 0;
	result = on(fd, 0);
	err = errno;
	assert_works(tell(fail, "0"));
	assert_false(sounds(0));
	if (!chip_tells_errors()) {
		assert_int_equal(result, 0);
		assert_works(off(fd, 0));
	} else {
		assert_int_equal(result, -1);
		assert_int_equal(err, EIO);
		assert_int_equal(state_of(fd, 0), 0);
		assert_int_equal(info_of(fd, 0).error, EIO);
		assert_int_equal(polled(fd, 0), POLLIN);
	}
	assert_works(on(fd, 0));
	assert_int_equal(info_of(fd, 0).error, 0);
	assert_true(sounds(0));
	close(fd);
}

static void switching_off_is_retried(void **state)
{
	const char *hold = "/sys/module/devtrio_testchip/parameters/hold";
	int fd = opened(), result;

	assert_works(on(fd, 0));
	assert_works(tell(hold, "1"));
	result = off(fd, 0);
	assert_true(sounds(0));
	if (chip_tells_errors()) {
		assert_int_equal(result, -1);
		assert_true(info_of(fd, 0).flags & BEEPCTRL_SOUNDING);
		assert_works(tell(hold, "0"));
		assert_true(becomes(0));
	} else {
		/* The driver cannot know about the error. */
		assert_int_equal(result, 0);
		assert_works(tell(hold, "0"));
		assert_works(on(fd, 0));
		assert_works(off(fd, 0));
	}
	assert_false(sounds(0));
	assert_int_equal(state_of(fd, 0), 0);
	close(fd);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(removed_chip_fails_with_ENODEV),
		cmocka_unit_test(replugged_chip_is_silent_and_works),
		cmocka_unit_test(removal_wakes_up_poll),
		cmocka_unit_test(chip_can_be_removed_at_any_time),
		cmocka_unit_test(unbinding_ends_a_pattern),
		cmocka_unit_test(suspend_stops_all_sounds),
		cmocka_unit_test(failing_chip_ends_the_sound),
		cmocka_unit_test(switching_off_is_retried),
	};

	return run_as_tap_after(find_levels, tests);
}
