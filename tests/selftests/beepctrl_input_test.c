// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test the input devices of the buzzers.
 */
#include "beepctrl.h"

#include <glob.h>
#include <linux/input.h>

static char node[64];

/* Find the node of a buzzer's input device. */
static bool find_node(unsigned int index)
{
	char name[64], found[64], path[128];
	bool there = false;
	glob_t names;
	size_t i;
	FILE *file;

	snprintf(name, sizeof(name), "beepctrl buzzer %u", index);
	if (glob("/sys/class/input/event*", 0, NULL, &names))
		return false;
	for (i = 0; i < names.gl_pathc && !there; i++) {
		snprintf(path, sizeof(path), "%s/device/name",
			 names.gl_pathv[i]);
		file = fopen(path, "re");
		there = file && fgets(found, sizeof(found), file) &&
			!strcmp(strtok(found, "\n"), name);
		if (file)
			fclose(file);
		snprintf(node, sizeof(node), "/dev/input/%s",
			 strrchr(names.gl_pathv[i], '/') + 1);
	}
	globfree(&names);
	return there;
}

/* A test calls this before it sounds a buzzer. */
static int opened_input(void)
{
	close(opened());
	if (!find_node(buzzer))
		fail_msg("no input device; is the module evdev loaded?");
	return open_or_fail(node, O_WRONLY);
}

static int sound(int fd, int code, int value)
{
	struct input_event event = {
		.type = EV_SND, .code = code, .value = value,
	};

	return write(fd, &event, sizeof(event)) == sizeof(event) ? 0 : -1;
}

/*
 * 20 rising edges per second, or a steady level on a chip that sleeps. The driver of
 * a live machine does not tell the edges.
 */
static void assert_sounds(void)
{
	if (on_live_machine || sleeps())
		assert_true(becomes(1));
	else
		assert_true(rises(400) > 1);
}

static void assert_silent(void)
{
	assert_true(becomes(0));
	/* A line that sleeps lags behind. */
	if (sleeps())
		rises(50);
	assert_int_equal(rises(100), 0);
	assert_false(sounds(buzzer));
}

static void each_buzzer_has_an_input_device(void **state)
{
	char last[sizeof(node)] = "";
	int fd = opened_only();
	unsigned int i;

	if (!buzzers)
		skip_because("no buzzer is configured");
	for (i = 0; i < buzzers; i++) {
		if (state_of(fd, i) & BEEPCTRL_ABSENT)
			continue;
		assert_true(find_node(i));
		assert_string_not_equal(node, last);
		strcpy(last, node);
	}
	assert_false(find_node(buzzers));
	close(fd);
}

static void device_supports_bell_and_tone(void **state)
{
	unsigned char bits[SND_MAX / 8 + 1] = { 0 };
	int fd = opened_input();

	assert_works(ioctl(fd, EVIOCGBIT(EV_SND, sizeof(bits)), bits));
	assert_int_equal(bits[0], 1 << SND_BELL | 1 << SND_TONE);
	assert_works(ioctl(fd, EVIOCGSND(sizeof(bits)), bits));
	close(fd);
}

static void tone_lasts_until_0(void **state)
{
	int fd = opened_input();

	assert_works(sound(fd, SND_TONE, 20));
	assert_sounds();
	assert_works(sound(fd, SND_TONE, 0));
	assert_silent();
	close(fd);
}

static void bell_lasts_until_0(void **state)
{
	int fd = opened_input(), control = opened();

	assert_works(sound(fd, SND_BELL, 1));
	assert_int_equal(info_of(control, buzzer).frequency,
			 sleeps() ? BEEPCTRL_STEADY : 1000);
	assert_works(sound(fd, SND_BELL, 0));
	assert_silent();
	close(control);
	close(fd);
}

/* Otherwise the input core restarts the sound after a suspend. */
static void input_core_does_not_store_the_bell(void **state)
{
	unsigned char bits[SND_MAX / 8 + 1] = { 0xff };
	int fd = opened_input();

	assert_works(sound(fd, SND_BELL, 1));
	assert_works(ioctl(fd, EVIOCGSND(sizeof(bits)), bits));
	assert_int_equal(bits[0], 0);
	close(fd);
	assert_silent();
}

