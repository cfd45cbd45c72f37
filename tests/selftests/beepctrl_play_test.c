// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test patterns, the queue and max_on_ms as specified in devtrio/beepctrl.h.
 * tests/vm/tune.t measures pitch and duration.
 */
#include "beepctrl.h"

#include <sched.h>

#define FOREVER	0
#define LIMIT	"/sys/module/beepctrl/parameters/max_on_ms"

static void pattern_sounds_and_ends(void **state)
{
	int fd = opened();

	assert_works(play(fd, 0, 1, STEADY(200), REST(200), STEADY(200)));
	assert_true(sounds(buzzer));
	assert_true(becomes(0));
	assert_true(becomes(1));
	assert_int_equal(woken(fd), POLLIN);
	assert_true(becomes(0));
	assert_int_equal(state_of(fd, buzzer), 0);
	close(fd);
}

static void pattern_has_the_right_duration(void **state)
{
	int fd = opened();
	long start = now_ms(), took;

	assert_works(play(fd, 0, 2, STEADY_IN_LAB(100), REST(150)));
	assert_int_equal(woken(fd), POLLIN);
	took = now_ms() - start;
	assert_in_range(took, 499, on_live_machine ? PATIENCE_MS : 1500);
	close(fd);
}

static void tone_toggles_the_line(void **state)
{
	int fd = opened();

	if (sleeps()) {
		assert_errno(EOPNOTSUPP, play(fd, 0, 1, STEADY(9), TONE(20, 9)));
		assert_false(sounds(buzzer));
		close(fd);
		return;
	}
	assert_works(play(fd, 0, 1, TONE(20, on_live_machine ? 1 : 600)));
	/* Twelve periods; a busy machine can miss some. */
	if (!on_live_machine)
		assert_in_range(rises(600), 4, 12);
	assert_int_equal(woken(fd), POLLIN);
	assert_false(sounds(buzzer));
	close(fd);
}

static void get_info_reports_the_pattern(void **state)
{
	int fd = opened(), other = opened();
	struct beepctrl_info info;

	assert_works(play(fd, 0, FOREVER, STEADY_IN_LAB(1), REST(60000)));
	do
		info = info_of(fd, buzzer);
	while (!info.step || info.flags & BEEPCTRL_SOUNDING);
	assert_int_equal(info.flags & ~BEEPCTRL_SLEEPS,
			 BEEPCTRL_PLAYING | BEEPCTRL_MINE);
	assert_int_equal(info.frequency, BEEPCTRL_REST);
	assert_int_equal(info.round, 0);
	assert_int_equal(info.error, 0);
	assert_int_equal(state_of(other, buzzer),
			 BEEPCTRL_PLAYING);
	close(other);
	close(fd);
}

static void repetitions_are_counted(void **state)
{
	int fd = opened();
	struct beepctrl_info info;
	uint32_t round = 0;

	assert_works(play(fd, 0, 5, STEADY(60), REST(60)));
	while (!polled(fd, 0)) {
		info = info_of(fd, buzzer);
		if (info.flags & BEEPCTRL_PLAYING)
			round = info.round;
	}
	/* A busy machine can miss the last round. */
	assert_in_range(round, 1, 4);
	assert_works(play(fd, 0, FOREVER, STEADY(1)));
	while (info_of(fd, buzzer).round < 5)
		;
	assert_true(info_of(fd, buzzer).flags & BEEPCTRL_PLAYING);
	close(fd);
}

static void endless_pattern_plays_until_stopped(void **state)
{
	int fd = opened();

	assert_works(play(fd, 0, FOREVER, STEADY_IN_LAB(20), REST(20)));
	assert_int_equal(polled(fd, 300), 0);
	assert_works(command(fd, BEEPCTRL_STOP, buzzer));
	assert_int_equal(polled(fd, 0), POLLIN);
	assert_int_equal(rises(100), 0);
	assert_false(sounds(buzzer));
	close(fd);
}

