/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/beepctrl: buzzers on GPIO lines. See beepctrl(4).
 *
 * open()   Mode 0660, group beep. Errors: EACCES. Any open file may change sound,
 *          also one opened for reading only, as the first driver's users do.
 * close()  Releasing the last reference to the open file stops the sounds that
 *          it plays or has queued. Sounds of other files continue.
 * poll()   Reports POLLIN while no sound of this file is playing or queued, and
 *          also POLLERR and POLLHUP while no buzzer has its GPIO chip.
 * ioctl()  The commands below. Errors common to all commands on a buzzer:
 *          EINVAL  index out of range
 *          ENODEV  no buzzer is configured, or the GPIO chip of this one is
 *                  absent (not yet, or no longer, there)
 *          EFAULT  the argument cannot be read or written
 *          EINTR   interrupted by a signal (GET_INFO does not wait)
 *          ENOTTY  unknown command
 *          EIO or another error from the GPIO chip's driver. Kernels before
 *          6.15 may not report it: the command appears to succeed. The sound
 *          has ended. A line that could not be switched off is retried four
 *          times a second, and reports SOUNDING until that succeeds.
 *          A command that fails with any other error has no effect.
 *
 * A buzzer plays one sound at a time; the last file to request one owns it. Any
 * sound ends, and the queue is dropped, max_on_ms (a module parameter) after
 * the last command that requested a sound on this buzzer. Buzzers are numbered
 * from 0: first the entries of the module parameter lines=, then those of the
 * device tree.
 *
 * Since 1.0.0 unless a field says otherwise.
 */
#ifndef _UAPI_DEVTRIO_BEEPCTRL_H
#define _UAPI_DEVTRIO_BEEPCTRL_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define BEEPCTRL_MAX_BUZZERS	32
#define BEEPCTRL_NAME_LEN	48

/**
 * struct beepctrl_buzzer - selects the buzzer of a command
 * @index: 0 to count - 1, see struct beepctrl_info
 * @reserved: must be 0, else EINVAL
 */
struct beepctrl_buzzer {
	__u32 index;
	__u32 reserved[3];
};

/* Values of frequency other than Hz. */
#define BEEPCTRL_REST		0U		/* silence */
#define BEEPCTRL_STEADY		0xffffffffU	/* line active: active buzzers */

#define BEEPCTRL_FREQUENCY_MIN	20U		/* Hz */
#define BEEPCTRL_FREQUENCY_MAX	20000U
#define BEEPCTRL_DURATION_MAX	60000U		/* ms */
#define BEEPCTRL_MAX_STEPS	1024
#define BEEPCTRL_MAX_QUEUED	16

/**
 * struct beepctrl_step - a note of a pattern
 * @frequency: in Hz, %BEEPCTRL_FREQUENCY_MIN to %BEEPCTRL_FREQUENCY_MAX, or
 *	%BEEPCTRL_REST, or %BEEPCTRL_STEADY. The half period is rounded to 1 ns.
 * @duration: in ms, 1 to %BEEPCTRL_DURATION_MAX
 */
struct beepctrl_step {
	__u32 frequency;
	__u32 duration;
};

/* Bits of struct beepctrl_play.flags. */
#define BEEPCTRL_QUEUE		(1U << 0)	/* play after the current sound */

/**
 * struct beepctrl_play - a pattern
 * @index: buzzer
 * @flags: 0 or %BEEPCTRL_QUEUE, else EINVAL
 * @repeat: number of times to play it; 0: until stopped or replaced
 * @count: number of steps, 1 to %BEEPCTRL_MAX_STEPS
 * @steps: address of an array of @count struct beepctrl_step
 * @reserved: must be 0, else EINVAL
 */
struct beepctrl_play {
	__u32 index;
	__u32 flags;
	__u32 repeat;
	__u32 count;
	__aligned_u64 steps;
	__u32 reserved[2];
};

