#include "page.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "page_parts.h"

/* Text in the charts is measured in their own units, which shrink with the screen: on a narrow one
 * it is made larger in turn. */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b2430;--soft:#5b6676;--paper:#fff;--line:#d8dee6;"
    "--band:#eef2f7;--area:#2f7de1;--mark:#d97706;--good:#14713d;--goodp:#e6f4ea;--bad:#a61b1b;"
    "--badp:#fdecec}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8ecf1;--soft:#a3adba;--paper:#12171e;"
    "--line:#33404f;--band:#1c2530;--area:#5aa2ff;--mark:#f2a541;--good:#7fd8a1;--goodp:#14301f;"
    "--bad:#ff9d9d;--badp:#3a1717}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1rem;max-width:46rem;background:var(--paper);color:var(--ink);"
    "font:16px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.4rem;line-height:1.25;margin:.5rem 0;overflow-wrap:anywhere}\n"
    "h2{font-size:1.05rem;margin:1.8rem 0 .4rem}\n"
    "p{margin:.5rem 0;overflow-wrap:anywhere}\n"
    ".good,.bad{padding:.7rem .9rem;border-left:4px solid;border-radius:4px}\n"
    ".good{color:var(--good);background:var(--goodp)}\n"
    ".bad{color:var(--bad);background:var(--badp)}\n"
    ".note,footer{color:var(--soft);font-size:.9rem}\n"
    ".scroll{overflow-x:auto}\n"
    "table{border-collapse:collapse;width:100%;font-size:.92rem;"
    "font-variant-numeric:tabular-nums}\n"
    "caption{text-align:left;color:var(--soft);padding:.2rem 0}\n"
    "th,td{padding:.3rem .5rem;border-bottom:1px solid var(--line);text-align:left}\n"
    "th{color:var(--soft);font-weight:600}\n"
    "td{overflow-wrap:anywhere}td:first-child{min-width:6.2rem}.n{text-align:right}td.n{white-"
    "space:nowrap}\n"
    "figure{margin:.4rem 0}\n"
    "svg{display:block;width:100%;height:auto}\n"
    "svg text{font-size:11px;fill:var(--soft)}\n"
    "svg .ink{fill:var(--ink)}\n"
    "@media(max-width:30rem){body{padding:.7rem}th,td{padding:.3rem .35rem}"
    "svg text{font-size:15px}}\n"
    ".band{fill:var(--band)}.grid{stroke:var(--line)}\n"
    ".area{fill:var(--area);fill-opacity:.18}\n"
    ".curve{fill:none;stroke:var(--area);stroke-width:1.4;stroke-linejoin:round}\n"
    ".mark{stroke:var(--mark);stroke-width:1.6}\n"
    ".limit{stroke:var(--bad);stroke-width:1.2;stroke-dasharray:5 4}\n"
    "svg .warn{fill:var(--bad)}\n";

void page_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

static void element(FILE *out, const char *open, const char *text, const char *close)
{
    fputs(open, out);
    page_text(out, text);
    fputs(close, out);
}

void page_begin(FILE *out, const char *title)
{
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
          out);
    element(out, "<title>", title, "</title>\n");
    fprintf(out, "<style>\n%s%s</style>\n</head>\n<body>\n", style, page_parts_style);
    element(out, "<h1>", title, "</h1>\n");
}

void page_end(FILE *out, const char *footer)
{
    element(out, "<footer><p>", footer, "</p></footer>\n</body>\n</html>\n");
}

void page_heading(FILE *out, const char *text)
{
    element(out, "<h2>", text, "</h2>\n");
}

void page_paragraph(FILE *out, const char *kind, const char *text)
{
    if (kind != NULL) {
        fprintf(out, "<p class=\"%s\">", kind);
    } else {
        fputs("<p>", out);
    }
    element(out, "", text, "</p>\n");
}

/* --- tables ----------------------------------------------------------------------------------- */

static bool is_figure(const char *cell)
{
    return isdigit((unsigned char)cell[0]) ||
           ((cell[0] == '-' || cell[0] == '+') && isdigit((unsigned char)cell[1]));
}

void page_table_begin(FILE *out, const char *caption, const char *const *heads, size_t count)
{
    fputs("<div class=\"scroll\"><table>\n", out);
    if (caption != NULL) {
        element(out, "<caption>", caption, "</caption>\n");
    }
    fputs("<thead><tr>", out);
    for (size_t i = 0; i < count; i++) {
        element(out, i == 0 ? "<th scope=\"col\">" : "<th scope=\"col\" class=\"n\">", heads[i],
                "</th>");
    }
    fputs("</tr></thead>\n<tbody>\n", out);
}

void page_table_row(FILE *out, const char *const *cells, size_t count)
{
    fputs("<tr>", out);
    for (size_t i = 0; i < count; i++) {
        element(out,
                i > 0 && (is_figure(cells[i]) || cells[i][0] == '\0') ? "<td class=\"n\">" : "<td>",
                cells[i], "</td>");
    }
    fputs("</tr>\n", out);
}

void page_table_end(FILE *out)
{
    fputs("</tbody>\n</table></div>\n", out);
}

