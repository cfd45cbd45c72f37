// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parse tunes: names, lists of steps, and RTTTL (Ring Tone Text Transfer
 * Language).
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/devtrio.h"
#include "tune.h"

static const struct named {
	const char *name;
	const char *steps;
} named[] = {
	{ "ok", "1047/80,1319/80,1568/160" },
	{ "warning", "880/250,rest/100,880/250" },
	{ "alarm", "1200/200,800/200,1200/200,800/200,1200/200,800/200" },
};

/* Silence between two notes of the same pitch. */
#define GAP_MS	20

const char *tune_add_step(struct tune *tune, uint32_t frequency, uint64_t ms)
{
	if (tune->count == ARRAY_SIZE(tune->steps))
		return "it has more than 1024 steps";
	if (frequency != BEEPCTRL_REST && frequency != BEEPCTRL_STEADY &&
	    (frequency < BEEPCTRL_FREQUENCY_MIN ||
	     frequency > BEEPCTRL_FREQUENCY_MAX))
		return "expected 20 to 20000 Hz";
	if (!ms || ms > BEEPCTRL_DURATION_MAX)
		return "expected 1 to 60000 ms per step";

	tune->steps[tune->count++] = (struct beepctrl_step) {
		.frequency = frequency, .duration = ms,
	};
	return NULL;
}

/* Parse Hz, rounded: the driver takes whole ones. */
static bool parse_frequency(char *text, uint64_t *frequency)
{
	char *point = strchr(text, '.');

	if (point) {
		*point++ = '\0';
		if (!*point || point[strspn(point, "0123456789")])
			return false;
	}
	if (!parse_number(text, BEEPCTRL_FREQUENCY_MAX, frequency))
		return false;
	*frequency += point && *point >= '5';
	return true;
}

static const char *add_step_text(struct tune *tune, char *text)
{
	char *slash = strchr(text, '/');
	uint64_t frequency, ms;

	if (!slash)
		return "expected steps of HZ/MS, rest/MS or on/MS";
	*slash = '\0';
	if (!parse_number(slash + 1, UINT32_MAX, &ms))
		return "expected 1 to 60000 ms per step";
	if (!strcmp(text, "rest"))
		return ms ? tune_add_step(tune, BEEPCTRL_REST, ms) : NULL;
	if (!strcmp(text, "on"))
		return tune_add_step(tune, BEEPCTRL_STEADY, ms);
	/* The driver encodes rest and on as numbers: reject those here. */
	if (!parse_frequency(text, &frequency) || !frequency)
		return "expected 20 to 20000 Hz, rest or on";
	return tune_add_step(tune, frequency, ms);
}

/**
 * tune_add_steps() - add steps such as 440/200,rest/100,on/50
 * @tune: the tune
 * @text: comma-separated steps
 *
 * Return: NULL, or the error message.
 */
const char *tune_add_steps(struct tune *tune, const char *text)
{
	char step[32];
	const char *why;
	size_t length;

	for (;; text += length + 1) {
		text += strspn(text, " \t\r\n");
		length = strcspn(text, ",");
		if (length >= sizeof(step))
			return "expected steps of HZ/MS, rest/MS or on/MS";
		snprintf(step, sizeof(step), "%.*s", (int)length, text);
		why = add_step_text(tune, step);
		if (!why && !text[length] && !tune->count)
			why = "it has nothing but rests of 0 ms";
		if (why || !text[length])
			return why;
	}
}

/**
 * tune_add_named() - add a named tune
 * @tune: the tune
 * @name: ok, warning or alarm
 *
 * Return: whether the name is known.
 */
bool tune_add_named(struct tune *tune, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(named); i++)
		if (!strcmp(named[i].name, name))
			return !tune_add_steps(tune, named[i].steps);
	return false;
}

/**
 * tune_name() - get the name of the i-th named tune
 * @i: index, from 0
 *
 * Return: the name, NULL after the last.
 */
const char *tune_name(size_t i)
{
	return i < ARRAY_SIZE(named) ? named[i].name : NULL;
}

