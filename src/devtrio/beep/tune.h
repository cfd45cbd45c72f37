/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Convert the tunes of devtrio beep play to the driver's steps.
 */
#ifndef TUNE_H
#define TUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <devtrio/beepctrl.h>

/**
 * struct tune - the argument of one BEEPCTRL_PLAY
 * @count: number of @steps
 * @steps: the steps
 */
struct tune {
	size_t count;
	struct beepctrl_step steps[BEEPCTRL_MAX_STEPS];
};

/* Each returns NULL, or an error message for the user. */
const char *tune_add_step(struct tune *tune, uint32_t frequency, uint64_t ms);
const char *tune_add_steps(struct tune *tune, const char *text);
const char *tune_add_rtttl(struct tune *tune, const char *text);

bool tune_add_named(struct tune *tune, const char *name);
const char *tune_name(size_t i);
uint64_t tune_ms(const struct tune *tune);

#endif /* TUNE_H */
