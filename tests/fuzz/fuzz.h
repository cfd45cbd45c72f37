/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Crash if the condition is false: the fuzzer keeps the input. */
#define MUST(condition)							\
	do {								\
		if (!(condition))					\
			__builtin_trap();				\
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif /* FUZZ_H */
