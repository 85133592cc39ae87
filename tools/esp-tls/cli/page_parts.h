/* Larger parts of a page (page.h): tiles, findings, a tree, spans of time, and a ladder of messages
 * between two sides. All text is escaped here. */
#ifndef PAGE_PARTS_H
#define PAGE_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Kinds, as classes of elements: "good", "bad", "warn", or NULL. */

/** Facts at a glance, side by side. */
void page_tiles_begin(FILE *out);
void page_tile(FILE *out, const char *kind, const char *value, const char *label);
void page_tiles_end(FILE *out);

/** @param badge  a word or two at its head; @param evidence, remedy  "" leaves the line out */
void page_finding(FILE *out, const char *kind, const char *badge, const char *title,
                  const char *evidence, const char *remedy);

/** A list of what works and what does not, one row for each.
 *  @param kind  "good", "bad" or NULL: its mark */
void page_marks_begin(FILE *out, const char *id);
void page_mark(FILE *out, const char *kind, const char *title, const char *code,
               const char *detail);
void page_marks_end(FILE *out);

/** One node of a tree; lines are separated by '\n'.
 *  @param depth  0 is the root */
void page_tree_begin(FILE *out, const char *id);
void page_tree_node(FILE *out, unsigned depth, const char *kind, const char *title,
                    const char *lines);
void page_tree_end(FILE *out);

struct span {
    const char *label;
    double from, to; /* ms */
};

/** Bars on one axis of time. */
void page_spans(FILE *out, const char *id, const char *title, const struct span *spans,
                size_t count);

enum rung_kind {
    RUNG_CLEAR,
    RUNG_SEALED,
    RUNG_DATA,
    RUNG_ALERT
};

struct rung {
    double ms;
    bool is_sent; /* from left to right */
    enum rung_kind kind;
    char label[96];
    char size[24];
};

/** What went from one side to the other, one below the other. */
void page_ladder(FILE *out, const char *id, const char *title, const char *left, const char *right,
                 const struct rung *rungs, size_t count);

/** CSS of all this, for page.c. */
extern const char page_parts_style[];

#endif
