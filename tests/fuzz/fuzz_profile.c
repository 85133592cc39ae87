/* A device's profile that somebody gave away, for `esp-tls memory` and `check`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory/device.h"
#include "sim_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    FILE *before = stderr;
    char *text = malloc(size + 1);
    struct device device;

    if (nowhere == NULL) {
        nowhere = fopen("/dev/null", "w");
    }
    sim_must(text != NULL && nowhere != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    stderr = nowhere; /* what is wrong is said there */
    device_init(&device);
    if (device_read(&device,
                    "some/where/a-profile-with-a-name-that-is-longer-than-64-characters-is.txt",
                    text) &&
        device_check(&device)) {
        sim_must((device.external & ~DEVICE_ALL) == 0);
        sim_must(device.in >= 512 && device.in <= 16384 && device.out >= 512 &&
                 device.out <= 16384);
        sim_must(device.largest <= device.heap);
    }
    stderr = before;
    sim_must(strlen(device.name) < sizeof(device.name));
    free(text);
    return 0;
}
