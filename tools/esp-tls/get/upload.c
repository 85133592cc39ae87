#define _GNU_SOURCE /* O_CLOEXEC */
#include "upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum tool_exit upload_open(struct upload *up, const char *data)
{
    struct stat st;

    *up = (struct upload){.fd = -1};
    if (data[0] != '@') {
        up->text = data;
        up->size = (int64_t)strlen(data);
        return EXIT_OK;
    }
    up->path = data + 1;
    up->fd = strcmp(up->path, "-") == 0 ? dup(STDIN_FILENO) : open(up->path, O_RDONLY | O_CLOEXEC);
    if (up->fd < 0 || fstat(up->fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        fprintf(stderr, "esp-tls: cannot read %s: %s\n", up->path,
                up->fd >= 0 && S_ISDIR(st.st_mode) ? strerror(EISDIR) : strerror(errno));
        return EXIT_USAGE;
    }
    up->size = S_ISREG(st.st_mode) ? st.st_size : -1;
    return EXIT_OK;
}

static int draw_text(const struct upload *up, char *buffer, int len, int64_t offset)
{
    int64_t left = up->size - offset;
    size_t n = left < len ? (size_t)left : (size_t)len;

    memcpy(buffer, up->text + offset, n);
    return (int)n;
}

int upload_draw(void *upload, char *buffer, int len, int64_t offset)
{
    struct upload *up = upload;
    ssize_t n;

    if (up->text != NULL) {
        return draw_text(up, buffer, len, offset);
    }
    if (offset != up->at && lseek(up->fd, offset, SEEK_SET) < 0) { /* again, after a redirect */
        up->error = errno;
        return -1;
    }
    do {
        n = read(up->fd, buffer, (size_t)len);
    } while (n < 0 && errno == EINTR);
    up->error = n < 0 ? errno : 0;
    up->at = offset + (n > 0 ? n : 0);
    return (int)n;
}

void upload_close(struct upload *up)
{
    if (up->fd >= 0) {
        (void)close(up->fd);
        up->fd = -1;
    }
}
