#define _GNU_SOURCE /* open_memstream */
#include "page.h"

#include <stdlib.h>
#include <string.h>

#include "output.h"

/** cli/page.html up to the JSON, and behind it: made by the build. */
extern const char page_html_head[];
extern const char page_html_tail[];

/** The page, in memory of its own. JSON has '<' in strings only, where it may be written so that no
 *  element begins or ends in them. @return NULL: no memory */
static char *make_page(const char *json, size_t *len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, len);

    if (out == NULL) {
        return NULL;
    }
    fputs(page_html_head, out);
    for (; *json != '\0'; json++) {
        if (*json == '<') {
            fputs("\\u003c", out);
        } else {
            fputc(*json, out);
        }
    }
    fputs(page_html_tail, out);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static char *make_json(void (*put_json)(const void *found, FILE *out), const void *found)
{
    char *json = NULL;
    size_t len;
    FILE *out = open_memstream(&json, &len);

    if (out == NULL) {
        return NULL;
    }
    put_json(found, out);
    if (fclose(out) != 0) {
        free(json);
        return NULL;
    }
    return json;
}

enum tool_exit page_write(const char *path, void (*put_json)(const void *found, FILE *out),
                          const void *found)
{
    struct output output = {.fd = -1};
    char *json = make_json(put_json, found);
    size_t len = 0;
    char *text = json != NULL ? make_page(json, &len) : NULL;
    enum tool_exit status = text == NULL
                                ? tool_no_memory()
                                : output_open(&output, strcmp(path, "-") == 0 ? NULL : path);

    if (status == EXIT_OK) {
        status = output_write(&output, text, len);
    }
    status = status == EXIT_OK ? output_finish(&output) : status;
    output_clear(&output);
    free(text);
    free(json);
    return status;
}
