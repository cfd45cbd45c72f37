// SPDX-License-Identifier: GPL-2.0-only
/*
 * A GPIO chip with 16 lines for tests in kernels without gpio-sim. Line n + 8 is
 * wired to line n: tests read the level of line n back at line n + 8 through the
 * GPIO character device, while line n stays in use. At shutdown and panic, the chip
 * prints its active lines to the console. It records each level change, see struct
 * edge.
 */
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/gpio/driver.h>
#include <linux/gpio/machine.h>
#include <linux/kconfig.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/platform_device.h>
#if __has_include(<linux/panic_notifier.h>)
#include <linux/panic_notifier.h>
#endif

#define LINES	16
#define WIRED	8

static bool can_sleep;
module_param(can_sleep, bool, 0444);
MODULE_PARM_DESC(can_sleep, "Behave like a chip on a slow bus");

static bool fail;
module_param(fail, bool, 0644);
MODULE_PARM_DESC(fail, "Return EIO when a line is set high");

static bool hold;
module_param(hold, bool, 0644);
MODULE_PARM_DESC(hold, "Return EIO when a line is set low");

static int stuck = -1;
module_param(stuck, int, 0444);
MODULE_PARM_DESC(stuck, "Number of a line that is always active");

static bool tells_errors = !IS_ENABLED(SET_IS_VOID);
module_param(tells_errors, bool, 0444);
MODULE_PARM_DESC(tells_errors, "Whether this kernel's gpiolib reports such errors");

static bool described;
module_param(described, bool, 0444);
MODULE_PARM_DESC(described, "Register a device with two buzzers, on lines 1 and 2");

static DECLARE_BITMAP(levels, LINES);
static DECLARE_BITMAP(outputs, LINES);

/**
 * struct edge - a record of debugfs/devtrio-testchip/edges
 * @ns: time of CLOCK_MONOTONIC
 * @line: number of the line
 * @level: its new level
 *
 * A full buffer drops new records. Writing to the file clears the buffer.
 */
struct edge {
	u64 ns;
	u32 line;
	u32 level;
};

static struct edge edges[65536];
static atomic_t edge_count;

static void record_edge(unsigned int line, int level)
{
	unsigned int i = atomic_fetch_add_unless(&edge_count, 1,
						 ARRAY_SIZE(edges));

	if (i < ARRAY_SIZE(edges))
		edges[i] = (struct edge) { ktime_get_ns(), line, level };
}

static ssize_t edges_read(struct file *file, char __user *to, size_t size,
			  loff_t *offset)
{
	return simple_read_from_buffer(to, size, offset, edges, sizeof(*edges) *
				       atomic_read(&edge_count));
}

static ssize_t edges_write(struct file *file, const char __user *from,
			   size_t size, loff_t *offset)
{
	atomic_set(&edge_count, 0);
	return size;
}

static const struct file_operations edges_fops = {
	.owner = THIS_MODULE,
	.read = edges_read,
	.write = edges_write,
	.llseek = default_llseek,
};

static struct dentry *debugfs;

static int testchip_get_direction(struct gpio_chip *gc, unsigned int offset)
{
	return test_bit(offset, outputs) ? GPIO_LINE_DIRECTION_OUT :
					   GPIO_LINE_DIRECTION_IN;
}

static int testchip_direction_input(struct gpio_chip *gc, unsigned int offset)
{
	clear_bit(offset, outputs);
	return 0;
}

static int testchip_get(struct gpio_chip *gc, unsigned int offset)
{
	if (offset >= WIRED && !test_bit(offset, outputs))
		offset -= WIRED;
	return test_bit(offset, levels);
}

static int testchip_set(struct gpio_chip *gc, unsigned int offset, int value)
{
	if (can_sleep)
		usleep_range(100, 200);
	if (value ? fail : hold)
		return -EIO;
	if (test_bit(offset, levels) != !!value)
		record_edge(offset, !!value);
	assign_bit(offset, levels, value);
	return 0;
}

