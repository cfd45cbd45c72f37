// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test on, off and the ownership of sounds as specified in devtrio/beepctrl.h.
 */
#include "beepctrl.h"

static void buzzers_are_silent_after_load(void **state)
{
	assert_false(sounds(buzzer));
	assert_false(sounds(another));
}

/* In the lab no other program uses the other buzzer. */
static void assert_only_this_sounds(unsigned int index)
{
	assert_true(sounds(index));
	if (!on_live_machine)
		assert_false(sounds(!index));
}

static void on_sounds_and_off_silences(void **state)
{
	int fd = opened();

	assert_works(on(fd, buzzer));
	assert_only_this_sounds(buzzer);
	assert_works(off(fd, buzzer));
	assert_false(sounds(buzzer));
	close(fd);
}

/* Programs of the first driver open it so. */
static void a_file_opened_for_reading_sounds(void **state)
{
	int fd = opened(), reader = open_or_fail("/dev/beepctrl", O_RDONLY);

	assert_works(on(reader, buzzer));
	assert_only_this_sounds(buzzer);
	close(reader);
	assert_false(sounds(buzzer));
	close(fd);
}

static void raw_commands_switch_on_and_off(void **state)
{
	int fd = opened();

	assert_works(ioctl(fd, BEEPCTRL_RAW_ON, (unsigned long)another));
	assert_only_this_sounds(another);
	assert_works(ioctl(fd, BEEPCTRL_RAW_OFF, (unsigned long)another));
	assert_false(sounds(another));
	close(fd);
}

static void two_buzzers_sound_at_once(void **state)
{
	int fd = opened();

	assert_works(on(fd, buzzer));
	assert_works(on(fd, another));
	assert_true(sounds(buzzer));
	assert_true(sounds(another));
	assert_works(off(fd, buzzer));
	assert_false(sounds(buzzer));
	assert_true(sounds(another));
	close(fd);
	assert_false(sounds(another));
}

static void switching_twice_succeeds(void **state)
{
	int fd = opened();

	assert_works(off(fd, buzzer));
	assert_works(on(fd, buzzer));
	assert_works(on(fd, buzzer));
	assert_true(sounds(buzzer));
	assert_works(off(fd, buzzer));
	assert_works(off(fd, buzzer));
	assert_false(sounds(buzzer));
	close(fd);
}

static void index_out_of_range_fails(void **state)
{
	const int expected = buzzers ? EINVAL : ENODEV;
	struct beepctrl_info info = { .index = buzzers };
	unsigned long raw = buzzers;
	int fd = opened_only();

	assert_errno(expected, on(fd, buzzers));
	assert_errno(expected, off(fd, buzzers));
	assert_errno(expected, command(fd, BEEPCTRL_STOP, buzzers));
	assert_errno(expected, on(fd, UINT32_MAX));
	assert_errno(expected, ioctl(fd, BEEPCTRL_RAW_ON, raw));
	assert_errno(expected, ioctl(fd, BEEPCTRL_RAW_OFF, raw));
	assert_errno(expected, ioctl(fd, BEEPCTRL_RAW_ON, -1L));
	assert_errno(expected, ioctl(fd, BEEPCTRL_GET_INFO, &info));
	if (sizeof(long) > 4)
		assert_errno(expected, ioctl(fd, BEEPCTRL_RAW_ON,
					     ~0UL - UINT32_MAX));
	if (!on_live_machine) {
		assert_false(sounds(buzzer));
		assert_false(sounds(another));
	}
	close(fd);
}

static void close_stops_the_sound(void **state)
{
	int fd = opened();

	assert_works(on(fd, buzzer));
	assert_true(sounds(buzzer));
	close(fd);
	assert_false(sounds(buzzer));
}

static void close_of_a_duplicate_keeps_the_sound(void **state)
{
	int fd = opened(), copy = dup(fd);

	assert_works(on(fd, buzzer));
	close(fd);
	assert_true(sounds(buzzer));
	close(copy);
	assert_false(sounds(buzzer));
}

