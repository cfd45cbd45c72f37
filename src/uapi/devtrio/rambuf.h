/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/rambuf: a RAM buffer that behaves as a file of fixed size, shared by all
 * who open it. See rambuf(4).
 *
 * open()   Permitted to group rambuf, mode 0660. O_TRUNC and O_APPEND change
 *          nothing: the size is fixed, and writes go to the file's offset.
 *          Errors: EACCES.
 * read()   pread(), readv(), …: 0 at the end. Errors: EFAULT (before the first
 *          byte; after it, the short count), EINTR.
 * write()  pwrite(), writev(), …: short at the end. Errors: ENOSPC (at the
 *          end), EFAULT, EINTR.
 *          A read or write is atomic towards all others. EINTR: only for a
 *          signal that ends the process.
 * lseek()  SEEK_SET, SEEK_CUR, SEEK_END. Errors: EINVAL (outside 0 to size).
 *
 * Since 1.0.0 unless a field says otherwise.
 */
#ifndef _UAPI_DEVTRIO_RAMBUF_H
#define _UAPI_DEVTRIO_RAMBUF_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Bounds of the module parameter size=, in bytes. */
#define RAMBUF_DEFAULT_SIZE	4096
#define RAMBUF_MAX_SIZE		(64 << 20)

/* Bound of count=. */
#define RAMBUF_MAX_COUNT	16

/**
 * struct rambuf_info - a buffer's state
 * @size: bytes, 1 to %RAMBUF_MAX_SIZE
 * @generation: counts every write of at least one byte and every CLEAR since
 *	the module was loaded: equal numbers mean equal content
 * @reserved: 0
 */
struct rambuf_info {
	__u64 size;
	__u64 generation;
	__u32 index;
	__u32 count;
	__u64 reserved;
};

/* RAMBUF_GET_INFO: Errors: EFAULT, EINTR. */
#define RAMBUF_GET_INFO		_IOR(0xBE, 0x20, struct rambuf_info)

/* RAMBUF_CLEAR: zeroes all. Errors: EBADF (not open for writing), EINTR. */
#define RAMBUF_CLEAR		_IO(0xBE, 0x21)

#define RAMBUF_NOTIFY		_IO(0xBE, 0x22)

/*
 * The raw command numbers of the first driver (then called mydevice): accepted
 * with any argument, and without effect, as they were.
 */
#define RAMBUF_RAW_0		0
#define RAMBUF_RAW_1		1

/* Any other command: ENOTTY. */

#endif /* _UAPI_DEVTRIO_RAMBUF_H */
