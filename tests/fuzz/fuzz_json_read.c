/* JSON of a browser: nothing is read from behind its end, and what is found lies in it. */
#include <stdlib.h>
#include <string.h>

#include "chain/json_read.h"
#include "sim_fuzz.h"

static void within(const char *text, size_t size, struct json_value v)
{
    sim_must(v.len == 0 || (v.at >= text && v.at + v.len <= text + size));
}

static void look_at(const char *text, size_t size, struct json_value v)
{
    char copy[32];
    long number;

    within(text, size, v);
    (void)json_text(v, copy, sizeof(copy));
    (void)json_int(v, &number);
    free(json_text_new(v));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = malloc(size + (size == 0));
    struct json_value next = {NULL, 0};
    struct json_value v;

    sim_must(exact != NULL);
    memcpy(exact, data, size);
    v = json_read(exact, size);
    look_at(exact, size, v);
    look_at(exact, size, json_member(v, "result"));
    look_at(exact, size, json_member(json_member(v, "result"), "id"));
    while (json_next(v, &next)) {
        look_at(exact, size, next);
    }
    free(exact);
    return 0;
}
