/* What the program prints about something that a stranger made: caught, and looked at. */
#ifndef TOOL_OUTPUT_H
#define TOOL_OUTPUT_H

#include <stdio.h>
#include <stdlib.h>

#if HAS_CJSON
#include <cjson/cJSON.h>
#endif

#include "sim_fuzz.h"

struct tool_output {
    char *text;
    size_t len;
    FILE *file;
};

static inline FILE *tool_output_open(struct tool_output *o)
{
    *o = (struct tool_output){.text = NULL};
    o->file = open_memstream(&o->text, &o->len);
    sim_must(o->file != NULL);
    return o->file;
}

/** Nothing that a terminal could take for a command: no control characters but newlines, neither of
 *  ASCII nor of ISO 8859. */
static inline void tool_output_must_be_harmless(struct tool_output *o)
{
    sim_must(fclose(o->file) == 0);
    for (size_t i = 0; i < o->len; i++) {
        unsigned char c = (unsigned char)o->text[i];
        bool is_c1 = c == 0xC2 && i + 1 < o->len && ((unsigned char)o->text[i + 1] & 0xE0) == 0x80;

        sim_must((c >= ' ' || c == '\n') && c != 0x7F && !is_c1);
    }
    free(o->text);
}

/** As far as cJSON is there to say so. */
static inline void tool_output_must_be_json(struct tool_output *o)
{
    sim_must(fclose(o->file) == 0);
#if HAS_CJSON
    cJSON *value = cJSON_ParseWithOpts(o->text, NULL, 1);

    sim_must(value != NULL);
    cJSON_Delete(value);
#endif
    free(o->text);
}

#endif
