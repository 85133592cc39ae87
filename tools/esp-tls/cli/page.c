#include "page.h"

#include <stdlib.h>
#include <string.h>

#include "memory_file.h"
#include "output.h"

/** cli/page.html up to the JSON, and behind it: made by the build. */
extern const char page_html_head[];
extern const char page_html_tail[];

/** The page around the JSON. JSON has '<' in strings only, where it may be written so that no
 *  element begins or ends in them. */
static void put_page(const char *json, FILE *out)
{
    fputs(page_html_head, out);
    for (; *json != '\0'; json++) {
        if (*json == '<') {
            fputs("\\u003c", out);
        } else {
            fputc(*json, out);
        }
    }
    fputs(page_html_tail, out);
}

/** @return false: no memory for all of it */
static bool make_page(void (*put_json)(const void *found, FILE *out), const void *found,
                      struct memory_file *page)
{
    struct memory_file json = {0};
    FILE *out = memory_file_open(&json);
    bool ok;

    if (out != NULL) {
        put_json(found, out);
    }
    ok = memory_file_close(&json, out);
    out = ok ? memory_file_open(page) : NULL;
    if (out != NULL) {
        put_page(json.text, out);
    }
    ok = memory_file_close(page, out);
    free(json.text);
    return ok;
}

enum tool_exit page_write(const char *path, void (*put_json)(const void *found, FILE *out),
                          const void *found)
{
    struct output output = {.fd = -1};
    struct memory_file page = {0};
    enum tool_exit status = make_page(put_json, found, &page)
                                ? output_open(&output, strcmp(path, "-") == 0 ? NULL : path)
                                : tool_no_memory();

    if (status == EXIT_OK) {
        status = output_write(&output, page.text, page.len);
    }
    status = status == EXIT_OK ? output_finish(&output) : status;
    output_clear(&output);
    free(page.text);
    return status;
}