/**
 * tune_ms() - get the duration of a tune
 * @tune: the tune
 *
 * Return: the duration in ms.
 */
uint64_t tune_ms(const struct tune *tune)
{
	uint64_t ms = 0;
	size_t i;

	for (i = 0; i < tune->count; i++)
		ms += tune->steps[i].duration;
	return ms;
}

/**
 * struct rtttl - parser state
 * @at: the next character
 * @value: the default note value: n for 1/n
 * @octave: the default octave
 * @bpm: quarter notes per minute
 * @us: start time of the next note; keeps rounding errors from adding up
 */
struct rtttl {
	const char *at;
	unsigned int value;
	unsigned int octave;
	unsigned int bpm;
	uint64_t us;
};

#define LETTERS	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Collections wrap lines anywhere, also within a note. */
static void skip_blanks(struct rtttl *rtttl)
{
	rtttl->at += strspn(rtttl->at, " \t\r\n");
}

static bool take(struct rtttl *rtttl, const char *any)
{
	skip_blanks(rtttl);
	if (!*rtttl->at || !strchr(any, *rtttl->at))
		return false;
	rtttl->at++;
	return true;
}

/* Parse up to four digits; the default if there are none. */
static unsigned int take_number(struct rtttl *rtttl, unsigned int number)
{
	unsigned int digits;

	skip_blanks(rtttl);
	for (digits = 0; digits < 4 && isdigit((unsigned char)*rtttl->at);
	     digits++)
		number = (digits ? number * 10 : 0) + (*rtttl->at++ - '0');
	return number;
}

/* Whether "NAME=" follows, which may also stand between notes. */
static bool is_pair(const struct rtttl *rtttl)
{
	size_t length = strspn(rtttl->at, LETTERS);

	return length && rtttl->at[length + strspn(rtttl->at + length, " \t")] == '=';
}

/* Parse "b=63": what later notes use. Unknown names have no effect. */
static const char *read_pair(struct rtttl *rtttl)
{
	size_t length = strspn(rtttl->at, LETTERS);
	char name = length == 1 ? tolower((unsigned char)*rtttl->at) : '\0';
	unsigned int number;

	rtttl->at += length;
	take(rtttl, "=");
	if (!name || !strchr("dob", name)) {
		rtttl->at += strcspn(rtttl->at, ",:");
		return NULL;
	}
	number = take_number(rtttl, 0);
	if (name == 'd' && number >= 1 && number <= 64)
		rtttl->value = number;
	else if (name == 'o' && number >= 1 && number <= 8)
		rtttl->octave = number;
	else if (name == 'b' && number >= 10 && number <= 999)
		rtttl->bpm = number;
	else
		return "expected d=1 to 64, o=1 to 8 and b=10 to 999";
	if (name == 'b' && !strncasecmp(rtttl->at, "bpm", 3))
		rtttl->at += 3;
	return NULL;
}

/* Parse "d=4,o=6,b=63"; each part is optional. */
static const char *read_defaults(struct rtttl *rtttl)
{
	const char *why = NULL;

	while (!why && !take(rtttl, ":")) {
		if (!is_pair(rtttl))
			return "expected NAME:d=N,o=N,b=N:NOTES";
		why = read_pair(rtttl);
		if (!take(rtttl, ",") && !why && *rtttl->at != ':')
			return "expected NAME:d=N,o=N,b=N:NOTES";
	}
	return why;
}

/* Return Hz, rounded. The table holds the eighth octave in mHz. */
static uint32_t pitch(unsigned int semitone, unsigned int octave)
{
	static const uint32_t eighth[] = {
		4186009, 4434922, 4698636, 4978032, 5274041, 5587652,
		5919911, 6271927, 6644875, 7040000, 7458620, 7902133,
	};
	uint32_t divisor = 1000U << (8 - octave);

	return (eighth[semitone] + divisor / 2) / divisor;
}

/* Return semitones above C; h is another name of b. */
static int semitone_of(int letter)
{
	static const signed char semitones[] = { 9, 11, 0, 2, 4, 5, 7, 11 };

	return letter >= 'a' && letter <= 'h' ? semitones[letter - 'a'] : -1;
}

