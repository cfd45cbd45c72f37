// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test on, off and the ownership of sounds as specified in devtrio/beepctrl.h.
 */
#include "beepctrl.h"

static void buzzers_are_silent_after_load(void **state)
{
	assert_false(sounds(0));
	assert_false(sounds(1));
}

static void on_sounds_and_off_silences(void **state)
{
	int fd = opened();

	assert_works(on(fd, 0));
	assert_true(sounds(0));
	assert_false(sounds(1));
	assert_works(off(fd, 0));
	assert_false(sounds(0));
	close(fd);
}

static void raw_commands_switch_on_and_off(void **state)
{
	int fd = opened();

	assert_works(ioctl(fd, BEEPCTRL_RAW_ON, 1));
	assert_true(sounds(1));
	assert_false(sounds(0));
	assert_works(ioctl(fd, BEEPCTRL_RAW_OFF, 1));
	assert_false(sounds(1));
	close(fd);
}

static void two_buzzers_sound_at_once(void **state)
{
	int fd = opened();

	assert_works(on(fd, 0));
	assert_works(on(fd, 1));
	assert_true(sounds(0));
	assert_true(sounds(1));
	assert_works(off(fd, 0));
	assert_false(sounds(0));
	assert_true(sounds(1));
	close(fd);
	assert_false(sounds(1));
}

static void switching_twice_succeeds(void **state)
{
	int fd = opened();

	assert_works(off(fd, 0));
	assert_works(on(fd, 0));
	assert_works(on(fd, 0));
	assert_true(sounds(0));
	assert_works(off(fd, 0));
	assert_works(off(fd, 0));
	assert_false(sounds(0));
	close(fd);
}

static void index_out_of_range_fails_with_EINVAL(void **state)
{
	struct beepctrl_info info = { .index = BUZZERS };
	int fd = opened();

	assert_errno(EINVAL, on(fd, BUZZERS));
	assert_errno(EINVAL, off(fd, BUZZERS));
	assert_errno(EINVAL, command(fd, BEEPCTRL_STOP, BUZZERS));
	assert_errno(EINVAL, on(fd, UINT32_MAX));
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_RAW_ON, BUZZERS));
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_RAW_OFF, BUZZERS));
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_RAW_ON, -1L));
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_RAW_ON, 1L << 32));
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_GET_INFO, &info));
	assert_false(sounds(0));
	assert_false(sounds(1));
	close(fd);
}

static void close_stops_the_sound(void **state)
{
	int fd = opened();

	assert_works(on(fd, 0));
	assert_true(sounds(0));
	close(fd);
	assert_false(sounds(0));
}

static void close_of_a_duplicate_keeps_the_sound(void **state)
{
	int fd = opened(), copy = dup(fd);

	assert_works(on(fd, 0));
	close(fd);
	assert_true(sounds(0));
	close(copy);
	assert_false(sounds(0));
}

