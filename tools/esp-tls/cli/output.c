#define _GNU_SOURCE /* mkstemp, realpath */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The unfinished file, for the signal handler. Owned by the one struct output that is open;
 * temp_exists is set while the file is there. */
static char temp_name[4096];
static volatile sig_atomic_t temp_exists;

static void on_signal(int number)
{
    if (temp_exists) {
        (void)unlink(temp_name);
    }
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

static enum tool_exit failed(const struct output *out, int error)
{
    if (error == ENOMEM) {
        return tool_no_memory();
    }
    fprintf(stderr, "esp-tls: cannot write %s: %s\n",
            out->path != NULL ? out->path : "standard output", strerror(error));
    return EXIT_OUTPUT;
}

/** The mode that the finished file gets: that of the file it replaces, or the usual one. */
static mode_t mode_of(const char *path)
{
    struct stat st;
    mode_t mask;

    if (stat(path, &st) == 0) {
        return st.st_mode & 0777;
    }
    mask = umask(0);
    (void)umask(mask);
    return 0666 & ~mask;
}

/** Signals that are ignored (nohup) stay ignored. */
static void remove_on_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction old;

    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
            (void)sigaction(numbers[i], &action, NULL);
        }
    }
}

static enum tool_exit open_temp(struct output *out)
{
    int len = snprintf(temp_name, sizeof(temp_name), "%s.part-XXXXXX", out->final_name);

    if (len < 0 || (size_t)len >= sizeof(temp_name)) {
        return failed(out, ENAMETOOLONG);
    }
    remove_on_signals();
    out->fd = mkstemp(temp_name);
    if (out->fd < 0) {
        return failed(out, errno);
    }
    temp_exists = 1;
    return fchmod(out->fd, mode_of(out->final_name)) == 0 ? EXIT_OK : failed(out, errno);
}

/** The file behind a symbolic link is replaced, not the link. */
static char *resolve(const char *path)
{
    char *real = realpath(path, NULL);

    return real != NULL || errno != ENOENT ? real : strdup(path);
}

enum tool_exit output_open(struct output *out, const char *path)
{
    struct stat st;

    *out = (struct output){.path = path, .fd = STDOUT_FILENO};
    if (path == NULL) {
        return EXIT_OK;
    }
    out->fd = -1;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        out->fd = S_ISDIR(st.st_mode) ? -1 : open(path, O_WRONLY | O_CLOEXEC);
        if (out->fd < 0) {
            return failed(out, S_ISDIR(st.st_mode) ? EISDIR : errno);
        }
        return EXIT_OK;
    }
    out->final_name = resolve(path);
    if (out->final_name == NULL) {
        return failed(out, errno);
    }
    return open_temp(out);
}

enum tool_exit output_resume(struct output *out, const char *path, int64_t *from)
{
    struct stat st;

    *out = (struct output){.path = path};
    out->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (out->fd < 0) {
        return failed(out, errno);
    }
    if (fstat(out->fd, &st) != 0) {
        return failed(out, errno);
    }
    *from = S_ISREG(st.st_mode) ? st.st_size : 0;
    return EXIT_OK;
}

enum tool_exit output_restart(struct output *out)
{
    return ftruncate(out->fd, 0) == 0 ? EXIT_OK : failed(out, errno);
}

int output_all(int fd, const void *data, size_t len)
{
    const char *from = data;

    while (len > 0) {
        ssize_t n = write(fd, from, len);

        if (n < 0 && errno != EINTR) {
            return errno;
        }
        if (n > 0) {
            from += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

enum tool_exit output_write(struct output *out, const void *data, size_t len)
{
    int error = output_all(out->fd, data, len);

    return error == 0 ? EXIT_OK : failed(out, error);
}

enum tool_exit output_finish(struct output *out)
{
    int fd = out->fd;

    if (out->path == NULL) {
        return EXIT_OK;
    }
    out->fd = -1;
    if (close(fd) != 0) {
        return failed(out, errno);
    }
    if (out->final_name != NULL) {
        if (rename(temp_name, out->final_name) != 0) {
            return failed(out, errno);
        }
        temp_exists = 0;
    }
    return EXIT_OK;
}

void output_clear(struct output *out)
{
    if (out->path != NULL && out->fd >= 0) {
        (void)close(out->fd);
    }
    if (temp_exists) {
        (void)unlink(temp_name);
        temp_exists = 0;
    }
    free(out->final_name);
    *out = (struct output){.fd = -1};
}