static void poll_waits_only_for_own_sounds(void **state)
{
	int player = opened(), bystander = opened();

	assert_int_equal(polled(player, 0), POLLIN);
	assert_works(play(player, 0, FOREVER, REST(1000)));
	assert_int_equal(polled(player, 0), 0);
	assert_int_equal(polled(bystander, 0), POLLIN);
	assert_works(play(bystander, 0, FOREVER, REST(1000)));
	assert_int_equal(polled(player, 0), POLLIN);
	assert_int_equal(polled(bystander, 0), 0);
	close(bystander);
	close(player);
}

/* Send a command from a child once the parent sleeps. */
static pid_t command_later(int fd, unsigned long number)
{
	pid_t parent = getpid(), child = fork();

	if (!child) {
		await_sleep(parent);
		_exit(!!command(fd, number, buzzer));
	}
	return child;
}

static void poll_wakes_up_when_another_file_stops_it(void **state)
{
	int fd = opened(), other = opened();
	pid_t child;

	assert_works(play(fd, 0, FOREVER, STEADY_IN_LAB(1000)));
	child = command_later(other, BEEPCTRL_OFF);
	assert_int_equal(woken(fd), POLLIN);
	assert_int_equal(exit_code_of(child), 0);
	close(other);
	close(fd);
}

static void poll_wakes_up_when_the_queue_is_stopped(void **state)
{
	int fd = opened(), other = opened();
	pid_t child;

	assert_works(play(other, 0, 1, REST(60000)));
	assert_works(play(fd, BEEPCTRL_QUEUE, 1, REST(60000)));
	child = command_later(fd, BEEPCTRL_STOP);
	assert_int_equal(woken(fd), POLLIN);
	assert_int_equal(exit_code_of(child), 0);
	close(other);
	close(fd);
}

static void new_pattern_replaces_sound_and_queue(void **state)
{
	int fd = opened(), other = opened();

	assert_works(play(fd, 0, FOREVER, STEADY_IN_LAB(1000)));
	assert_works(play(fd, BEEPCTRL_QUEUE, 1, STEADY_IN_LAB(1000)));
	assert_works(play(other, 0, 1, REST(60000)));
	assert_false(sounds(buzzer));
	assert_int_equal(info_of(other, buzzer).queued, 0);
	assert_int_equal(polled(fd, 0), POLLIN);
	close(fd);
	assert_true(info_of(other, buzzer).flags & BEEPCTRL_PLAYING);
	close(other);
}

static void queue_plays_in_order(void **state)
{
	int fd = opened();

	assert_works(play(fd, BEEPCTRL_QUEUE, 1, REST(100)));
	assert_works(play(fd, BEEPCTRL_QUEUE, 1, STEADY(200)));
	assert_works(play(fd, BEEPCTRL_QUEUE, 1, REST(60000)));
	assert_int_equal(info_of(fd, buzzer).queued, 2);
	assert_false(sounds(buzzer));
	assert_true(becomes(1));
	assert_int_equal(info_of(fd, buzzer).queued, 1);
	assert_true(becomes(0));
	assert_int_equal(info_of(fd, buzzer).queued, 0);
	assert_int_equal(polled(fd, 0), 0);
	close(fd);
}

static void full_queue_fails_with_EAGAIN(void **state)
{
	int fd = opened(), i;

	assert_works(play(fd, 0, 1, REST(60000)));
	for (i = 0; i < BEEPCTRL_MAX_QUEUED; i++)
		assert_works(play(fd, BEEPCTRL_QUEUE, 1, REST(1)));
	assert_errno(EAGAIN, play(fd, BEEPCTRL_QUEUE, 1, REST(1)));
	assert_int_equal(info_of(fd, buzzer).queued, BEEPCTRL_MAX_QUEUED);
	assert_works(off(fd, buzzer));
	assert_int_equal(info_of(fd, buzzer).queued, 0);
	assert_int_equal(polled(fd, 0), POLLIN);
	close(fd);
}

