#include "device.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef CONFIG_MBEDTLS_ASYMMETRIC_CONTENT_LEN
#define IN_MAX  CONFIG_MBEDTLS_SSL_IN_CONTENT_LEN
#define OUT_MAX CONFIG_MBEDTLS_SSL_OUT_CONTENT_LEN
#else
#define IN_MAX  CONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN
#define OUT_MAX CONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN
#endif
#define HEAP_MAX  (1u << 30)
#define LEAST     512u
#define STACK_MAX (1u << 20)
#define FILE_MAX  8192

/* Typical figures. They depend on the program, the SDK and the state of Wi-Fi: put what your own
 * device says (esp_get_free_heap_size(), heap_caps_get_largest_free_block()) into a file. The sizes
 * of records are the defaults of menuconfig with "asymmetric in/out fragment length". */
static const struct {
    const char *name;
    const char *text;
} built_in[] = {
    {"esp8266",
     "# ESP8266, typical, with Wi-Fi up. 80 KB of data memory, of which some 40 KB are free.\n"
     "heap = 40960\n"
     "# What the https_request example gives its task.\n"
     "stack = 8192\n"},
    {"esp32", "# ESP32, typical, with Wi-Fi up: some 160 KB are free, in several regions; no block "
              "is\n"
              "# larger than the largest region, about 110 KB.\n"
              "heap = 163840\n"
              "largest = 112640\n"
              "# What the https_request example gives its task.\n"
              "stack = 8192\n"},
    {"esp32-psram", "# ESP32 as above, typical, with PSRAM, of which it maps 4 MB at a time.\n"
                    "heap = 163840\n"
                    "largest = 112640\n"
                    "psram = 4194304\n"
                    "# Record buffers are large and short-lived; keys stay inside.\n"
                    "external = record-in record-out\n"
                    "stack = 8192\n"},
};

#define DEFAULT_IN  16384
#define DEFAULT_OUT 4096

void device_init(struct device *device)
{
    *device = (struct device){.in = IN_MAX, .out = OUT_MAX, .fixed = device_fixed_is_all()};
}

bool device_fixed_is_all(void)
{
#ifdef CONFIG_MBEDTLS_DYNAMIC_BUFFER
    return false;
#else
    return true;
#endif
}

/* --- values ----------------------------------------------------------------------------------- */

/** A number of bytes: "40960", "40K" (1024 each), "4M". */
static bool set_bytes(const char *name, const char *text, uint32_t least, uint32_t most,
                      uint32_t *bytes)
{
    char *end;
    unsigned long long n;

    errno = 0;
    n = strtoull(text, &end, 10);
    if (*end == 'K' || *end == 'k') {
        n = n < UINT32_MAX ? n * 1024 : n;
        end++;
    } else if (*end == 'M' || *end == 'm') {
        n = n < UINT32_MAX ? n * 1024 * 1024 : n;
        end++;
    }
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || n < least || n > most) {
        fprintf(stderr, "esp-tls: %s takes %u to %u bytes (K and M are understood), not '%s'\n",
                name, (unsigned)least, (unsigned)most, text);
        return false;
    }
    *bytes = (uint32_t)n;
    return true;
}

static bool set_yes_no(const char *where, const char *key, const char *value, bool *yes)
{
    *yes = strcmp(value, "yes") == 0;
    if (!*yes && strcmp(value, "no") != 0) {
        fprintf(stderr, "esp-tls: %s: %s is yes or no, not '%s'\n", where, key, value);
        return false;
    }
    return true;
}

static bool add_purpose(const char *where, const char *word, size_t len, uint32_t *bits)
{
    for (unsigned i = 0; i < ESP_TLS_MEM_PURPOSES; i++) {
        const char *name = esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)i);

        if (strlen(name) == len && strncmp(name, word, len) == 0) {
            *bits |= 1u << i;
            return true;
        }
    }
    fprintf(stderr, "esp-tls: %s: there is no purpose '%.*s'; there are", where, (int)len, word);
    for (unsigned i = 0; i < ESP_TLS_MEM_PROCESS; i++) {
        fprintf(stderr, " %s", esp_tls_mem_purpose_name((esp_tls_mem_purpose_t)i));
    }
    fputs(", all and none\n", stderr);
    return false;
}

/** "all", "none", or purposes between blanks or commas. */
static bool set_purposes(const char *where, const char *value, uint32_t *bits)
{
    *bits = 0;
    if (strcmp(value, "none") == 0) {
        return true;
    }
    if (strcmp(value, "all") == 0) {
        *bits = DEVICE_ALL;
        return true;
    }
    for (const char *at = value + strspn(value, " ,\t"); *at != '\0';) {
        size_t len = strcspn(at, " ,\t");

        if (!add_purpose(where, at, len, bits)) {
            return false;
        }
        at += len;
        at += strspn(at, " ,\t");
    }
    return true;
}