static int testchip_direction_output(struct gpio_chip *gc, unsigned int offset,
				     int value)
{
	set_bit(offset, outputs);
	return testchip_set(gc, offset, value);
}

#ifdef SET_IS_VOID
static void testchip_set_void(struct gpio_chip *gc, unsigned int offset,
			      int value)
{
	testchip_set(gc, offset, value);
}

#define testchip_set testchip_set_void
#endif

static const char * const names[LINES] = { [5] = "testchip-five" };

static struct gpio_chip testchip = {
	.label = "devtrio-testchip",
	.owner = THIS_MODULE,
	.ngpio = LINES,
	.get_direction = testchip_get_direction,
	.direction_input = testchip_direction_input,
	.direction_output = testchip_direction_output,
	.get = testchip_get,
	.set = testchip_set,
};

static int testchip_probe(struct platform_device *pdev)
{
	testchip.parent = &pdev->dev;
	testchip.base = -1;
	testchip.can_sleep = can_sleep;
	testchip.names = names;
	if (stuck >= 0 && stuck < LINES)
		set_bit(stuck, levels);
	return devm_gpiochip_add_data(&pdev->dev, &testchip, NULL);
}

static void print_levels(const char *when)
{
	pr_emerg("devtrio-testchip: active at %s: <%*pbl>\n", when, LINES,
		 levels);
}

static void testchip_shutdown(struct platform_device *pdev)
{
	print_levels("shutdown");
}

static struct platform_driver testchip_driver = {
	.driver = { .name = "devtrio-testchip" },
	.probe = testchip_probe,
	.shutdown = testchip_shutdown,
};

static int testchip_panic(struct notifier_block *block, unsigned long event,
			  void *data)
{
	print_levels("panic");
	return NOTIFY_DONE;
}

/* Runs after all other notifiers. */
static struct notifier_block panic_block = {
	.notifier_call = testchip_panic,
	.priority = INT_MIN,
};

static struct platform_device *testchip_device;

/* As if from a device tree: a device with two lines that lines= does not name. */
static struct platform_device *described_device;

static struct gpiod_lookup_table described_lines = {
	.dev_id = "beepctrl.100",
	.table = {
		GPIO_LOOKUP_IDX("devtrio-testchip", 1, NULL, 0,
				GPIO_ACTIVE_HIGH),
		GPIO_LOOKUP_IDX("devtrio-testchip", 2, NULL, 1,
				GPIO_ACTIVE_HIGH),
		{ }
	},
};

static int register_described(void)
{
	gpiod_add_lookup_table(&described_lines);
	described_device = platform_device_register_simple("beepctrl", 100,
							   NULL, 0);
	if (!IS_ERR(described_device))
		return 0;
	gpiod_remove_lookup_table(&described_lines);
	return PTR_ERR(described_device);
}

static int __init testchip_init(void)
{
	int err = platform_driver_register(&testchip_driver);

	if (err)
		return err;

	testchip_device = platform_device_register_simple("devtrio-testchip",
							  -1, NULL, 0);
	if (IS_ERR(testchip_device)) {
		platform_driver_unregister(&testchip_driver);
		return PTR_ERR(testchip_device);
	}
	if (described) {
		err = register_described();
		if (err) {
			platform_device_unregister(testchip_device);
			platform_driver_unregister(&testchip_driver);
			return err;
		}
	}
	debugfs = debugfs_create_dir("devtrio-testchip", NULL);
	debugfs_create_file("edges", 0600, debugfs, NULL, &edges_fops);
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);

	return 0;
}
module_init(testchip_init);

static void __exit testchip_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);
	debugfs_remove_recursive(debugfs);
	if (described) {
		platform_device_unregister(described_device);
		gpiod_remove_lookup_table(&described_lines);
	}
	platform_device_unregister(testchip_device);
	platform_driver_unregister(&testchip_driver);
}
module_exit(testchip_exit);

MODULE_DESCRIPTION("GPIO chip of the devtrio tests");
MODULE_LICENSE("GPL");