static void endless_sounds_give_way_to_the_queue(void **state)
{
	int fd = opened();

	assert_works(on(fd, buzzer));
	assert_works(play(fd, BEEPCTRL_QUEUE, FOREVER, REST(50)));
	assert_false(sounds(buzzer));
	assert_int_equal(info_of(fd, buzzer).queued, 0);
	assert_works(play(fd, BEEPCTRL_QUEUE, 1, STEADY(60000)));
	assert_int_equal(info_of(fd, buzzer).queued, 1);
	assert_true(becomes(1));
	assert_int_equal(info_of(fd, buzzer).queued, 0);
	close(fd);
}

static void stop_ends_only_own_sounds(void **state)
{
	int fd = opened(), other = opened();

	assert_works(on(fd, buzzer));
	assert_works(command(other, BEEPCTRL_STOP, buzzer));
	assert_true(sounds(buzzer));
	assert_works(play(fd, 0, 1, REST(60000)));
	assert_works(play(other, BEEPCTRL_QUEUE, 1, STEADY(60000)));
	assert_works(play(fd, BEEPCTRL_QUEUE, 1, REST(60000)));
	assert_works(command(fd, BEEPCTRL_STOP, buzzer));
	assert_true(sounds(buzzer));
	assert_int_equal(info_of(other, buzzer).queued, 0);
	assert_true(info_of(other, buzzer).flags & BEEPCTRL_MINE);
	close(fd);
	assert_true(sounds(buzzer));
	close(other);
	assert_false(sounds(buzzer));
}

static void close_ends_pattern_and_queue(void **state)
{
	int fd = opened(), other = opened();

	assert_works(play(fd, 0, FOREVER, STEADY_IN_LAB(20), REST(1)));
	assert_works(play(fd, BEEPCTRL_QUEUE, 1, STEADY_IN_LAB(1000)));
	close(fd);
	assert_false(sounds(buzzer));
	assert_int_equal(state_of(other, buzzer), 0);
	assert_int_equal(info_of(other, buzzer).queued, 0);
	assert_int_equal(rises(50), 0);
	close(other);
}

static void killing_the_owner_ends_its_pattern(void **state)
{
	int observer = opened();
	pid_t child = fork();

	if (!child) {
		int fd = open("/dev/beepctrl", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		play(fd, 0, FOREVER, STEADY_IN_LAB(5), REST(5));
		for (;;)
			pause();
	}
	while (info_of(observer, buzzer).round < 3)
		;
	assert_works(kill(child, SIGKILL));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(state_of(observer, buzzer), 0);
	assert_int_equal(rises(50), 0);
	assert_false(sounds(buzzer));
	close(observer);
}

static void buzzers_are_independent(void **state)
{
	int fd = opened();

	assert_works(on(fd, another));
	assert_works(play(fd, 0, 1, STEADY(20), REST(20)));
	while (info_of(fd, buzzer).flags & BEEPCTRL_PLAYING)
		;
	assert_true(sounds(another));
	assert_int_equal(polled(fd, 0), 0);
	assert_works(off(fd, another));
	assert_int_equal(polled(fd, 0), POLLIN);
	close(fd);
}

static void values_out_of_range_fail_with_EINVAL(void **state)
{
	const struct beepctrl_step step = REST(1);
	int fd = opened();
	struct beepctrl_play bad, good = {
		.index = buzzer, .repeat = 1, .count = 1,
		.steps = (uintptr_t)&step,
	};

	assert_errno(EINVAL, play(fd, 0, 1, TONE(19, 1)));
	assert_errno(EINVAL, play(fd, 0, 1, REST(1), TONE(20001, 1)));
	assert_errno(EINVAL, play(fd, 0, 1, TONE(BEEPCTRL_STEADY - 1, 1)));
	assert_errno(EINVAL, play(fd, 0, 1, STEADY(1), REST(0)));
	assert_errno(EINVAL, play(fd, 0, 1, STEADY(60001)));
	assert_errno(EINVAL, play(fd, BEEPCTRL_QUEUE << 1, 1, REST(1)));
	bad = good;
	bad.count = 0;
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_PLAY, &bad));
	bad.count = BEEPCTRL_MAX_STEPS + 1;
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_PLAY, &bad));
	bad.count = UINT32_MAX;
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_PLAY, &bad));
	bad = good;
	bad.index = buzzers;
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_PLAY, &bad));
	bad = good;
	bad.reserved[1] = 1;
	assert_errno(EINVAL, ioctl(fd, BEEPCTRL_PLAY, &bad));
	close(fd);
}

