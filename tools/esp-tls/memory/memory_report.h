/* What `esp-tls memory` found, and how it is told: as text, and as JSON. */
#ifndef MEMORY_REPORT_H
#define MEMORY_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "estimate.h"
#include "memory_options.h"
#include "cli/text.h"
#include "cli/tool.h"
#include "trial.h"

#define CHOICES_MAX 12

/** Another setting, tried on the same server. */
struct choice {
    const char *name;
    const char *args;    /* of this program; NULL: nothing that it takes */
    const char *setting; /* of ESP-TLS: Kconfig, or a field */
    bool works;          /* the connection was made, memory apart */
    bool fits;           /* and within the device's memory */
    uint32_t peak;       /* of the heap; 0: the server did not go along */
    int64_t saved;       /* against what was asked for */
    char why[400];       /* it does not work */
};

struct memory_report {
    const struct memory_options *options;
    struct trial device; /* as asked for */
    bool has_ample;
    struct trial ample; /* the same with as much heap as it takes, when the device had not enough */
    bool has_other;
    struct trial other; /* with the other kind of buffers and as much heap as it takes */
    bool has_estimates;
    struct estimates estimates; /* of ESP-IDF's own esp-tls, for this server */
    struct choice choice[CHOICES_MAX];
    size_t choices;
    bool fits;
    char verdict[600];     /* a sentence or two */
    char advice[800];      /* what to change; "" when nothing has to be */
    char advice_args[120]; /* the same as arguments of this program */
    enum tool_exit exit;
};

/** The run that shows the whole connection: ample's if there is one. */
const struct trial *report_whole(const struct memory_report *r);

/** "12,345" in a buffer of 16 bytes. */
const char *bytes_text(uint64_t n, char text[16]);

/** Settings other than those asked for: each is tried on the same server, and what it saves is what
 *  the two connections differed by. @return false after a message on stderr */
bool choices_try(struct memory_report *r, const struct trial_target *target);

/** Fill r->advice, when it does not fit: the first choice with which it does, or several that do
 *  together, and whether the own key is the largest part.
 *  @return false after a message on stderr */
bool choices_advise(struct memory_report *r, const struct trial_target *target);

void memory_print_text(const struct memory_report *r, FILE *out);
void memory_print_json(const struct memory_report *r, FILE *out);
/** The same with the heap over time, which the page draws. @param report  a struct memory_report */
void memory_print_page_json(const void *report, FILE *out);

#endif
