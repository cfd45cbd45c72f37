// SPDX-License-Identifier: GPL-2.0-only
/*
 * Print findings as JSON. status.schema.json documents the format.
 */
#include "lib/json.h"
#include "status.h"

static struct json_object *text_or_null(const char *text)
{
	return text && *text ? json_object_new_string(text) : NULL;
}

static struct json_object *fix_json(const struct fix *fix)
{
	struct json_object *json = json_object_new_object();
	struct json_object *words = fix->argv ? json_object_new_array() : NULL;
	char **word;

	for (word = fix->argv; word && *word; word++)
		json_object_array_add(words, json_object_new_string(*word));
	json_add(json, "argv", words);
	json_add(json, "note", text_or_null(fix->note));
	json_add(json, "automatic",
		 json_object_new_boolean(fix->runner != BY_USER));
	json_add(json, "stronger",
		 json_object_new_boolean(fix->runner == BY_REPAIR_LATER));
	return json;
}

static struct json_object *finding_json(const struct finding *finding)
{
	struct json_object *json = json_object_new_object();
	struct json_object *commands = json_object_new_array();
	size_t i;

	json_add(json, "id", json_object_new_string(finding->id));
	json_add(json, "subject", text_or_null(finding->subject));
	json_add(json, "verdict",
		 json_object_new_string(verdict_names[finding->verdict]));
	json_add(json, "exit_code", json_object_new_int(finding->code));
	json_add(json, "text", json_object_new_string(finding->text));
	json_add(json, "log", text_or_null(finding->log));
	for (i = 0; i < finding->fix_count; i++)
		json_object_array_add(commands, fix_json(&finding->fixes[i]));
	json_add(json, "commands", commands);
	return json;
}

/* All findings; the caller puts the object. */
struct json_object *doctor_json(const struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	struct json_object *json = json_object_new_object();
	struct json_object *findings = json_object_new_array();
	size_t i;

	json_add(json, "schema", json_object_new_int(STATUS_SCHEMA));
	json_add(json, "devtrio", json_object_new_string(DEVTRIO_VERSION));
	json_add(json, "running_kernel",
		 json_object_new_string(machine->running));
	json_add(json, "next_kernel",
		 machine->next ? text_or_null(machine->next->release) : NULL);
	json_add(json, "exit_code",
		 json_object_new_int(doctor_exit_code(doctor)));
	for (i = 0; i < doctor->count; i++)
		json_object_array_add(findings,
				      finding_json(&doctor->findings[i]));
	json_add(json, "checks", findings);
	return json;
}
