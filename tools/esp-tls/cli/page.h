/* Writing a page: HTML with inline SVG, one file, nothing loaded from elsewhere, no script. It is
 * readable on a telephone, follows the reader's light or dark colours, and prints.
 *
 * All text is escaped here; callers pass it as it is. */
#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

void page_begin(FILE *out, const char *title);
void page_end(FILE *out, const char *footer);
void page_text(FILE *out, const char *text); /* escaped, no element */
void page_heading(FILE *out, const char *text);
/** @param kind  class of the paragraph: "good", "bad", "note", or NULL */
void page_paragraph(FILE *out, const char *kind, const char *text);

/** A table: head, then rows. A cell that begins with a digit, '-' or '+' is set flush right.
 *  @param cells  `count` texts */
void page_table_begin(FILE *out, const char *caption, const char *const *heads, size_t count);
void page_table_row(FILE *out, const char *const *cells, size_t count);
void page_table_end(FILE *out);

struct chart_point {
    double x, y; /* y holds until the next point: a staircase */
};

struct chart_band {
    double from, to;
    const char *label;
};

struct chart_mark {
    double x, size; /* a stem of this height */
};

struct chart {
    const char *title;   /* read aloud by screen readers, too */
    const char *id;      /* of the element, for links and tests */
    double x_max, y_max; /* > 0 */
    const char *x_unit;  /* "ms" */
    const char *y_unit;  /* "bytes" */
    const struct chart_point *point;
    size_t points;
    const struct chart_band *band; /* shaded and labelled */
    size_t bands;
    const struct chart_mark *mark;
    size_t marks;
    double limit; /* a dashed line; 0: none */
    const char *limit_label;
};

void page_chart(FILE *out, const struct chart *chart);

#endif
