// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz the tunes of devtrio beep play: names, steps and RTTTL. The parser may
 * accept only steps that the driver accepts.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "beep/tune.h"

static void check(const struct tune *tune)
{
	size_t i;

	MUST(tune->count <= BEEPCTRL_MAX_STEPS);
	for (i = 0; i < tune->count; i++) {
		const struct beepctrl_step *step = &tune->steps[i];

		MUST(step->duration && step->duration <= BEEPCTRL_DURATION_MAX);
		MUST(step->frequency == BEEPCTRL_REST ||
		     step->frequency == BEEPCTRL_STEADY ||
		     (step->frequency >= BEEPCTRL_FREQUENCY_MIN &&
		      step->frequency <= BEEPCTRL_FREQUENCY_MAX));
	}
	MUST(tune_ms(tune) <= BEEPCTRL_MAX_STEPS *
			      (uint64_t)BEEPCTRL_DURATION_MAX);
}

/* Copy to an exact allocation: AddressSanitizer detects reads beyond it. */
static char *copy(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	MUST(text);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tune rtttl, steps, named;
	char *text = copy(data, size);

	rtttl.count = 0;
	steps.count = 0;
	named.count = 0;
	if (!tune_add_rtttl(&rtttl, text))
		MUST(rtttl.count);
	check(&rtttl);
	if (!tune_add_steps(&steps, text))
		MUST(steps.count);
	check(&steps);
	if (tune_add_named(&named, text))
		MUST(named.count);
	check(&named);
	free(text);
	return 0;
}
