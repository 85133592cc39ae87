#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"

static int digit(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *p = c != '\0' ? strchr(digits, c) : NULL;

    return p != NULL ? (int)(p - digits) : -1;
}

static void decode(char *text)
{
    char *to = text;

    for (; *text != '\0'; text++) {
        if (text[0] == '%' && digit(text[1]) >= 0 && digit(text[2]) >= 0) {
            *to++ = (char)(digit(text[1]) * 16 + digit(text[2]));
            text += 2;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
}

static bool run_line(struct http *h, char *line)
{
    char *value = strchr(line, ' ');

    if (value == NULL) {
        if (strcmp(line, "go") == 0) {
            exchange(h);
            return true;
        }
        if (strcmp(line, "new") == 0) {
            options_drop(h);
            return true;
        }
        return false;
    }
    *value++ = '\0';
    decode(value);
    return options_set(h, line, value);
}

int main(void)
{
    static struct http h = {.is_new = true, .piece = 1000, .close_at = -1};
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    int exit_code = 0;

    (void)signal(SIGPIPE, SIG_DFL); /* the library has to do without */
    h.shown = malloc(HTTP_BODY_SHOWN);
    h.cfg.event_handler = exchange_event;
    h.cfg.user_data = &h;
    while (exit_code == 0 && (len = getline(&line, &cap, stdin)) > 0) {
        line[strcspn(line, "\n")] = '\0';
        if (!run_line(&h, line)) {
            fprintf(stderr, "http-client: cannot do: %s\n", line);
            exit_code = 2;
        }
    }
    options_drop(&h);
    options_free();
    free(h.shown);
    free(line);
    return exit_code;
}
