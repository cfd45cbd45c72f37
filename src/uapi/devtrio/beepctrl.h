/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/beepctrl: buzzers on GPIO lines. See beepctrl(4).
 *
 * open()   Permitted to group beep, mode 0660. Errors: EACCES.
 * close()  Every sound that this file made, or queued, ends when the last
 *          reference to the file goes; those of other files go on.
 * poll()   POLLIN while no sound of this file is being played or queued: the
 *          end of a pattern. POLLERR and POLLHUP with it while not one of the
 *          buzzers has its GPIO chip.
 * ioctl()  The commands below. Errors that all commands on a buzzer share:
 *          EINVAL  no such index: that many buzzers are not configured
 *          ENODEV  no buzzer is configured at all, or the GPIO chip of this
 *                  one is not there (yet, or any more)
 *          EFAULT  the argument can't be read or written
 *          EINTR   a signal came first
 *          ENOTTY  unknown command
 *          and what the GPIO chip's driver answers, EIO for one: kernels before
 *          6.15 need not tell, and the command seems to succeed. The sound has
 *          ended then; a line that could not be switched off is tried again
 *          four times a second, and SOUNDING until that worked.
 *          A command that fails for another reason has changed nothing.
 *
 * A buzzer makes one sound at a time, and that is of the file that came last.
 * Whatever it is, it ends max_on_ms (a parameter of the module) after the last
 * command that asked for a sound of this buzzer; what is queued goes with it.
 * Buzzers are addressed by index from 0: that of the module parameter lines=,
 * then the device tree's.
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
 * struct beepctrl_buzzer - which buzzer a command is for
 * @index: 0 to count - 1, see struct beepctrl_info
 * @reserved: must be 0, else EINVAL
 */
struct beepctrl_buzzer {
	__u32 index;
	__u32 reserved[3];
};

/* What a step sounds, if it is not a frequency. */
#define BEEPCTRL_REST		0U		/* nothing */
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
#define BEEPCTRL_QUEUE		(1U << 0)	/* after what is played now */

/**
 * struct beepctrl_play - a pattern
 * @index: which buzzer
 * @flags: 0 or %BEEPCTRL_QUEUE, else EINVAL
 * @repeat: how often it is played; 0 until something else is asked for
 * @count: how many steps, 1 to %BEEPCTRL_MAX_STEPS
 * @steps: address of an array of that many struct beepctrl_step
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
#define BEEPCTRL_SOUNDING	(1U << 0)	/* on, or a step that is no rest */
#define BEEPCTRL_MINE		(1U << 1)	/* the sound is this file's */
#define BEEPCTRL_ABSENT		(1U << 2)	/* its GPIO chip is not there */
#define BEEPCTRL_PLAYING	(1U << 3)	/* a pattern is played */
#define BEEPCTRL_SLEEPS		(1U << 4)	/* slow chip: no tones */

/**
 * struct beepctrl_info - a buzzer's state
 * @index: in: which buzzer, 0 to @count - 1
 * @count: out: how many buzzers are configured, 1 to %BEEPCTRL_MAX_BUZZERS
 * @flags: out: BEEPCTRL_SOUNDING and so on
 * @frequency: out: what sounds now, as in struct beepctrl_step
 * @step: out: which step of a pattern that is, from 0
 * @round: out: how often the pattern has been played to its end
 * @queued: out: how many patterns wait behind it, 0 to %BEEPCTRL_MAX_QUEUED
 * @max_on_ms: out: the module parameter as it is now, 0 for no limit
 * @error: out: the errno by which the GPIO chip ended the last sound, or 0
 * @reserved: must be 0, else EINVAL
 * @name: out: where it comes from: the entry of lines=, or the device tree
 *	node and the position among its gpios; NUL-terminated, cut to fit
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
 * BEEPCTRL_GET_INFO: fills in all but @index. Answers for a buzzer whose chip is
 * not there too; ENODEV means that none is configured.
 */
#define BEEPCTRL_GET_INFO	_IOWR(0xBE, 0x10, struct beepctrl_info)

/* BEEPCTRL_ON: the line is active until something else is asked for. */
#define BEEPCTRL_ON		_IOW(0xBE, 0x11, struct beepctrl_buzzer)

/*
 * BEEPCTRL_OFF: silence, and an empty queue, whoever sounded it; no error when
 * it is silent.
 */
#define BEEPCTRL_OFF		_IOW(0xBE, 0x12, struct beepctrl_buzzer)

/*
 * BEEPCTRL_PLAY: the steps are copied, then the kernel plays them. Replaces
 * what is played and queued. With %BEEPCTRL_QUEUE it waits for the end of that;
 * what has no end gives way at once (ON, a tone of the input device) or at the
 * end of the round it is in (a pattern that repeats until stopped).
 * Further errors:
 * EINVAL      a bit, count, frequency or duration out of range
 * EOPNOTSUPP  a frequency on a chip that sleeps (%BEEPCTRL_SLEEPS), which is
 *             too slow for tones; %BEEPCTRL_STEADY and rests it can do
 * EAGAIN      %BEEPCTRL_MAX_QUEUED patterns are queued already
 * ENOMEM      no memory for the copy
 */
#define BEEPCTRL_PLAY		_IOW(0xBE, 0x13, struct beepctrl_play)

/*
 * BEEPCTRL_STOP: what close() does, for one buzzer: ends what this file sounds
 * on it or has queued, and leaves alone what others do; no error when there is
 * nothing.
 */
#define BEEPCTRL_STOP		_IOW(0xBE, 0x14, struct beepctrl_buzzer)

/*
 * The raw command numbers of the first driver: the argument is the index
 * itself. The same as BEEPCTRL_OFF and BEEPCTRL_ON.
 */
#define BEEPCTRL_RAW_OFF	0
#define BEEPCTRL_RAW_ON		1

#endif /* _UAPI_DEVTRIO_BEEPCTRL_H */
