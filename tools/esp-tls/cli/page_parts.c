#include "page_parts.h"

#include <math.h>
#include <string.h>

#include "page.h"

const char page_parts_style[] =
    ".tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.6rem,1fr));gap:.5rem;"
    "margin:.8rem 0}\n"
    ".tile{padding:.55rem .75rem;border:1px solid var(--line);border-radius:8px;min-width:0}\n"
    ".tile b{display:block;font-size:1.1rem;line-height:1.3;overflow-wrap:anywhere}\n"
    ".finding{overflow-wrap:anywhere}\n"
    ".tile span{color:var(--soft);font-size:.82rem}\n"
    ".tile.good b,.ok{color:var(--good)}.tile.bad b,.no{color:var(--bad)}.tile.warn b{color:var("
    "--mark)}\n"
    ".finding{border:1px solid var(--line);border-left:4px solid var(--soft);border-radius:6px;"
    "padding:.6rem .9rem;margin:.6rem 0}\n"
    ".finding.bad{border-left-color:var(--bad);color:inherit;background:none}\n"
    ".finding.warn{border-left-color:var(--mark)}\n"
    ".finding h3{margin:0;font-size:1rem;line-height:1.35}\n"
    ".badge{display:inline-block;font-size:.75rem;font-weight:600;color:var(--soft);border:1px "
    "solid var(--line);border-radius:9px;padding:0 .5rem;margin-bottom:.3rem}\n"
    ".finding.bad .badge{color:var(--bad);border-color:var(--bad)}\n"
    ".finding.warn .badge{color:var(--mark);border-color:var(--mark)}\n"
    ".finding p{margin:.35rem 0 0}.remedy:before{content:\"\\2192  \";color:var(--area)}\n"
    ".marks{margin:.4rem 0;padding:0;list-style:none}\n"
    ".marks li{position:relative;padding:.4rem 0 .4rem 1.9rem;border-bottom:1px solid "
    "var(--line);overflow-wrap:anywhere}\n"
    ".marks li:before{content:\"\\2013\";position:absolute;left:.4rem;font-weight:700;color:"
    "var(--soft)}\n"
    ".marks li.good,.marks li.bad{color:inherit;background:none;border-left:0;border-radius:0}\n"
    ".marks li.good:before{content:\"\\2713\";color:var(--good)}\n"
    ".marks li.bad:before{content:\"\\2717\";color:var(--bad)}\n"
    ".marks code{display:block;font-size:.8rem;color:var(--soft);overflow-wrap:anywhere}\n"
    ".marks small{display:block;font-size:.88rem}\n"
    ".tree{margin:.5rem 0}\n"
    ".node{position:relative;border:1px solid var(--line);border-left:4px solid var(--soft);"
    "border-radius:6px;padding:.5rem .8rem;margin:.75rem 0;overflow-wrap:anywhere}\n"
    ".node.good{border-left-color:var(--good);color:inherit;background:none}\n"
    ".node.bad{border-left-color:var(--bad);color:inherit;background:none}\n"
    ".node.warn{border-left-color:var(--mark)}\n"
    ".node+.node:before{content:\"\";position:absolute;left:.9rem;top:-.8rem;height:.8rem;"
    "border-left:2px solid var(--line)}\n"
    ".node b{display:block}.node span{display:block;color:var(--soft);font-size:.9rem}\n"
    ".rail{stroke:var(--line);stroke-width:2}.head{font-weight:600}\n"
    ".arrow{stroke:var(--area);stroke-width:1.6}.tip{fill:var(--area)}\n"
    ".arrow.sealed{stroke-dasharray:5 3}.arrow.data{stroke:var(--soft)}.tip.data{fill:var(--soft)}"
    "\n"
    ".arrow.alert{stroke:var(--bad)}.tip.alert{fill:var(--bad)}\n"
    ".bar{fill:var(--area);fill-opacity:.75}\n";

static void element(FILE *out, const char *open, const char *text, const char *close)
{
    fputs(open, out);
    page_text(out, text);
    fputs(close, out);
}

static void open_div(FILE *out, const char *class, const char *kind)
{
    fprintf(out, "<div class=\"%s%s%s\">", class, kind != NULL ? " " : "",
            kind != NULL ? kind : "");
}

/* --- tiles, findings, tree -------------------------------------------------------------------- */

void page_tiles_begin(FILE *out)
{
    fputs("<div class=\"tiles\">\n", out);
}

void page_tile(FILE *out, const char *kind, const char *value, const char *label)
{
    open_div(out, "tile", kind);
    element(out, "<b>", value, "</b>");
    element(out, "<span>", label, "</span></div>\n");
}

void page_tiles_end(FILE *out)
{
    fputs("</div>\n", out);
}

void page_finding(FILE *out, const char *kind, const char *badge, const char *title,
                  const char *evidence, const char *remedy)
{
    open_div(out, "finding", kind);
    element(out, "<span class=\"badge\">", badge, "</span>");
    element(out, "<h3>", title, "</h3>");
    if (evidence[0] != '\0') {
        element(out, "<p class=\"evidence\">", evidence, "</p>");
    }
    if (remedy[0] != '\0') {
        element(out, "<p class=\"remedy\">", remedy, "</p>");
    }
    fputs("</div>\n", out);
}

void page_marks_begin(FILE *out, const char *id)
{
    fprintf(out, "<ul class=\"marks\" id=\"%s\">\n", id);
}

