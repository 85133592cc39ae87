/* What -d sends: text, or what is in a file, read as it is sent. */
#ifndef UPLOAD_H
#define UPLOAD_H

#include <stdint.h>

#include "cli/tool.h"

struct upload {
    const char *text; /* NULL: a file */
    const char *path;
    int fd;
    int64_t size; /* -1: not known */
    int64_t at;
    int error; /* errno of what failed; 0: nothing */
};

/** @param data  as -d has it @return EXIT_OK, or EXIT_USAGE after a message on stderr */
enum tool_exit upload_open(struct upload *up, const char *data);

/** An esp_http_client_source_t. */
int upload_draw(void *upload, char *buffer, int len, int64_t offset);

void upload_close(struct upload *up);

#endif
