// SPDX-License-Identifier: GPL-2.0-only
/*
 * Atomic read() and write(). No call waits for another caller's memory, which
 * may be a mapping of a file whose server never responds.
 */
#include <linux/kernel.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include <linux/uio.h>

#include "buffer.h"

/*
 * Attempts to fault in a caller's memory that was reclaimed before the copy.
 * After that the call returns a short count.
 */
#define TRIES	4

/*
 * Copy until a fault. The callers have checked the bounds. copy_to_iter() would
 * repeat that with hardened usercopy, which has to look up the vmalloc area.
 */
static __always_inline size_t copy_out(const u8 *data, size_t size,
				       struct iov_iter *to)
{
	size_t done = 0, n;

	while (size - done > RAMBUF_STEP) {
		n = _copy_to_iter(data + done, RAMBUF_STEP, to);
		done += n;
		if (n < RAMBUF_STEP)
			return done;
		cond_resched();
	}
	return done + _copy_to_iter(data + done, size - done, to);
}

static __always_inline size_t copy_in(u8 *data, size_t size,
				      struct iov_iter *from)
{
	size_t done = 0, n;

	while (size - done > RAMBUF_STEP) {
		n = _copy_from_iter(data + done, RAMBUF_STEP, from);
		done += n;
		if (n < RAMBUF_STEP)
			return done;
		cond_resched();
	}
	return done + _copy_from_iter(data + done, size - done, from);
}

/* Lockless read. The data is invalid if *changed is set. */
static __always_inline size_t read_free(struct rambuf_file *file, loff_t pos,
					size_t size, struct iov_iter *to,
					bool *changed)
{
	struct rambuf *buffer = file->buffer;
	unsigned int sequence = raw_read_seqcount(&buffer->sequence);
	u64 generation = READ_ONCE(buffer->generation);
	size_t copied = copy_out(buffer->data + pos, size, to);

	*changed = (sequence & 1) ||
		   read_seqcount_retry(&buffer->sequence, sequence);
	if (!*changed && copied)
		rambuf_saw(file, generation);
	return copied;
}

/* Read with writers excluded and page faults disabled. */
static ssize_t read_locked(struct rambuf_file *file, struct kiocb *iocb,
			   size_t size, struct iov_iter *to)
{
	struct rambuf *buffer = file->buffer;
	size_t copied;

	if (iocb->ki_flags & IOCB_NOWAIT) {
		if (!down_read_trylock(&buffer->lock)) {
			/* Let poll() report readable: the caller retries. */
			rambuf_saw(file, RAMBUF_UNSEEN);
			return -EAGAIN;
		}
	} else if (down_read_killable(&buffer->lock)) {
		return -EINTR;
	}

	pagefault_disable();
	copied = copy_out(buffer->data + iocb->ki_pos, size, to);
	pagefault_enable();
	if (copied)
		rambuf_saw(file, buffer->generation);
	up_read(&buffer->lock);
	return copied;
}

/* Retry after a change during read_free(). */
static noinline ssize_t read_again(struct rambuf_file *file, struct kiocb *iocb,
				   size_t size, struct iov_iter *to)
{
	bool changed;
	ssize_t copied;
	int tries;

	for (tries = 1;; tries++) {
		copied = read_locked(file, iocb, size, to);
		if (copied < 0 || copied == size || (copied && tries >= TRIES))
			return copied;
		iov_iter_revert(to, copied);
		if (fatal_signal_pending(current))
			return -EINTR;

		/* Fault the memory in; this read may succeed as well. */
		copied = read_free(file, iocb->ki_pos, size, to, &changed);
		if (!copied)
			return -EFAULT;
		if (!changed)
			return copied;
		iov_iter_revert(to, copied);
	}
}