bool device_set(struct device *device, const char *where, const char *key, const char *value)
{
    const struct {
        const char *key;
        uint32_t least, most;
        uint32_t *at;
    } numbers[] = {
        {"heap", LEAST, HEAP_MAX, &device->heap}, {"largest", LEAST, HEAP_MAX, &device->largest},
        {"psram", 0, HEAP_MAX, &device->psram},   {"in", LEAST, IN_MAX, &device->in},
        {"out", LEAST, OUT_MAX, &device->out},    {"stack", 0, STACK_MAX, &device->stack},
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strcmp(key, numbers[i].key) == 0) {
            return set_bytes(where, value, numbers[i].least, numbers[i].most, numbers[i].at);
        }
    }
    if (strcmp(key, "fixed") == 0) {
        return set_yes_no(where, key, value, &device->fixed);
    }
    if (strcmp(key, "external") == 0) {
        return set_purposes(where, value, &device->external);
    }
    fprintf(stderr,
            "esp-tls: %s: there is no key '%s'; there are heap, largest, psram, external, in, out, "
            "fixed and stack\n",
            where, key);
    return false;
}

bool device_check(const struct device *device)
{
    if (device->external != 0 && device->psram == 0) {
        fputs("esp-tls: external says what lies in PSRAM, and there is none: give --psram\n",
              stderr);
        return false;
    }
    if (device->largest > device->heap) {
        fputs("esp-tls: the largest free block is larger than what is free\n", stderr);
        return false;
    }
    if (!device->fixed && device_fixed_is_all()) {
        fputs("esp-tls: this build has no elastic buffers (CONFIG_MBEDTLS_DYNAMIC_BUFFER)\n",
              stderr);
        return false;
    }
    return true;
}

/* --- profiles --------------------------------------------------------------------------------- */

/** Cut blanks off both ends. */
static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " \t\r");
    len = strlen(text);
    while (len > 0 && isspace((unsigned char)text[len - 1])) {
        text[--len] = '\0';
    }
    return text;
}

static bool take_line(struct device *device, const char *name, unsigned number, char *line)
{
    char where[128];
    char *equals;

    line[strcspn(line, "#")] = '\0';
    line = trim(line);
    if (*line == '\0') {
        return true;
    }
    snprintf(where, sizeof(where), "%s line %u", name, number);
    equals = strchr(line, '=');
    if (equals == NULL) {
        fprintf(stderr, "esp-tls: %s: a line is key = value, not '%s'\n", where, line);
        return false;
    }
    *equals = '\0';
    return device_set(device, where, trim(line), trim(equals + 1));
}

bool device_read(struct device *device, const char *name, char *text)
{
    const char *slash = strrchr(name, '/');
    unsigned number = 1;

    snprintf(device->name, sizeof(device->name), "%s", slash != NULL ? slash + 1 : name);
    for (char *line = text; line != NULL; number++) {
        char *end = strchr(line, '\n');

        if (end != NULL) {
            *end++ = '\0';
        }
        if (!take_line(device, name, number, line)) {
            return false;
        }
        line = end;
    }
    return true;
}

static bool read_profile(const char *path, char *text, size_t cap)
{
    FILE *file = fopen(path, "r");
    size_t len;

    if (file == NULL) {
        fprintf(stderr, "esp-tls: cannot read the profile %s: %s", path, strerror(errno));
        fputs("; built in are", stderr);
        for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++) {
            fprintf(stderr, " %s", built_in[i].name);
        }
        fputc('\n', stderr);
        return false;
    }
    len = fread(text, 1, cap, file);
    fclose(file);
    if (len == cap || memchr(text, '\0', len) != NULL) {
        fprintf(stderr, "esp-tls: %s is no profile: it is a few lines of key = value\n", path);
        return false;
    }
    text[len] = '\0';
    return true;
}

bool device_load(struct device *device, const char *name)
{
    char text[FILE_MAX];

    for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++) {
        if (strcmp(name, built_in[i].name) == 0) {
            snprintf(text, sizeof(text), "%s", built_in[i].text);
            device->in = DEFAULT_IN < IN_MAX ? DEFAULT_IN : IN_MAX;
            device->out = DEFAULT_OUT < OUT_MAX ? DEFAULT_OUT : OUT_MAX;
            return device_read(device, name, text);
        }
    }
    return read_profile(name, text, sizeof(text)) && device_read(device, name, text);
}
