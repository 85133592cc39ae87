/* Certificates of a stranger, as `esp-tls chain` and `cert` look at them: a file's bytes, or what a
 * server sent. Everything that is printed about them is JSON where it should be, and nothing that a
 * terminal obeys. The first byte says whether the last of them is trusted. */
#include <stdlib.h>
#include <string.h>

#include "chain/chain_tree.h"
#include "sim_fuzz.h"
#include "tool_output.h"

static void print_all(const struct certs *certs, const struct chain_tree *tree,
                      const struct findings *f)
{
    struct tool_output out;
    struct json j;

    (void)tool_output_open(&out);
    for (size_t i = 0; i < certs->count; i++) {
        cert_print(&certs->item[i], i + 1, out.file);
    }
    chain_tree_print(tree, out.file);
    findings_print(f, out.file);
    tool_output_must_be_harmless(&out);
    j = (struct json){.out = tool_output_open(&out)};
    json_object(&j, NULL);
    json_array(&j, "certificates");
    for (size_t i = 0; i < certs->count; i++) {
        json_object(&j, NULL);
        cert_json(&certs->item[i], &j);
        json_end(&j, false);
    }
    json_end(&j, true);
    findings_json(f, &j);
    json_end(&j, false);
    tool_output_must_be_json(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct certs certs = {NULL, 0};
    struct certs trust = {NULL, 0};
    struct chain_tree *tree = calloc(1, sizeof(*tree));
    struct findings *f = calloc(1, sizeof(*f));
    struct blob blob;

    if (size == 0) {
        free(tree);
        free(f);
        return 0;
    }
    blob = (struct blob){malloc(size), size - 1};
    sim_must(tree != NULL && f != NULL && blob.data != NULL);
    memcpy(blob.data, data + 1, size - 1);
    blob.data[size - 1] = '\0'; /* as credentials_read() does */
    sim_must(certs_add_blob(&certs, &blob));
    if ((data[0] & 1) != 0 && certs.count > 1) {
        const struct cert *last = &certs.item[certs.count - 1];

        sim_must(certs_add(&trust, last->der, last->len) != NULL);
        free(certs.item[--certs.count].der);
    }
    chain_tree_make(tree, &certs, &trust);
    sim_must(tree->count <= CHAIN_MOST && tree->path_count <= tree->count);
    chain_tree_findings(tree, &trust, f);
    chain_tree_place(tree, 0, f);
    print_all(&certs, tree, f);
    findings_clear(f);
    certs_clear(&certs);
    certs_clear(&trust);
    free(blob.data);
    free(tree);
    free(f);
    return 0;
}
