#define _GNU_SOURCE /* readlink */
#include "device_program.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sdkconfig.h"

#ifdef CONFIG_ESP_TLS_PROFILE_DEVICE

bool device_program_run(char **argv)
{
    (void)argv;
    return true;
}

#else

/* From the folder of this program: where it is installed, and where it is built. */
static const char *const places[] = {ESP_TLS_DEVICE_PROGRAM, "/device/esp-tls"};

bool device_program_run(char **argv)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    char *end;

    path[len > 0 ? len : 0] = '\0';
    end = strrchr(path, '/');
    for (size_t i = 0; end != NULL && i < sizeof(places) / sizeof(places[0]); i++) {
        size_t room = sizeof(path) - (size_t)(end - path);

        if (strlen(places[i]) < room) {
            memcpy(end, places[i], strlen(places[i]) + 1);
            (void)execv(path, argv);
            if (errno != ENOENT) {
                break;
            }
        }
    }
    fprintf(stderr,
            "esp-tls: this command speaks of a device, and its program cannot be started: %s: %s; "
            "it comes with `make build` and `make install`\n",
            path, strerror(errno));
    return false;
}

#endif
