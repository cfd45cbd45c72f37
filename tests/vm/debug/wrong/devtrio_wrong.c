// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commits one deliberate bug per load, which a debug kernel must report. Loading
 * succeeds nevertheless.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>

static char *bug = "";
module_param(bug, charp, 0444);
MODULE_PARM_DESC(bug, "Name of the bug to commit");

/* volatile hides the bugs from the compiler. */
static volatile int nine = 9;
static volatile char sink;

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DEFINE_SPINLOCK(spin);

static void use_after_free(void)
{
	volatile char *memory = kmalloc(64, GFP_KERNEL);

	kfree((void *)memory);
	sink = memory[nine];
}

static void double_free(void)
{
	char *memory = kmalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(memory);
	kfree(memory);
	kfree(memory);
}

static void slab_overflow(void)
{
	volatile char *memory = kmalloc(64, GFP_KERNEL);

	memory[56 + nine] = 1;
	kfree((void *)memory);
}

static void stack_overflow(void)
{
	volatile char memory[24];
	int i;

	for (i = 0; i < 16 + nine; i++)
		memory[i] = i;
	sink = memory[nine];
}

static void vmalloc_overflow(void)
{
	volatile char *memory = vmalloc(PAGE_SIZE);

	sink = memory[PAGE_SIZE - 8 + nine];
	vfree((void *)memory);
}

static void wrong_index(void)
{
	static volatile int numbers[8];

	sink = numbers[nine];
}

static void wrong_shift(void)
{
	sink = 1 << (nine + 30);
}

static noinline void leak(void)
{
	char *memory = kmalloc(123, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(memory);
	if (memory)
		strscpy(memory, "leaked memory", 123);
}

static void lock_inversion(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void tick(struct timer_list *timer)
{
	spin_lock(&spin);
	sink++;
	spin_unlock(&spin);
}

static DEFINE_TIMER(timer, tick);

/* If the timer fires on this CPU while the lock is held, it deadlocks. */
static void lock_without_irqs_off(void)
{
	mod_timer(&timer, jiffies + 1);
	msleep(50);
	spin_lock(&spin);
	spin_unlock(&spin);
}

static void lock_kept(void)
{
	mutex_lock(&first);
}

static void sleep_in_atomic(void)
{
	spin_lock(&spin);
	msleep(1);
	spin_unlock(&spin);
}

static void allocate_in_atomic(void)
{
	void *memory;

	spin_lock(&spin);
	memory = kmalloc(32, GFP_KERNEL);
	spin_unlock(&spin);
	kfree(memory);
}

static void rcu_without_reading(void)
{
	static char __rcu *pointer;

	sink = !!rcu_dereference(pointer);
}

static void timer_freed(void)
{
	struct timer_list *memory = kzalloc(sizeof(*memory), GFP_KERNEL);

	timer_setup(memory, tick, 0);
	mod_timer(memory, jiffies + 1000 * HZ);
	kfree(memory);
}

static void list_deleted_twice(void)
{
	struct list_head *entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	LIST_HEAD(list);

	list_add(entry, &list);
	list_del(entry);
	list_del(entry);
	kfree(entry);
}

static int shared;
static DECLARE_COMPLETION(one_done);
static DECLARE_COMPLETION(other_done);

static int count_without_lock(void *done)
{
	unsigned long end = jiffies + 10 * HZ;

	while (time_before(jiffies, end)) {
		shared++;
		cond_resched();
	}
	complete(done);
	return 0;
}

static void race(void)
{
	kthread_run(count_without_lock, &one_done, "wrong-one");
	kthread_run(count_without_lock, &other_done, "wrong-other");
	wait_for_completion(&one_done);
	wait_for_completion(&other_done);
}

static const struct {
	const char *name;
	void (*commit)(void);
} bugs[] = {
	{ "use_after_free", use_after_free },
	{ "double_free", double_free },
	{ "slab_overflow", slab_overflow },
	{ "stack_overflow", stack_overflow },
	{ "vmalloc_overflow", vmalloc_overflow },
	{ "wrong_index", wrong_index },
	{ "wrong_shift", wrong_shift },
	{ "leak", leak },
	{ "lock_inversion", lock_inversion },
	{ "lock_without_irqs_off", lock_without_irqs_off },
	{ "lock_kept", lock_kept },
	{ "sleep_in_atomic", sleep_in_atomic },
	{ "allocate_in_atomic", allocate_in_atomic },
	{ "rcu_without_reading", rcu_without_reading },
	{ "timer_freed", timer_freed },
	{ "list_deleted_twice", list_deleted_twice },
	{ "data_race", race },
};

static int __init wrong_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (strcmp(bug, bugs[i].name))
			continue;
		bugs[i].commit();
		return 0;
	}
	/* "none" shows that loading the module alone causes no report. */
	return strcmp(bug, "none") ? -EINVAL : 0;
}
module_init(wrong_init);

static void __exit wrong_exit(void)
{
	del_timer_sync(&timer);
}
module_exit(wrong_exit);

MODULE_DESCRIPTION("Deliberate bugs, for the debug kernels of the devtrio tests");
MODULE_LICENSE("GPL");