static void killing_the_owner_stops_the_sound(void **state)
{
	int ready[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (!child) {
		int fd = open("/dev/beepctrl", O_RDWR);

		if (on(fd, 0) || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_true(sounds(0));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_false(sounds(0));
	close(ready[0]);
	close(ready[1]);
}

static void last_caller_owns_the_sound(void **state)
{
	int earlier = opened(), later = opened();

	assert_works(on(earlier, 0));
	assert_works(on(later, 0));
	close(earlier);
	assert_true(sounds(0));
	close(later);
	assert_false(sounds(0));
}

static void close_of_another_file_keeps_the_sound(void **state)
{
	int player = opened(), bystander = opened();

	assert_works(on(player, 0));
	close(bystander);
	assert_true(sounds(0));
	close(player);
}

static void any_file_can_switch_off(void **state)
{
	int player = opened(), other = opened();

	assert_works(on(player, 0));
	assert_works(off(other, 0));
	assert_false(sounds(0));
	close(player);
	close(other);
}

/* Flags without BEEPCTRL_SLEEPS, which is constant. */
static uint32_t state_of(int fd, unsigned int index)
{
	return info_of(fd, index).flags & ~BEEPCTRL_SLEEPS;
}

static void get_info_reports_the_state(void **state)
{
	int fd = opened(), other = opened();
	struct beepctrl_info info = info_of(fd, 1);

	assert_int_equal(info.index, 1);
	assert_int_equal(info.count, BUZZERS);
	assert_int_equal(info.flags & ~BEEPCTRL_SLEEPS, 0);
	assert_string_equal(info.name, "devtrio-testchip:3");

	assert_works(on(fd, 1));
	assert_int_equal(state_of(fd, 1), BEEPCTRL_SOUNDING | BEEPCTRL_MINE);
	assert_int_equal(state_of(other, 1), BEEPCTRL_SOUNDING);
	assert_int_equal(state_of(fd, 0), 0);
	assert_true(info_of(fd, 1).frequency == BEEPCTRL_STEADY);
	/* The structure can be reused. */
	info = info_of(fd, 1);
	assert_works(ioctl(fd, BEEPCTRL_GET_INFO, &info));
	close(fd);
	assert_int_equal(state_of(other, 1), 0);
	close(other);
}

static void reserved_fields_must_be_0(void **state)
{
	struct beepctrl_buzzer buzzer = { .reserved[2] = 1 };
	struct beepctrl_info info = { .reserved[6] = 1 };
	int fd = opened();

	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_ON, &buzzer));
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_OFF, &buzzer));
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_STOP, &buzzer));
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_GET_INFO, &info));
	assert_false(sounds(0));
	close(fd);
}

static void unreadable_arguments_fail_with_EFAULT(void **state)
{
	int fd = opened();

	assert_errno(EFAULT, ioctl(fd, BEEPCTRL_ON, NULL));
	assert_errno(EFAULT, ioctl(fd, BEEPCTRL_OFF, NULL));
	assert_errno(EFAULT, ioctl(fd, BEEPCTRL_STOP, NULL));
	assert_errno(EFAULT, ioctl(fd, BEEPCTRL_PLAY, NULL));
	assert_errno(EFAULT, ioctl(fd, BEEPCTRL_GET_INFO, NULL));
	close(fd);
}

static void unknown_commands_fail_with_ENOTTY(void **state)
{
	int fd = opened();

	assert_errno(ENOTTY, ioctl(fd, 3, 0));
	assert_errno(ENOTTY, ioctl(fd, _IO(0xBE, 0x1f), 0));
	close(fd);
}

static void read_write_and_seek_fail(void **state)
{
	int fd = opened();
	char byte = 0;

	assert_errno(EINVAL, read(fd, &byte, 1));
	assert_errno(EINVAL, write(fd, &byte, 1));
	assert_errno(ESPIPE, lseek(fd, 0, SEEK_SET));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buzzers_are_silent_after_load),
		cmocka_unit_test(on_sounds_and_off_silences),
		cmocka_unit_test(raw_commands_switch_on_and_off),
		cmocka_unit_test(two_buzzers_sound_at_once),
		cmocka_unit_test(switching_twice_succeeds),
		cmocka_unit_test(index_out_of_range_fails_with_EINVAL),
		cmocka_unit_test(close_stops_the_sound),
		cmocka_unit_test(close_of_a_duplicate_keeps_the_sound),
		cmocka_unit_test(killing_the_owner_stops_the_sound),
		cmocka_unit_test(last_caller_owns_the_sound),
		cmocka_unit_test(close_of_another_file_keeps_the_sound),
		cmocka_unit_test(any_file_can_switch_off),
		cmocka_unit_test(get_info_reports_the_state),
		cmocka_unit_test(reserved_fields_must_be_0),
		cmocka_unit_test(unreadable_arguments_fail_with_EFAULT),
		cmocka_unit_test(unknown_commands_fail_with_ENOTTY),
		cmocka_unit_test(read_write_and_seek_fail),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, find_wires, NULL);
}
