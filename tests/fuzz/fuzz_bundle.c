/* A certificate bundle of any bytes: if it passes the check, each root lies in it and is found by
 * its name, and no name that is not there is found. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int condition)
{
    if (!condition) {
        abort();
    }
}

static int is_named(const struct bundle_root *root, const uint8_t *name, size_t len)
{
    return root->name_len == len && memcmp(root->name, name, len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *why;
    size_t count;

    if (!et_bundle_check(data, size, 200, &why)) {
        must(why != NULL);
        return 0;
    }
    count = et_bundle_count(data);
    must(why == NULL && count > 0 && count <= 200);
    for (size_t i = 0; i < count; i++) {
        struct bundle_root root;
        struct bundle_root first;
        size_t found;

        et_bundle_root(data, i, &root);
        must(root.name >= data + 4 * count && root.key == root.name + root.name_len);
        must(root.key_len <= (size_t)(data + size - root.key));
        found = et_bundle_find(data, root.name, root.name_len);
        must(found <= i);
        et_bundle_root(data, found, &first);
        must(is_named(&first, root.name, root.name_len));
        must(et_bundle_find(data, root.name, root.name_len - 1) ==
             count); /* no DER is its prefix */
    }
    return 0;
}