static void unsupported_frequencies_are_silent(void **state)
{
	static const int bad[] = { 19, 20001, -1, INT32_MAX, INT32_MIN };
	int fd = opened_input();
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_works(sound(fd, SND_TONE, 20));
		assert_works(sound(fd, SND_TONE, bad[i]));
		assert_true(becomes(0));
	}
	assert_silent();
	close(fd);
}

/* A grab only blocks other handlers, such as the console bell. */
static void grab_does_not_block_writers(void **state)
{
	int grabber = opened_input(), fd = opened_input();

	assert_works(ioctl(grabber, EVIOCGRAB, 1));
	assert_works(sound(fd, SND_TONE, 20));
	assert_sounds();
	assert_works(sound(fd, SND_TONE, 0));
	assert_silent();
	close(fd);
	close(grabber);
}

static void close_stops_the_sound(void **state)
{
	int fd = opened_input();

	assert_works(sound(fd, SND_TONE, 20));
	assert_sounds();
	close(fd);
	assert_silent();
}

static void killing_the_owner_stops_the_sound(void **state)
{
	pid_t child;

	close(opened_input());
	child = fork();
	if (!child) {
		int fd = open(node, O_WRONLY);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		sound(fd, SND_TONE, 20);
		for (;;)
			pause();
	}
	assert_sounds();
	assert_works(kill(child, SIGKILL));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_silent();
}

static void close_by_another_process_keeps_the_sound(void **state)
{
	int fd = opened_input();
	pid_t child;

	assert_works(sound(fd, SND_TONE, 20));
	child = fork();
	if (!child) {
		int other = open(node, O_WRONLY);

		close(other);
		_exit(other < 0);
	}
	assert_int_equal(exit_code_of(child), 0);
	assert_sounds();
	close(fd);
}

static void last_writer_owns_the_sound(void **state)
{
	int input = opened_input(), control = opened();

	assert_works(sound(input, SND_TONE, 20));
	assert_works(on(control, buzzer));
	/* The end of the tone does not end a later sound. */
	assert_works(sound(input, SND_TONE, 0));
	assert_true(sounds(buzzer));
	assert_works(sound(input, SND_TONE, 30));
	close(control);
	assert_sounds();
	close(input);
	assert_silent();
}

static void off_stops_a_tone(void **state)
{
	int input = opened_input(), control = opened();

	assert_works(sound(input, SND_TONE, 20));
	assert_works(off(control, buzzer));
	assert_silent();
	close(control);
	close(input);
}

/* The packaged program opens write-only, uses EVIOCGSND and writes an event. */
static void beep_program_works(void **state)
{
	int status, seen = 0;
	pid_t child;

	assert_true(find_node(buzzer));
	child = fork();
	if (!child) {
		execl("./beep", "beep", "-e", node, "-f", "440", "-l", "200",
		      "-n", "-f", "220", "-l", "100", NULL);
		_exit(127);
	}
	while (!waitpid(child, &status, WNOHANG))
		seen += sounds(buzzer);
	assert_int_equal(status, 0);
	assert_true(seen > 0);
	assert_silent();
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		live_test(each_buzzer_has_an_input_device),
		live_test(device_supports_bell_and_tone),
		sound_test(tone_lasts_until_0),
		sound_test(bell_lasts_until_0),
		sound_test(input_core_does_not_store_the_bell),
		sound_test(unsupported_frequencies_are_silent),
		cmocka_unit_test(grab_does_not_block_writers),
		sound_test(close_stops_the_sound),
		sound_test(killing_the_owner_stops_the_sound),
		sound_test(close_by_another_process_keeps_the_sound),
		sound_test(last_writer_owns_the_sound),
		sound_test(off_stops_a_tone),
		cmocka_unit_test(beep_program_works),
	};

	return run_as_tap_after(find_levels, tests);
}
