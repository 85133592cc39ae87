/* Stands in for libFuzzer in normal builds: runs a fuzzer once over each file of its corpus. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(1U << 20);
    size_t size;

    if (file == NULL || data == NULL) {
        perror(path);
        free(data);
        if (file != NULL) {
            fclose(file);
        }
        return 1;
    }
    size = fread(data, 1, 1U << 20, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0, count = 0;

    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        struct dirent *entry;

        if (folder == NULL) {
            failed |= replay(argv[i]);
            count++;
            continue;
        }
        while ((entry = readdir(folder)) != NULL) {
            char path[4096];

            if (entry->d_name[0] != '.') {
                snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
                failed |= replay(path);
                count++;
            }
        }
        closedir(folder);
    }
    printf("%d inputs\n", count);
    return failed || count == 0;
}