/* --- charts ----------------------------------------------------------------------------------- */

/* In the units of the viewBox. */
#define WIDTH  520.0
#define HEIGHT 250.0
#define LEFT   52.0
#define RIGHT  8.0
#define TOP    24.0
#define BOTTOM 30.0
#define CHAR   7.5 /* of a label */

static double at_x(const struct chart *c, double x)
{
    return LEFT + x / c->x_max * (WIDTH - LEFT - RIGHT);
}

static double at_y(const struct chart *c, double y)
{
    return HEIGHT - BOTTOM - y / c->y_max * (HEIGHT - TOP - BOTTOM);
}

/** 1, 2 or 5 times a power of ten, so that there are three to six steps. */
static double nice_step(double max)
{
    double unit = pow(10.0, floor(log10(max / 3)));

    return max / unit >= 15 ? 5 * unit : max / unit >= 6 ? 2 * unit : unit;
}

static void draw_bands(FILE *out, const struct chart *c)
{
    for (size_t i = 0; i < c->bands; i++) {
        double from = at_x(c, c->band[i].from);
        double width = at_x(c, c->band[i].to) - from;

        if (i % 2 == 0) {
            fprintf(out,
                    "<rect class=\"band\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
                    from, TOP, width, HEIGHT - TOP - BOTTOM);
        }
        if (width > CHAR * (double)strlen(c->band[i].label)) {
            fprintf(out, "<text class=\"ink\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                    from + width / 2, TOP - 8);
            element(out, "", c->band[i].label, "</text>\n");
        }
    }
}

static void draw_y_axis(FILE *out, const struct chart *c)
{
    double step = nice_step(c->y_max);

    for (double y = 0; y <= c->y_max * 1.0001; y += step) {
        fprintf(out, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT,
                WIDTH - RIGHT, at_y(c, y), at_y(c, y));
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.0f</text>\n", LEFT - 6,
                at_y(c, y) + 4, y);
    }
}

static void draw_x_axis(FILE *out, const struct chart *c)
{
    double step = nice_step(c->x_max);
    int places = step < 1 ? (int)ceil(-log10(step)) : 0;

    for (double x = 0; x <= c->x_max * 0.93; x += step) {
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.*f</text>\n", at_x(c, x),
                HEIGHT - BOTTOM + 16, places, x);
    }
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", WIDTH - RIGHT,
            HEIGHT - BOTTOM + 16);
    element(out, "", c->x_unit, "</text>\n");
}

/** The staircase; of points that fall on one another the highest, the lowest and the last count. */
static void draw_path(FILE *out, const struct chart *c)
{
    double column = -1;
    double low = 0;
    double high = 0;
    double last = 0;

    fprintf(out, "M%.1f,%.1f", LEFT, at_y(c, 0));
    for (size_t i = 0; i < c->points; i++) {
        double x = at_x(c, c->point[i].x);
        double y = at_y(c, c->point[i].y);

        if (x - column >= 0.4) {
            if (column >= 0) {
                fprintf(out, "V%.1fV%.1fV%.1f", high, low, last);
            }
            fprintf(out, "H%.1f", x);
            column = x;
            low = high = y;
        }
        low = y > low ? y : low; /* SVG counts downwards */
        high = y < high ? y : high;
        last = y;
    }
    fprintf(out, "V%.1fV%.1fV%.1f", high, low, last);
}

static void draw_curve(FILE *out, const struct chart *c)
{
    fputs("<path class=\"area\" d=\"", out);
    draw_path(out, c);
    fprintf(out, "V%.1fH%.1fZ\"/>\n<path class=\"curve\" d=\"", at_y(c, 0), LEFT);
    draw_path(out, c);
    fputs("\"/>\n", out);
}

static void draw_marks(FILE *out, const struct chart *c)
{
    for (size_t i = 0; i < c->marks; i++) {
        double x = at_x(c, c->mark[i].x);

        fprintf(out, "<line class=\"mark\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n", x,
                x, at_y(c, 0), at_y(c, c->mark[i].size));
    }
}

static void draw_limit(FILE *out, const struct chart *c)
{
    double y = at_y(c, c->limit);

    if (c->limit <= 0 || c->limit > c->y_max) {
        return;
    }
    fprintf(out, "<line class=\"limit\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT,
            WIDTH - RIGHT, y, y);
    fprintf(out, "<text class=\"warn\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">",
            WIDTH - RIGHT - 2, y - 4);
    element(out, "", c->limit_label, "</text>\n");
}

void page_chart(FILE *out, const struct chart *c)
{
    fprintf(out, "<figure id=\"%s\"><svg viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n", c->id, WIDTH,
            HEIGHT);
    element(out, "<title>", c->title, "</title>\n");
    draw_bands(out, c);
    draw_y_axis(out, c);
    draw_x_axis(out, c);
    if (c->points > 0) {
        draw_curve(out, c);
    }
    draw_marks(out, c);
    draw_limit(out, c);
    fprintf(out, "<text x=\"2\" y=\"%.1f\">", TOP - 8);
    element(out, "", c->y_unit, "</text>\n</svg></figure>\n");
}
