// SPDX-License-Identifier: GPL-2.0-only
/* Memory, mappings and changes of a buffer. */
#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "buffer.h"

/**
 * rambuf_create() - allocate a zeroed buffer
 * @index: index of the buffer
 * @size: size in bytes
 *
 * Return: the buffer, for rambuf_destroy(), or NULL.
 */
struct rambuf *rambuf_create(unsigned int index, size_t size)
{
	/* Fail rather than invoke the OOM killer. */
	const gfp_t gfp = GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN |
			  __GFP_RETRY_MAYFAIL;
	struct rambuf *buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);

	if (!buffer)
		return NULL;

	buffer->index = index;
	buffer->size = size;
	init_rwsem(&buffer->lock);
	seqcount_init(&buffer->sequence);
	init_waitqueue_head(&buffer->changed);

	buffer->data = __vmalloc(PAGE_ALIGN(size), gfp);
	if (!buffer->data) {
		kfree(buffer);
		return NULL;
	}
	return buffer;
}

/**
 * rambuf_destroy() - free a buffer
 * @buffer: buffer without users, or NULL
 */
void rambuf_destroy(struct rambuf *buffer)
{
	if (!buffer)
		return;
	vfree(buffer->data);
	kfree(buffer);
}

/* rambuf_mmap() maps all pages; madvise(MADV_DONTNEED) can unmap them. */
static vm_fault_t rambuf_fault(struct vm_fault *vmf)
{
	struct rambuf *buffer = vmf->vma->vm_private_data;

	if (vmf->pgoff >= PHYS_PFN(PAGE_ALIGN(buffer->size)))
		return VM_FAULT_SIGBUS;

	vmf->page = vmalloc_to_page(buffer->data + PFN_PHYS(vmf->pgoff));
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct rambuf_vm_ops = {
	.fault = rambuf_fault,
};

/* Programs can write beyond the content through a mapping. */
static void zero_tail(struct rambuf *buffer)
{
	memset(buffer->data + buffer->size, 0,
	       PAGE_ALIGN(buffer->size) - buffer->size);
}

/**
 * rambuf_mmap() - map pages of a buffer
 * @file: open file
 * @vma: mapping; holds a reference to @file, which holds the module
 *
 * The VFS checks the permission to map for writing.
 *
 * Return: 0, -EINVAL beyond the last page, or -ENOMEM.
 */
int rambuf_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct rambuf_file *opened = file->private_data;
	struct rambuf *buffer = opened->buffer;
	unsigned long total = PHYS_PFN(PAGE_ALIGN(buffer->size)), i;
	u8 *data = buffer->data + PFN_PHYS(vma->vm_pgoff);
	int err = 0;

	if (vma->vm_pgoff > total || vma_pages(vma) > total - vma->vm_pgoff)
		return -EINVAL;

	zero_tail(buffer);
	vm_flags_set(vma, VM_DONTEXPAND);
	vma->vm_private_data = buffer;
	vma->vm_ops = &rambuf_vm_ops;
	for (i = 0; i < vma_pages(vma) && !err; i++)
		err = vm_insert_page(vma, vma->vm_start + PFN_PHYS(i),
				     vmalloc_to_page(data + PFN_PHYS(i)));
	return err;
}

/**
 * rambuf_begin_change() - make readers wait or retry
 * @buffer: buffer about to change, locked for writing
 */
void rambuf_begin_change(struct rambuf *buffer)
{
	lockdep_assert_held_write(&buffer->lock);
	raw_write_seqcount_begin(&buffer->sequence);
}

/**
 * rambuf_end_change() - count a change
 * @by: file that made it; does not need a notification
 * @changed: whether the content changed
 */
void rambuf_end_change(struct rambuf_file *by, bool changed)
{
	struct rambuf *buffer = by->buffer;
	u64 before = buffer->generation;

	lockdep_assert_held_write(&buffer->lock);
	if (changed) {
		WRITE_ONCE(buffer->generation, before + 1);
		cmpxchg64(&by->seen, before, before + 1);
	}
	raw_write_seqcount_end(&buffer->sequence);
}

/**
 * rambuf_tell() - wake up callers that wait for a change
 * @buffer: changed buffer, unlocked
 */
void rambuf_tell(struct rambuf *buffer)
{
	/* The barrier in here pairs with the one in rambuf_poll(). */
	if (wq_has_sleeper(&buffer->changed))
		wake_up_interruptible_poll(&buffer->changed,
					   EPOLLIN | EPOLLRDNORM);
}

/**
 * rambuf_zero() - zero the content and the rest of its last page
 * @buffer: between rambuf_begin_change() and rambuf_end_change()
 */
void rambuf_zero(struct rambuf *buffer)
{
	size_t done, n;

	for (done = 0; done < buffer->size; done += n) {
		n = min_t(size_t, buffer->size - done, RAMBUF_STEP);
		memset(buffer->data + done, 0, n);
		cond_resched();
	}
	zero_tail(buffer);
}
