/* SPDX-License-Identifier: GPL-2.0-only */
/* The system calls of which drivers.c builds sequences. */
#ifndef DRIVER_CALLS_H
#define DRIVER_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_CALLS	48

/* A seeded pseudo-random number generator. */
struct dice {
	uint64_t state;
};

static inline uint32_t roll(struct dice *dice)
{
	/* SplitMix64 works with any seed. */
	uint64_t z = dice->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31)) >> 32;
}

static inline uint32_t roll_below(struct dice *dice, uint32_t n)
{
	return roll(dice) % n;
}

/**
 * struct call - a system call
 * @kind: index of the call in the table
 * @slot: index of the open file
 * @seed: generates its arguments
 */
struct call {
	uint8_t kind;
	uint8_t slot;
	uint32_t seed;
};

struct sequence {
	unsigned int count;
	struct call calls[MAX_CALLS];
};

/* Results of the calls of a kind in all processes. */
struct outcome {
	uint64_t worked;
	uint64_t failed;
};

extern const unsigned int call_kinds;

const char *call_name(unsigned int kind);
/* Return the relative frequency; 0 if the call needs root. */
unsigned int call_weight(unsigned int kind, bool root);
/* Call it once in each process that runs sequences. */
void calls_prepare(void);
void run_sequence(const struct sequence *sequence, struct outcome *outcomes);

#endif /* DRIVER_CALLS_H */