static void unreadable_steps_fail_with_EFAULT(void **state)
{
	char *page = page_before_a_hole();
	struct beepctrl_step *last = (void *)(page + sysconf(_SC_PAGESIZE));
	int fd = opened();
	struct beepctrl_play args = {
		.index = buzzer, .repeat = 1, .count = 2,
		.steps = (uintptr_t)(last - 1),
	};

	last[-1] = (struct beepctrl_step)STEADY(1000);
	assert_errno(EFAULT, ioctl(fd, BEEPCTRL_PLAY, &args));
	assert_false(sounds(buzzer));
	args.count = 1;
	assert_works(ioctl(fd, BEEPCTRL_PLAY, &args));
	assert_true(sounds(buzzer));
	close(fd);
}

static void invalid_pattern_changes_nothing(void **state)
{
	int fd = opened(), other = opened();

	assert_works(play(fd, 0, FOREVER, STEADY_IN_LAB(1000)));
	assert_errno(EINVAL, play(other, 0, 1, REST(1), TONE(1, 1)));
	assert_int_equal(state_of(fd, buzzer) & ~BEEPCTRL_SOUNDING,
			 BEEPCTRL_PLAYING | BEEPCTRL_MINE);
	if (!on_live_machine)
		assert_true(sounds(buzzer));
	close(other);
	close(fd);
}

static void longest_pattern_plays(void **state)
{
	struct beepctrl_step steps[BEEPCTRL_MAX_STEPS];
	int fd = opened(), i;
	struct beepctrl_play args = {
		.index = buzzer, .repeat = 1, .count = BEEPCTRL_MAX_STEPS,
		.steps = (uintptr_t)steps,
	};

	for (i = 0; i < BEEPCTRL_MAX_STEPS; i++)
		steps[i] = (struct beepctrl_step)REST(1);
	steps[BEEPCTRL_MAX_STEPS - 1] = (struct beepctrl_step)STEADY(60000);
	assert_works(ioctl(fd, BEEPCTRL_PLAY, &args));
	/* The kernel plays its own copy. */
	memset(steps, 0, sizeof(steps));
	assert_true(becomes(1));
	assert_int_equal(info_of(fd, buzzer).step, BEEPCTRL_MAX_STEPS - 1);
	close(fd);
}

static void set_limit(const char *ms)
{
	int fd = open_or_fail(LIMIT, O_WRONLY);

	assert_int_equal(write(fd, ms, strlen(ms)), strlen(ms));
	close(fd);
}

static int restore_limit(void **state)
{
	set_limit("30000");
	return 0;
}

static void max_on_ms_ends_a_sound(void **state)
{
	int fd = opened();

	set_limit("300");
	assert_int_equal(info_of(fd, buzzer).max_on_ms, 300);
	assert_works(on(fd, buzzer));
	assert_true(sounds(buzzer));
	assert_int_equal(woken(fd), POLLIN);
	assert_true(becomes(0));
	close(fd);
}

static void max_on_ms_ends_pattern_and_queue(void **state)
{
	int fd = opened();
	long start = now_ms();

	set_limit("200");
	assert_works(play(fd, 0, FOREVER, STEADY(20), REST(1)));
	assert_works(play(fd, BEEPCTRL_QUEUE, FOREVER, STEADY(60000)));
	assert_int_equal(woken(fd), POLLIN);
	assert_in_range(now_ms() - start, 199, 5000);
	assert_int_equal(rises(50), 0);
	assert_true(becomes(0));
	close(fd);
}

