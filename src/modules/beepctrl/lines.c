// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module parameter lines=: register a platform device and a GPIO lookup table
 * for each entry.
 */
#include <linux/err.h>
#include <linux/gpio/machine.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <devtrio/beepctrl.h>

#include "lines.h"

/**
 * struct line - an entry of lines=
 * @device: platform device
 * @lookup: lookup table with one entry and the terminator, registered as long
 *	as @device
 * @dev_id: name of @device, referenced by @lookup
 * @key: chip label or line name, referenced by @lookup
 */
struct line {
	struct platform_device *device;
	struct gpiod_lookup_table *lookup;
	char dev_id[sizeof("beepctrl.4294967295")];
	char *key;
};

/* Only changes while the module is loaded and unloaded: needs no lock. */
static struct line lines[BEEPCTRL_MAX_BUZZERS];

static const char active_low[] = ":active-low";

/*
 * Parse "<chip label>:<offset>" or "<line name>", optionally followed by
 * ":active-low". Labels may contain colons.
 */
static int parse_entry(const char *entry, char **key,
		       struct gpiod_lookup *lookup)
{
	size_t length = strlen(entry);
	u16 offset = U16_MAX;
	char *name, *colon;

	lookup->flags = GPIO_LOOKUP_FLAGS_DEFAULT;
	if (length >= strlen(active_low) &&
	    !strcmp(entry + length - strlen(active_low), active_low)) {
		length -= strlen(active_low);
		lookup->flags = GPIO_ACTIVE_LOW;
	}

	name = kstrndup(entry, length, GFP_KERNEL);
	if (!name)
		return -ENOMEM;
	colon = strrchr(name, ':');
	if (colon)
		*colon = '\0';
	/* The GPIO core takes U16_MAX for a search by line name. */
	if (!*name || (colon && (kstrtou16(colon + 1, 10, &offset) ||
				 offset == U16_MAX))) {
		pr_err("invalid lines=%s: expected <chip label>:<offset> or a line name\n",
		       entry);
		kfree(name);
		return -EINVAL;
	}

	lookup->key = name;
	lookup->chip_hwnum = offset;
	*key = name;
	return 0;
}

static void line_unregister(struct line *line)
{
	if (!IS_ERR_OR_NULL(line->device))
		platform_device_unregister(line->device);
	if (line->lookup)
		gpiod_remove_lookup_table(line->lookup);
	kfree(line->lookup);
	kfree(line->key);
	memset(line, 0, sizeof(*line));
}

static int line_register(struct line *line, unsigned int index,
			 const char *entry)
{
	struct gpiod_lookup_table *lookup;
	int err;

	lookup = kzalloc(struct_size(lookup, table, 2), GFP_KERNEL);
	if (!lookup)
		return -ENOMEM;
	err = parse_entry(entry, &line->key, &lookup->table[0]);
	if (err) {
		kfree(lookup);
		return err;
	}
	snprintf(line->dev_id, sizeof(line->dev_id), "beepctrl.%u", index);
	lookup->dev_id = line->dev_id;
	gpiod_add_lookup_table(lookup);
	line->lookup = lookup;

	line->device = platform_device_register_simple("beepctrl", index, NULL,
						       0);
	return PTR_ERR_OR_ZERO(line->device);
}

/**
 * beep_lines_register() - register a device for each entry of lines=
 * @entries: entries
 * @count: number of entries, at most BEEPCTRL_MAX_BUZZERS
 *
 * Return: 0, -EINVAL for an invalid entry, -ENOMEM, or the driver core's error.
 * Nothing stays registered after an error.
 */
int __init beep_lines_register(const char * const *entries, unsigned int count)
{
	unsigned int i;
	int err;

	for (i = 0; i < count; i++) {
		err = line_register(&lines[i], i, entries[i]);
		if (err) {
			beep_lines_unregister();
			return err;
		}
	}

	return 0;
}

/**
 * beep_lines_unregister() - undo beep_lines_register()
 */
void beep_lines_unregister(void)
{
	struct line *line;

	for (line = lines; line < lines + ARRAY_SIZE(lines); line++)
		line_unregister(line);
}
