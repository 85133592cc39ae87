/* What was found in certificates, one sentence each. */
#ifndef FINDINGS_H
#define FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/json.h"

enum finding_level {
    FINDING_ERROR,   /* a device fails with it */
    FINDING_WARNING, /* it works, and should be mended */
    FINDING_NOTE
};

struct finding {
    enum finding_level level;
    const char *code; /* for programs: "missing-intermediate"; static text */
    int certificate;  /* its number, from 1; 0: all of them */
    char text[700];
};

struct findings {
    struct finding *item;
    size_t count;
    size_t room;
    size_t errors;
    bool no_memory; /* one was lost: what there is says too little */
};

void findings_add(struct findings *f, enum finding_level level, const char *code, int certificate,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
void findings_clear(struct findings *f);
void findings_print(const struct findings *f, FILE *out);
/** As the member "findings". */
void findings_json(const struct findings *f, struct json *j);

#endif
