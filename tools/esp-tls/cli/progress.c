#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "text.h"
#include "tool.h"

#define DRAW_EVERY_MS 100
#define BAR_WIDTH     30

static void add_bytes(struct text *line, double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t unit = 0;

    while (bytes >= 1000 && unit < sizeof(units) / sizeof(units[0]) - 1) {
        bytes /= 1000;
        unit++;
    }
    text_add(line, unit > 0 && bytes < 100 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

static void add_bar(struct text *line, const struct progress *p)
{
    char bar[BAR_WIDTH + 1];
    double part = p->total > 0 ? (double)p->done / (double)p->total : 1.0;
    size_t filled = (size_t)(part * BAR_WIDTH);

    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', filled < BAR_WIDTH ? filled : BAR_WIDTH);
    bar[BAR_WIDTH] = '\0';
    text_add(line, "[%s] %3.0f %%  ", bar, part * 100);
}

/** What is left, at the rate so far. */
static void add_left(struct text *line, const struct progress *p, int64_t elapsed)
{
    int64_t came = p->done - p->before;
    double left = (double)(p->total - p->done) * (double)elapsed / (double)came / 1000;

    if (left < 359999) {
        long seconds = (long)(left + 0.999);

        text_add(line, "  %ld:%02ld:%02ld left", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
}

/** Past streams.c, which lets no text act on a terminal. */
static void put_line(const struct text *line)
{
    (void)fflush(stderr);
    (void)output_all(STDERR_FILENO, line->chars, line->len);
}

static void draw(struct progress *p, int64_t now)
{
    int64_t elapsed = now - p->began_ms;
    struct text line = {0};

    p->drawn_ms = now;
    text_add(&line, "\r\033[K");
    if (p->total >= 0) {
        add_bar(&line, p);
    }
    add_bytes(&line, (double)p->done);
    if (elapsed > 0) {
        text_add(&line, "  ");
        add_bytes(&line, (double)(p->done - p->before) * 1000 / (double)elapsed);
        text_add(&line, "/s");
    }
    if (elapsed > 0 && p->total > p->done && p->done > p->before) {
        add_left(&line, p, elapsed);
    }
    put_line(&line);
}

void progress_begin(struct progress *p, bool wanted, int64_t before, int64_t total)
{
    *p = (struct progress){
        .total = total, .done = before, .before = before, .began_ms = tool_now_ms()};
    p->shown = wanted && isatty(STDERR_FILENO);
    p->drawn_ms = p->began_ms;
}

void progress_add(struct progress *p, int64_t bytes)
{
    int64_t now;

    p->done += bytes;
    if (!p->shown) {
        return;
    }
    now = tool_now_ms();
    if (now - p->drawn_ms >= DRAW_EVERY_MS || p->done == p->total) {
        draw(p, now);
    }
}

void progress_end(struct progress *p)
{
    if (p->shown) {
        put_line(&(struct text){.len = 4, .chars = "\r\033[K"});
        p->shown = false;
    }
}