/* Bits of struct beepctrl_info.flags. */
#define BEEPCTRL_SOUNDING	(1U << 0)	/* on, or a step other than a rest */
#define BEEPCTRL_MINE		(1U << 1)	/* this file owns the sound */
#define BEEPCTRL_ABSENT		(1U << 2)	/* its GPIO chip is absent */
#define BEEPCTRL_PLAYING	(1U << 3)	/* a pattern is playing */
#define BEEPCTRL_SLEEPS		(1U << 4)	/* slow chip: no tones */

/**
 * struct beepctrl_info - a buzzer's state
 * @index: in: buzzer, 0 to @count - 1
 * @count: out: number of configured buzzers, 1 to %BEEPCTRL_MAX_BUZZERS
 * @flags: out: BEEPCTRL_SOUNDING and so on
 * @frequency: out: current sound, as in struct beepctrl_step
 * @step: out: current step of the pattern, from 0
 * @round: out: number of completed repetitions of the pattern
 * @queued: out: number of queued patterns, 0 to %BEEPCTRL_MAX_QUEUED
 * @max_on_ms: out: current value of the module parameter, 0 for no limit
 * @error: out: errno of the GPIO chip that ended the last sound, or 0. While a
 *	buzzer of lines= is absent, why: ENOENT no chip has this label, or no
 *	line this name (yet), EINVAL the chip has no such line, EBUSY the line
 *	is in use, or another errno of the GPIO core
 * @reserved: must be 0, else EINVAL
 * @name: out: the entry of lines=, or the device tree node and the position in
 *	its gpios property; NUL-terminated, truncated to fit
 */
struct beepctrl_info {
	__u32 index;
	__u32 count;
	__u32 flags;
	__u32 frequency;
	__u32 step;
	__u32 round;
	__u32 queued;
	__u32 max_on_ms;
	__u32 error;
	__u32 reserved[7];
	char name[BEEPCTRL_NAME_LEN];
};

/*
 * BEEPCTRL_GET_INFO: fills in all fields but @index, even while the buzzer's
 * chip is absent. ENODEV means that no buzzer is configured.
 */
#define BEEPCTRL_GET_INFO	_IOWR(0xBE, 0x10, struct beepctrl_info)

/* BEEPCTRL_ON: keeps the line active until the sound is stopped or replaced. */
#define BEEPCTRL_ON		_IOW(0xBE, 0x11, struct beepctrl_buzzer)

/*
 * BEEPCTRL_OFF: stops the sound and empties the queue, whichever file owns
 * them. Succeeds if the buzzer is silent already.
 */
#define BEEPCTRL_OFF		_IOW(0xBE, 0x12, struct beepctrl_buzzer)

/*
 * BEEPCTRL_PLAY: copies the steps and plays them, replacing the current sound
 * and the queue. With %BEEPCTRL_QUEUE it plays after them instead. A sound
 * without an end gives way at once (ON, a tone of the input device) or at the
 * end of its current repetition (a pattern that repeats until stopped).
 * Further errors:
 * EINVAL      unknown flag; count, frequency or duration out of range
 * EOPNOTSUPP  a tone on a chip that sleeps (%BEEPCTRL_SLEEPS) and is too slow
 *             for it; such a chip supports only %BEEPCTRL_STEADY and rests
 * EAGAIN      %BEEPCTRL_MAX_QUEUED patterns are queued already
 * ENOMEM      no memory for the copy
 */
#define BEEPCTRL_PLAY		_IOW(0xBE, 0x13, struct beepctrl_play)

/*
 * BEEPCTRL_STOP: stops the sounds that this file plays or has queued on one
 * buzzer, as close() does for all. Succeeds if there are none.
 */
#define BEEPCTRL_STOP		_IOW(0xBE, 0x14, struct beepctrl_buzzer)

/*
 * Command numbers of the first driver. The argument is the index itself. Same
 * as BEEPCTRL_OFF and BEEPCTRL_ON.
 */
#define BEEPCTRL_RAW_OFF	0
#define BEEPCTRL_RAW_ON		1

#endif /* _UAPI_DEVTRIO_BEEPCTRL_H */
