/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/rambuf: a RAM buffer that behaves like a file of fixed size, shared by
 * all its users. Further buffers are /dev/rambuf1 and so on. See rambuf(4).
 *
 * open()   Mode 0660, group rambuf. O_TRUNC has no effect.
 *          Errors: EACCES, EINVAL (O_DIRECT), ENOMEM, ENXIO (the module is
 *          still loading).
 * read()   Also pread(), readv(), preadv2(), splice(), io_uring. Returns 0 at
 *          the end. Errors: EFAULT (before the first byte; after it, the short
 *          count is returned), EAGAIN (RWF_NOWAIT, and the read would wait for
 *          another call), EINTR.
 * write()  Also pwrite(), writev(), pwritev2(), splice(), io_uring. Short at
 *          the end. O_APPEND and RWF_APPEND write at the end. Errors: ENOSPC
 *          (at the end), EFAULT and EAGAIN as for read(), EINTR.
 *          Each read and each write is atomic with respect to all others, up
 *          to the whole buffer. Only a fatal signal causes EINTR.
 * lseek()  SEEK_SET, SEEK_CUR, SEEK_END; for SEEK_DATA and SEEK_HOLE the whole
 *          buffer is data. Errors: EINVAL (outside 0 to size), ENXIO (SEEK_DATA
 *          or SEEK_HOLE at or beyond size).
 * mmap()   Shared or private, in whole pages up to the one with the last byte.
 *          The bytes after it are not part of the buffer, and are zero in a new
 *          mapping. Errors: EINVAL (beyond the last page), EACCES, ENOMEM.
 * poll()   Reports POLLIN if the content has changed, other than through this
 *          open file, since the file was opened, read (at least one byte) or
 *          used for RAMBUF_GET_INFO, and after a read that failed with EAGAIN.
 *          Reports POLLOUT always. Stores to a mapping do not count as a
 *          change: use RAMBUF_NOTIFY.
 * fsync()  Succeeds and has no effect.
 *
 * Since 1.0.0 unless a field says otherwise.
 */
#ifndef _UAPI_DEVTRIO_RAMBUF_H
#define _UAPI_DEVTRIO_RAMBUF_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Limits of the module parameters size= (in bytes) and count=. */
#define RAMBUF_DEFAULT_SIZE	4096
#define RAMBUF_MAX_SIZE		(64 << 20)
#define RAMBUF_MAX_COUNT	16

/**
 * struct rambuf_info - a buffer's state
 * @size: size in bytes, 1 to %RAMBUF_MAX_SIZE
 * @generation: number of writes of at least one byte, CLEARs and NOTIFYs since
 *	the module was loaded. Equal values mean equal content unless a program
 *	stored to a mapping.
 * @index: number of this buffer, from 0
 * @count: number of buffers, 1 to %RAMBUF_MAX_COUNT
 * @reserved: 0
 */
struct rambuf_info {
	__u64 size;
	__u64 generation;
	__u32 index;
	__u32 count;
	__u64 reserved;
};

/* RAMBUF_GET_INFO: Errors: EFAULT. */
#define RAMBUF_GET_INFO		_IOR(0xBE, 0x20, struct rambuf_info)

/*
 * RAMBUF_CLEAR: zeroes the buffer and the rest of its last page.
 * Errors: EBADF (not open for writing), EINTR.
 */
#define RAMBUF_CLEAR		_IO(0xBE, 0x21)

/*
 * RAMBUF_NOTIFY: counts and reports a change, such as a store to a mapping.
 * Errors: EBADF (not open for writing), EINTR.
 */
#define RAMBUF_NOTIFY		_IO(0xBE, 0x22)

/*
 * Command numbers of the first driver (then called mydevice): accepted with any
 * argument, without effect, as before.
 */
#define RAMBUF_RAW_0		0
#define RAMBUF_RAW_1		1

/* Any other command: ENOTTY. */

#endif /* _UAPI_DEVTRIO_RAMBUF_H */