void page_mark(FILE *out, const char *kind, const char *title, const char *code, const char *detail)
{
    fprintf(out, "<li%s%s%s>", kind != NULL ? " class=\"" : "", kind != NULL ? kind : "",
            kind != NULL ? "\"" : "");
    page_text(out, title);
    if (code[0] != '\0') {
        element(out, "<code>", code, "</code>");
    }
    if (detail[0] != '\0') {
        element(out, "<small>", detail, "</small>");
    }
    fputs("</li>\n", out);
}

void page_marks_end(FILE *out)
{
    fputs("</ul>\n", out);
}

void page_tree_begin(FILE *out, const char *id)
{
    fprintf(out, "<div class=\"tree\" id=\"%s\">\n", id);
}

void page_tree_node(FILE *out, unsigned depth, const char *kind, const char *title,
                    const char *lines)
{
    fprintf(out, "<div class=\"node%s%s\" style=\"margin-left:%.1frem\">", kind != NULL ? " " : "",
            kind != NULL ? kind : "", depth * 1.1);
    element(out, "<b>", title, "</b>");
    while (*lines != '\0') {
        size_t len = strcspn(lines, "\n");
        char line[400];

        snprintf(line, sizeof(line), "%.*s", (int)len, lines);
        element(out, "<span>", line, "</span>");
        lines += len + (lines[len] == '\n');
    }
    fputs("</div>\n", out);
}

void page_tree_end(FILE *out)
{
    fputs("</div>\n", out);
}

/* --- spans ------------------------------------------------------------------------------------ */

#define WIDTH 520.0

static void begin_svg(FILE *out, const char *id, const char *title, double height)
{
    fprintf(out, "<figure id=\"%s\"><svg viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n", id, WIDTH,
            height);
    element(out, "<title>", title, "</title>\n");
}

#define SPAN_LEFT  120.0
#define SPAN_RIGHT 70.0
#define SPAN_ROW   24.0

void page_spans(FILE *out, const char *id, const char *title, const struct span *spans,
                size_t count)
{
    double end = 0.001;

    for (size_t i = 0; i < count; i++) {
        end = spans[i].to > end ? spans[i].to : end;
    }
    begin_svg(out, id, title, (double)count * SPAN_ROW + 8);
    for (size_t i = 0; i < count; i++) {
        double y = 6 + (double)i * SPAN_ROW;
        double x = SPAN_LEFT + spans[i].from / end * (WIDTH - SPAN_LEFT - SPAN_RIGHT);
        double width = (spans[i].to - spans[i].from) / end * (WIDTH - SPAN_LEFT - SPAN_RIGHT);

        fprintf(out, "<text class=\"ink\" x=\"0\" y=\"%.1f\">", y + 13);
        element(out, "", spans[i].label, "</text>");
        fprintf(out,
                "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"14\" rx=\"2\"/>",
                x, y + 2, fmax(width, 1.5));
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\">%.1f ms</text>\n", x + fmax(width, 1.5) + 6,
                y + 13, spans[i].to - spans[i].from);
    }
    fputs("</svg></figure>\n", out);
}

/* --- the ladder ------------------------------------------------------------------------------- */

#define RAIL_LEFT  74.0
#define RAIL_RIGHT 440.0
#define RUNG_TOP   30.0
#define RUNG_ROW   30.0

static const char *const rung_classes[] = {
    [RUNG_CLEAR] = "clear", [RUNG_SEALED] = "sealed", [RUNG_DATA] = "data", [RUNG_ALERT] = "alert"};

static void draw_rung(FILE *out, const struct rung *r, double y)
{
    double from = r->is_sent ? RAIL_LEFT + 2 : RAIL_RIGHT - 2;
    double to = r->is_sent ? RAIL_RIGHT - 2 : RAIL_LEFT + 2;
    double back = r->is_sent ? -7 : 7;
    const char *class = rung_classes[r->kind];

    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.1f</text>", RAIL_LEFT - 8,
            y + 4, r->ms);
    fprintf(out,
            "<line class=\"arrow %s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
            "<path class=\"tip %s\" d=\"M%.1f,%.1fl%.1f,-4v8z\"/>",
            class, from, to + back, y, y, class, to, y, back);
    fprintf(out, "<text class=\"ink\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
            (RAIL_LEFT + RAIL_RIGHT) / 2, y - 5);
    element(out, "", r->label, "</text>");
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\">", RAIL_RIGHT + 8, y + 4);
    element(out, "", r->size, "</text>\n");
}

static void draw_rail(FILE *out, double x, const char *name, double height)
{
    fprintf(out, "<line class=\"rail\" x1=\"%.1f\" x2=\"%.1f\" y1=\"18\" y2=\"%.1f\"/>", x, x,
            height);
    fprintf(out, "<text class=\"ink head\" x=\"%.1f\" y=\"12\" text-anchor=\"middle\">", x);
    element(out, "", name, "</text>\n");
}

void page_ladder(FILE *out, const char *id, const char *title, const char *left, const char *right,
                 const struct rung *rungs, size_t count)
{
    double height = RUNG_TOP + (double)count * RUNG_ROW;

    begin_svg(out, id, title, height + 4);
    draw_rail(out, RAIL_LEFT, left, height);
    draw_rail(out, RAIL_RIGHT, right, height);
    fprintf(out, "<text x=\"%.1f\" y=\"12\" text-anchor=\"end\">ms</text>", RAIL_LEFT - 34);
    for (size_t i = 0; i < count; i++) {
        draw_rung(out, &rungs[i], RUNG_TOP + ((double)i + 0.6) * RUNG_ROW);
    }
    fputs("</svg></figure>\n", out);
}
