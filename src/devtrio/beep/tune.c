// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parse tunes: names, lists of steps, and RTTTL (Ring Tone Text Transfer
 * Language).
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
		return tune_add_step(tune, BEEPCTRL_REST, ms);
	if (!strcmp(text, "on"))
		return tune_add_step(tune, BEEPCTRL_STEADY, ms);
	/* The driver encodes rest and on as numbers: reject those here. */
	if (!parse_number(text, BEEPCTRL_FREQUENCY_MAX, &frequency) ||
	    !frequency)
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
		length = strcspn(text, ",");
		if (length >= sizeof(step))
			return "expected steps of HZ/MS, rest/MS or on/MS";
		snprintf(step, sizeof(step), "%.*s", (int)length, text);
		why = add_step_text(tune, step);
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

static void skip_blanks(struct rtttl *rtttl)
{
	rtttl->at += strspn(rtttl->at, " \t\r\n");
}

static bool take(struct rtttl *rtttl, char c)
{
	if (tolower((unsigned char)*rtttl->at) != c)
		return false;
	rtttl->at++;
	return true;
}

/* Parse up to four digits; 0 if there are none. */
static unsigned int take_number(struct rtttl *rtttl)
{
	unsigned int number = 0, digits;

	for (digits = 0; digits < 4 && isdigit((unsigned char)*rtttl->at);
	     digits++)
		number = number * 10 + (*rtttl->at++ - '0');
	return number;
}

static bool is_note_value(unsigned int value)
{
	return value && value <= 32 && !(value & (value - 1));
}

/* Parse "d=4,o=6,b=63"; each part is optional. */
static const char *read_defaults(struct rtttl *rtttl)
{
	unsigned int number;
	char name;

	for (;;) {
		skip_blanks(rtttl);
		if (take(rtttl, ':'))
			return NULL;
		name = tolower((unsigned char)*rtttl->at);
		if (name)
			rtttl->at++;
		skip_blanks(rtttl);
		if (!name || !take(rtttl, '='))
			return "expected NAME:d=N,o=N,b=N:NOTES";
		skip_blanks(rtttl);
		number = take_number(rtttl);
		if (name == 'd' && is_note_value(number))
			rtttl->value = number;
		else if (name == 'o' && number >= 1 && number <= 8)
			rtttl->octave = number;
		else if (name == 'b' && number >= 10 && number <= 999)
			rtttl->bpm = number;
		else
			return "expected d=1 to 32 (a power of 2), o=1 to 8 and b=10 to 999";
		skip_blanks(rtttl);
		take(rtttl, ',');
	}
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

/* Parse "8a#.5": value, letter, sharp, dot, octave. Only the letter is required. */
static const char *read_note(struct rtttl *rtttl, struct tune *tune)
{
	static const char bad[] = "expected RTTTL notes such as 8a#5. or 4p";
	unsigned int value, octave;
	int letter, semitone;
	uint64_t start, us;
	bool dotted;

	skip_blanks(rtttl);
	value = take_number(rtttl);
	if (!value)
		value = rtttl->value;
	letter = tolower((unsigned char)*rtttl->at);
	if (!is_note_value(value) || !letter)
		return bad;
	rtttl->at++;
	semitone = semitone_of(letter);
	if (semitone < 0 && letter != 'p')
		return bad;
	if (take(rtttl, '#') || take(rtttl, '_'))
		semitone++;
	dotted = take(rtttl, '.');
	octave = take_number(rtttl);
	if (!octave)
		octave = rtttl->octave;
	dotted |= take(rtttl, '.');
	skip_blanks(rtttl);
	if (octave > 8 || (*rtttl->at && !take(rtttl, ',')))
		return bad;
	if (semitone == 12) {
		semitone = 0;
		octave++;
	}
	if (octave > 8)
		return bad;

	us = 240000000ULL / rtttl->bpm / value;
	if (dotted)
		us += us / 2;
	start = rtttl->us;
	rtttl->us += us;
	return add_note(tune, letter == 'p' ? BEEPCTRL_REST :
					      pitch(semitone, octave),
			(rtttl->us + 500) / 1000 - (start + 500) / 1000);
}

/**
 * tune_add_rtttl() - add a tune such as "fall:d=8,o=5,b=120:g,e,4c."
 * @tune: the tune
 * @text: the RTTTL text
 *
 * Return: NULL, or the error message.
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
	if (why)
		return why;
	do {
		why = read_note(&rtttl, tune);
		if (why)
			return why;
		skip_blanks(&rtttl);
	} while (*rtttl.at);

	return NULL;
}