static const char *add_note(struct tune *tune, uint32_t frequency, uint32_t ms)
{
	struct beepctrl_step *last = tune->count ?
				     &tune->steps[tune->count - 1] : NULL;
	const char *why;

	if (last && frequency != BEEPCTRL_REST &&
	    last->frequency == frequency && last->duration > 2 * GAP_MS) {
		last->duration -= GAP_MS;
		why = tune_add_step(tune, BEEPCTRL_REST, GAP_MS);
		if (why)
			return why;
	}
	return tune_add_step(tune, frequency, ms);
}

/*
 * Parse "8a#5.": value, letter, sharp, octave, dot. Only the letter is required. In
 * collections, sharp and dot stand anywhere.
 */
static const char *read_note(struct rtttl *rtttl, struct tune *tune)
{
	static const char bad[] = "expected a note such as 8a#5. or 4p";
	unsigned int value, octave, sharps, dots;
	int letter, semitone;
	uint64_t start;

	value = take_number(rtttl, rtttl->value);
	dots = take(rtttl, ".");
	sharps = take(rtttl, "#_");
	skip_blanks(rtttl);
	letter = tolower((unsigned char)*rtttl->at);
	semitone = letter == 'p' ? 0 : semitone_of(letter);
	if (value < 1 || value > 64)
		return "the note value must be 1 to 64";
	if (semitone < 0)
		return bad;
	rtttl->at++;
	sharps += take(rtttl, "#_");
	dots += take(rtttl, ".");
	octave = take_number(rtttl, rtttl->octave);
	sharps += take(rtttl, "#_");
	while (take(rtttl, "."))
		dots++;
	skip_blanks(rtttl);
	if (sharps > 1 || (*rtttl->at && *rtttl->at != ','))
		return bad;
	octave += (semitone + sharps) / 12;
	if (octave < 1 || octave > 8)
		return "the octave must be 1 to 8";

	start = rtttl->us;
	rtttl->us += 240000000ULL / rtttl->bpm / value * (dots ? 3 : 2) / 2;
	return add_note(tune, letter == 'p' ? BEEPCTRL_REST :
			pitch((semitone + sharps) % 12, octave),
			(rtttl->us + 500) / 1000 - (start + 500) / 1000);
}

static const char *read_notes(struct rtttl *rtttl, struct tune *tune)
{
	static char message[160];
	const char *why = NULL, *start;
	unsigned int n = 0;
	int length;

	do {
		skip_blanks(rtttl);
		start = rtttl->at;
		n++;
		if (is_pair(rtttl))
			why = read_pair(rtttl);
		else if (*start && *start != ',')
			why = read_note(rtttl, tune);
	} while (!why && take(rtttl, ","));
	skip_blanks(rtttl);
	if (!why && !tune->count)
		return "it has no notes";
	if (!why && !*rtttl->at)
		return NULL;
	length = strcspn(start, ",");
	while (length && isspace((unsigned char)start[length - 1]))
		length--;
	snprintf(message, sizeof(message), "note %u, '%.*s': %s", n,
		 length > 20 ? 20 : length, start,
		 why ? why : "expected a comma");
	return message;
}

/**
 * tune_add_rtttl() - add a tune such as "fall:d=8,o=5,b=120:g,e,4c."
 * @tune: the tune
 * @text: the RTTTL text
 *
 * Return: NULL, or the error message, which names the note; valid until the next
 * call.
 */
const char *tune_add_rtttl(struct tune *tune, const char *text)
{
	const char *colon = strchr(text, ':');
	struct rtttl rtttl = {
		.at = colon ? colon + 1 : NULL,
		.value = 4,
		.octave = 6,
		.bpm = 63,
	};
	const char *why;

	if (!colon)
		return "expected NAME:d=N,o=N,b=N:NOTES";
	why = read_defaults(&rtttl);
	return why ? why : read_notes(&rtttl, tune);
}
