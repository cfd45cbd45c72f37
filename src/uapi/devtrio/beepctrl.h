/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/beepctrl: buzzers on GPIO lines. See beepctrl(4).
 *
 * open()   Permitted to group beep, mode 0660. Errors: EACCES.
 * close()  Every buzzer that this file switched on, and that no other file has
 *          taken since, falls silent when the last reference to the file goes.
 * ioctl()  The commands below. Errors that all commands on a buzzer share:
 *          EINVAL  no such index: that many buzzers are not configured
 *          ENODEV  no buzzer is configured at all, or the GPIO chip of this
 *                  one is not there (yet, or any more)
 *          EFAULT  the argument can't be read or written
 *          EINTR   a signal came first
 *          ENOTTY  unknown command
 *          and what the GPIO chip's driver answers, EIO for one: kernels before
 *          6.15 do not tell, and the command seems to succeed.
 *
 * A buzzer belongs to the file that switched it last. Buzzers are addressed by
 * index from 0: that of the module parameter lines=, then the device tree's.
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

/* Bits of struct beepctrl_info.flags. */
#define BEEPCTRL_SOUNDING	(1U << 0)	/* the line is active */
#define BEEPCTRL_MINE		(1U << 1)	/* this file switched it on */
#define BEEPCTRL_ABSENT		(1U << 2)	/* its GPIO chip is not there */

/**
 * struct beepctrl_info - a buzzer's state
 * @index: in: which buzzer, 0 to @count - 1
 * @count: out: how many buzzers are configured, 1 to %BEEPCTRL_MAX_BUZZERS
 * @flags: out: BEEPCTRL_SOUNDING and so on
 * @reserved: must be 0, else EINVAL
 * @name: out: where it comes from: the entry of lines=, or the device tree
 *	node and the position among its gpios; NUL-terminated, cut to fit
 */
struct beepctrl_info {
	__u32 index;
	__u32 count;
	__u32 flags;
	__u32 reserved[5];
	char name[BEEPCTRL_NAME_LEN];
};

/*
 * BEEPCTRL_GET_INFO: fills in all but @index. Answers for a buzzer whose chip is
 * not there too; ENODEV means that none is configured.
 */
#define BEEPCTRL_GET_INFO	_IOWR(0xBE, 0x10, struct beepctrl_info)

/* BEEPCTRL_ON: sounds until it is switched off, or this file is closed. */
#define BEEPCTRL_ON		_IOW(0xBE, 0x11, struct beepctrl_buzzer)

/* BEEPCTRL_OFF: silence, whoever switched it on; no error when it is silent. */
#define BEEPCTRL_OFF		_IOW(0xBE, 0x12, struct beepctrl_buzzer)

/*
 * The raw command numbers of the first driver: the argument is the index
 * itself. The same as BEEPCTRL_OFF and BEEPCTRL_ON.
 */
#define BEEPCTRL_RAW_OFF	0
#define BEEPCTRL_RAW_ON		1

#endif /* _UAPI_DEVTRIO_BEEPCTRL_H */
