/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * /dev/rambuf: a RAM buffer that behaves as a file of fixed size, shared by all
 * who open it; /dev/rambuf1 and so on are more of them. See rambuf(4).
 *
 * open()   Permitted to group rambuf, mode 0660. O_TRUNC changes nothing.
 *          Errors: EACCES, EINVAL (O_DIRECT), ENOMEM, ENXIO (the module is just
 *          being loaded).
 * read()   pread(), readv(), preadv2(), splice(), io_uring …: 0 at the end.
 *          Errors: EFAULT (before the first byte; after it, the short count),
 *          EAGAIN (RWF_NOWAIT, and it would have to wait for another
 *          call), EINTR.
 * write()  pwrite(), writev(), pwritev2(), splice(), io_uring …: short at the
 *          end. With O_APPEND or RWF_APPEND a write is at the end. Errors:
 *          ENOSPC (at the end), EFAULT and EAGAIN as for read(), EINTR.
 *          What one read returns or one write stores is atomic towards all
 *          others, be it the whole buffer. EINTR: only for a signal that ends
 *          the process.
 * lseek()  SEEK_SET, SEEK_CUR, SEEK_END; SEEK_DATA and SEEK_HOLE: all is data.
 *          Errors: EINVAL (outside 0 to size), ENXIO (SEEK_DATA or SEEK_HOLE
 *          from the size on).
 * mmap()   Shared or private, whole pages up to the one that the last byte is
 *          in. What follows that byte is zero in a new mapping, and no part of
 *          the buffer. Errors: EINVAL (more pages than there are), EACCES,
 *          ENOMEM.
 * poll()   POLLIN: the content changed, other than through this file, since
 *          this file was opened, read from (at least a byte) or asked
 *          RAMBUF_GET_INFO; or a read was EAGAIN since. POLLOUT: always.
 *          Stores to a mapping are not seen: RAMBUF_NOTIFY tells of them.
 * fsync()  Does nothing, and succeeds.
 *
 * Since 1.0.0 unless a field says otherwise.
 */
#ifndef _UAPI_DEVTRIO_RAMBUF_H
#define _UAPI_DEVTRIO_RAMBUF_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Bounds of the module parameters: size=, in bytes, and count=. */
#define RAMBUF_DEFAULT_SIZE	4096
#define RAMBUF_MAX_SIZE		(64 << 20)
#define RAMBUF_MAX_COUNT	16

/**
 * struct rambuf_info - a buffer's state
 * @size: bytes, 1 to %RAMBUF_MAX_SIZE
 * @generation: counts every write of at least one byte, every CLEAR and every
 *	NOTIFY since the module was loaded: unless somebody stores to a mapping,
 *	equal numbers mean equal content
 * @index: which buffer it is, from 0
 * @count: how many there are, 1 to %RAMBUF_MAX_COUNT
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
 * RAMBUF_CLEAR: zeroes all, also what follows the last byte in its page.
 * Errors: EBADF (not open for writing), EINTR.
 */
#define RAMBUF_CLEAR		_IO(0xBE, 0x21)

/*
 * RAMBUF_NOTIFY: counts and reports a change, such as one made through a
 * mapping. Errors: EBADF (not open for writing), EINTR.
 */
#define RAMBUF_NOTIFY		_IO(0xBE, 0x22)

/*
 * The raw command numbers of the first driver (then called mydevice): accepted
 * with any argument, and without effect, as they were.
 */
#define RAMBUF_RAW_0		0
#define RAMBUF_RAW_1		1

/* Any other command: ENOTTY. */

#endif /* _UAPI_DEVTRIO_RAMBUF_H */
