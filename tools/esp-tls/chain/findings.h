/* What was found in certificates, one sentence each. */
#ifndef FINDINGS_H
#define FINDINGS_H

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

#define FINDINGS_MOST 64

struct findings {
    struct finding item[FINDINGS_MOST];
    size_t count;
    size_t errors; /* also those for which there was no room */
};

void findings_add(struct findings *f, enum finding_level level, const char *code, int certificate,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));
void findings_print(const struct findings *f, FILE *out);
/** As the member "findings". */
void findings_json(const struct findings *f, struct json *j);

#endif