ssize_t rambuf_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct rambuf_file *file = iocb->ki_filp->private_data;
	struct rambuf *buffer = file->buffer;
	loff_t pos = iocb->ki_pos;
	ssize_t copied;
	bool changed;
	size_t size;

	if (pos >= buffer->size || !iov_iter_count(to))
		return 0;
	size = min_t(size_t, iov_iter_count(to), buffer->size - pos);

	copied = read_free(file, pos, size, to, &changed);
	if (!copied)
		return -EFAULT;
	if (unlikely(changed)) {
		iov_iter_revert(to, copied);
		copied = read_again(file, iocb, size, to);
		if (copied < 0)
			return copied;
	}

	iocb->ki_pos = pos + copied;
	return copied;
}

/*
 * read() and pread(), without what it takes to describe one piece of memory as
 * an iterator: half of what the driver spends on a small transfer.
 */
ssize_t rambuf_read(struct file *file, char __user *to, size_t count,
		    loff_t *pos)
{
	struct rambuf_file *opened = file->private_data;
	struct rambuf *buffer = opened->buffer;
	struct iovec piece = { .iov_base = to, .iov_len = count };
	unsigned int sequence;
	struct iov_iter iter;
	struct kiocb iocb;
	u64 generation;
	ssize_t copied;
	size_t size;

	if (*pos >= buffer->size || !count)
		return 0;
	size = min_t(size_t, count, buffer->size - *pos);

	sequence = raw_read_seqcount(&buffer->sequence);
	generation = READ_ONCE(buffer->generation);
	if (size <= RAMBUF_STEP && !(sequence & 1) &&
	    !_copy_to_user(to, buffer->data + *pos, size) &&
	    !read_seqcount_retry(&buffer->sequence, sequence)) {
		rambuf_saw(opened, generation);
		*pos += size;
		return size;
	}

	/* Large, or something came between. */
	iov_iter_init(&iter, READ, &piece, 1, count);
	init_sync_kiocb(&iocb, file);
	iocb.ki_pos = *pos;
	copied = rambuf_read_iter(&iocb, &iter);
	*pos = iocb.ki_pos;
	return copied;
}

/*
 * Write with page faults disabled: everything or nothing, or with @part the
 * bytes before the first fault.
 */
static ssize_t write_locked(struct rambuf_file *file, struct kiocb *iocb,
			    size_t size, struct iov_iter *from, bool part)
{
	struct rambuf *buffer = file->buffer;
	size_t copied = 0;

	if (iocb->ki_flags & IOCB_NOWAIT) {
		if (!down_write_trylock(&buffer->lock))
			return -EAGAIN;
	} else if (down_write_killable(&buffer->lock)) {
		return -EINTR;
	}

	pagefault_disable();
	if (part || !fault_in_iov_iter_readable(from, size)) {
		rambuf_begin_change(buffer);
		copied = copy_in(buffer->data + iocb->ki_pos, size, from);
		rambuf_end_change(file, copied);
	}
	pagefault_enable();
	up_write(&buffer->lock);
	return copied;
}

ssize_t rambuf_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct rambuf_file *file = iocb->ki_filp->private_data;
	struct rambuf *buffer = file->buffer;
	loff_t pos = iocb->ki_pos;
	size_t size, missing = 0;
	ssize_t copied;
	int tries;

	if (!iov_iter_count(from))
		return 0;
	if (pos >= buffer->size || (iocb->ki_flags & IOCB_APPEND))
		return -ENOSPC;
	size = min_t(size_t, iov_iter_count(from), buffer->size - pos);

	for (tries = 1;; tries++) {
		copied = write_locked(file, iocb, size, from,
				      missing || tries > TRIES);
		if (copied)
			break;
		if (fatal_signal_pending(current))
			return -EINTR;
		missing = fault_in_iov_iter_readable(from, size);
		if (missing == size)
			return -EFAULT;
	}
	if (copied < 0)
		return copied;

	rambuf_tell(buffer);
	iocb->ki_pos = pos + copied;
	return copied;
}