static void new_command_restarts_max_on_ms(void **state)
{
	int fd = opened(), i;
	long start = now_ms();

	set_limit("1000");
	for (i = 0; i < 15; i++) {
		assert_works(on(fd, buzzer));
		usleep(100000);
	}
	assert_true(now_ms() - start > 1400);
	assert_true(sounds(buzzer));
	close(fd);
}

static void max_on_ms_0_means_no_limit(void **state)
{
	int fd = opened();

	set_limit("0");
	assert_works(on(fd, buzzer));
	set_limit("1");
	/* The current sound is not affected. */
	assert_int_equal(polled(fd, 200), 0);
	assert_true(sounds(buzzer));
	close(fd);
}

/* 10,000 PLAYs and STOPs mixed with other calls, from four processes. */
static int scramble(unsigned int seed)
{
	int fd = open("/dev/beepctrl", O_RDWR), i;

	for (i = 0; i < 2500; i++) {
		seed = seed * 1103515245 + 12345;
		if (play(fd, seed >> 20 & 1, seed >> 21 & 3, STEADY(1), REST(1),
			 STEADY(2)) && errno != EAGAIN)
			return 1;
		if (!(seed >> 16 & 7) && off(fd, buzzer))
			return 2;
		if (!(seed >> 24 & 15)) {
			close(fd);
			fd = open("/dev/beepctrl", O_RDWR);
		}
		if (command(fd, BEEPCTRL_STOP, buzzer))
			return 3;
	}
	return 0;
}

static void concurrent_players_leave_silence(void **state)
{
	int fd = opened(), i;
	pid_t children[4];

	for (i = 0; i < 4; i++) {
		children[i] = fork();
		if (!children[i])
			_exit(scramble(i));
	}
	for (i = 0; i < 4; i++)
		assert_int_equal(exit_code_of(children[i]), 0);
	assert_int_equal(state_of(fd, buzzer), 0);
	assert_int_equal(info_of(fd, buzzer).queued, 0);
	assert_false(sounds(buzzer));
	close(fd);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(pattern_sounds_and_ends),
		live_test(pattern_has_the_right_duration),
		sound_test(tone_toggles_the_line),
		live_test(get_info_reports_the_pattern),
		cmocka_unit_test(repetitions_are_counted),
		live_test(endless_pattern_plays_until_stopped),
		live_test(poll_waits_only_for_own_sounds),
		live_test(poll_wakes_up_when_another_file_stops_it),
		live_test(poll_wakes_up_when_the_queue_is_stopped),
		live_test(new_pattern_replaces_sound_and_queue),
		cmocka_unit_test(queue_plays_in_order),
		live_test(full_queue_fails_with_EAGAIN),
		sound_test(endless_sounds_give_way_to_the_queue),
		sound_test(stop_ends_only_own_sounds),
		live_test(close_ends_pattern_and_queue),
		live_test(killing_the_owner_ends_its_pattern),
		cmocka_unit_test(buzzers_are_independent),
		live_test(values_out_of_range_fail_with_EINVAL),
		sound_test(unreadable_steps_fail_with_EFAULT),
		live_test(invalid_pattern_changes_nothing),
		sound_test(longest_pattern_plays),
		cmocka_unit_test_teardown(max_on_ms_ends_a_sound, restore_limit),
		cmocka_unit_test_teardown(max_on_ms_ends_pattern_and_queue,
					  restore_limit),
		cmocka_unit_test_teardown(new_command_restarts_max_on_ms,
					  restore_limit),
		cmocka_unit_test_teardown(max_on_ms_0_means_no_limit, restore_limit),
		cmocka_unit_test(concurrent_players_leave_silence),
	};

	return run_as_tap_after(find_levels, tests);
}
