/* SPDX-License-Identifier: GPL-2.0-only */
/* The system calls that drivers.c makes sequences of. */
#ifndef DRIVER_CALLS_H
#define DRIVER_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_CALLS	48

/* Numbers that look random and follow from a seed. */
struct dice {
	uint64_t state;
};

static inline uint32_t roll(struct dice *dice)
{
	/* SplitMix64: any seed will do. */
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
 * struct call - a call: which, and what its arguments are made from
 * @kind: index of the call in the table
 * @slot: which of the open files
 * @seed: of its arguments
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

/* How the calls of a kind ended, all processes together. */
struct outcome {
	uint64_t worked;
	uint64_t failed;
};

extern const unsigned int call_kinds;

const char *call_name(unsigned int kind);
/* How often it is to be made; never, if it is for root alone. */
unsigned int call_weight(unsigned int kind, bool root);
/* Once in each process that runs sequences. */
void calls_prepare(void);
void run_sequence(const struct sequence *sequence, struct outcome *outcomes);

#endif /* DRIVER_CALLS_H */