static void killing_the_owner_stops_the_sound(void **state)
{
	int ready[2];
	pid_t child;
	char byte;

	close(opened());
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (!child) {
		int fd = open("/dev/beepctrl", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (on(fd, buzzer) || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_true(sounds(buzzer));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_false(sounds(buzzer));
	close(ready[0]);
	close(ready[1]);
}

static void last_caller_owns_the_sound(void **state)
{
	int earlier = opened(), later = opened();

	assert_works(on(earlier, buzzer));
	assert_works(on(later, buzzer));
	close(earlier);
	assert_true(sounds(buzzer));
	close(later);
	assert_false(sounds(buzzer));
}

static void close_of_another_file_keeps_the_sound(void **state)
{
	int player = opened(), bystander = opened();

	assert_works(on(player, buzzer));
	close(bystander);
	assert_true(sounds(buzzer));
	close(player);
}

static void any_file_can_switch_off(void **state)
{
	int player = opened(), other = opened();

	assert_works(on(player, buzzer));
	assert_works(off(other, buzzer));
	assert_false(sounds(buzzer));
	close(player);
	close(other);
}

static void get_info_names_each_buzzer(void **state)
{
	int fd = opened_only();
	unsigned int i;

	if (!buzzers)
		skip_because("no buzzer is configured");
	for (i = 0; i < buzzers; i++) {
		struct beepctrl_info info = info_of(fd, i);

		assert_int_equal(info.index, i);
		assert_int_equal(info.count, buzzers);
		assert_in_range(strnlen(info.name, sizeof(info.name)), 1,
				sizeof(info.name) - 1);
	}
	close(fd);
}

static void get_info_reports_the_state(void **state)
{
	int fd = opened(), other = opened();
	struct beepctrl_info info = info_of(fd, another);

	assert_int_equal(info.index, another);
	assert_int_equal(info.count, buzzers);
	assert_int_equal(info.flags & ~BEEPCTRL_SLEEPS, 0);
	if (!on_live_machine)
		assert_string_equal(info.name, "devtrio-testchip:3");

	assert_works(on(fd, another));
	assert_int_equal(state_of(fd, another),
			 BEEPCTRL_SOUNDING | BEEPCTRL_MINE);
	assert_int_equal(state_of(other, another), BEEPCTRL_SOUNDING);
	if (!on_live_machine)
		assert_int_equal(state_of(fd, buzzer), 0);
	assert_true(info_of(fd, another).frequency == BEEPCTRL_STEADY);
	/* The structure can be reused. */
	info = info_of(fd, another);
	assert_works(ioctl(fd, BEEPCTRL_GET_INFO, &info));
	close(fd);
	assert_int_equal(state_of(other, another), 0);
	close(other);
}

static void reserved_fields_must_be_0(void **state)
{
	struct beepctrl_buzzer reserved = { .reserved[2] = 1 };
	struct beepctrl_info info = { .reserved[6] = 1 };
	int fd = opened_only();

	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_ON, &reserved));
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_OFF, &reserved));
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_STOP, &reserved));
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_GET_INFO, &info));
	if (!on_live_machine)
		assert_false(sounds(buzzer));
	close(fd);
}

static void unreadable_arguments_fail_with_EFAULT(void **state)
{
	int fd = opened_only();

	assert_errno(EFAULT, ioctl(fd, BEEPCTRL_ON, NULL));
	assert_errno(EFAULT, ioctl(fd, BEEPCTRL_OFF, NULL));
	assert_errno(EFAULT, ioctl(fd, BEEPCTRL_STOP, NULL));
	assert_errno(EFAULT, ioctl(fd, BEEPCTRL_PLAY, NULL));
	assert_errno(EFAULT, ioctl(fd, BEEPCTRL_GET_INFO, NULL));
	close(fd);
}

static void unknown_commands_fail_with_ENOTTY(void **state)
{
	int fd = opened_only();

	assert_errno(ENOTTY, ioctl(fd, 3, 0));
	assert_errno(ENOTTY, ioctl(fd, _IO(0xBE, 0x1f), 0));
	close(fd);
}

static void read_write_and_seek_fail(void **state)
{
	int fd = opened_only();
	char byte = 0;

	assert_errno(EINVAL, read(fd, &byte, 1));
	assert_errno(EINVAL, write(fd, &byte, 1));
	assert_errno(ESPIPE, lseek(fd, 0, SEEK_SET));
	close(fd);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(buzzers_are_silent_after_load),
		sound_test(on_sounds_and_off_silences),
		sound_test(a_file_opened_for_reading_sounds),
		sound_test(raw_commands_switch_on_and_off),
		cmocka_unit_test(two_buzzers_sound_at_once),
		sound_test(switching_twice_succeeds),
		live_test(index_out_of_range_fails),
		sound_test(close_stops_the_sound),
		sound_test(close_of_a_duplicate_keeps_the_sound),
		sound_test(killing_the_owner_stops_the_sound),
		sound_test(last_caller_owns_the_sound),
		sound_test(close_of_another_file_keeps_the_sound),
		sound_test(any_file_can_switch_off),
		live_test(get_info_names_each_buzzer),
		sound_test(get_info_reports_the_state),
		live_test(reserved_fields_must_be_0),
		live_test(unreadable_arguments_fail_with_EFAULT),
		live_test(unknown_commands_fail_with_ENOTTY),
		live_test(read_write_and_seek_fail),
	};

	return run_as_tap_after(find_levels, tests);
}
