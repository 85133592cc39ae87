/* esp-tls chain: the certificates that a server sends. */
#include <stdlib.h>
#include <string.h>

#include "cli/armour.h"
#include "chain.h"
#include "probe/dial.h"
#include "cli/explain.h"
#include "cli/memory_file.h"
#include "cli/output.h"
#include "cli/shortage.h"
#include "cli/streams.h"

struct chain {
    struct chain_options options;
    struct identity identity;
    struct certs sent;
    struct certs trust;
    struct chain_tree tree;
    struct findings findings;
    struct chain_compare compare;
    bool has_compare;
    char compare_why[300]; /* it could not be made */
    bool was_shown;        /* the hook was called */
    bool no_memory;
    bool opened;
    struct failure failure;
    char version[16];
    enum tool_exit exit;
    struct text verdict;
};

/* --- the connection --------------------------------------------------------------------------- */

static void take_certificate(void *arg, const uint8_t *der, size_t len, unsigned index,
                             unsigned count)
{
    struct chain *c = arg;

    (void)index;
    c->was_shown = true;
    if (count > 0 && c->sent.count < CHAIN_MOST && certs_add(&c->sent, der, len) == NULL) {
        c->no_memory = true;
    }
}

static void say_dial_failure(struct chain *c, const struct dial_name *name,
                             const struct dial_failure *why)
{
    if (name->count == 0) {
        text_add(&c->verdict, "name not found: %s has no usable address.", c->options.target.host);
        c->exit = name->timed_out ? EXIT_TIMEOUT : EXIT_DNS;
    } else if (why->timed_out) {
        text_add(&c->verdict, "timeout: no answer within the time.");
        c->exit = EXIT_TIMEOUT;
    } else if (why->in_starttls) {
        text_add(&c->verdict, "STARTTLS failed: %s%s%s.",
                 why->closed                 ? "the server closed the connection"
                 : why->starttls.why != NULL ? why->starttls.why
                                             : "the server refused",
                 why->starttls.line_len > 0 ? ": " : "", why->starttls.line);
        c->exit = EXIT_TLS;
    } else {
        text_add(&c->verdict, "TCP was not opened: %s.", strerror(why->error));
        c->exit = EXIT_TCP;
    }
}

static void note_result(struct chain *c, esp_tls_t *tls)
{
    esp_tls_session_info_t info;

    explain_note(&c->failure, tls);
    if (c->opened && esp_tls_get_session_info(tls, &info) == ESP_OK && info.version != NULL) {
        snprintf(c->version, sizeof(c->version), "%s", info.version);
    }
}

static void connect_tls(struct chain *c, esp_tls_t *tls)
{
    const struct chain_options *o = &c->options;
    const char *host = connect_options_host(&o->connect, o->target.host);
    esp_tls_cfg_t cfg;

    credentials_configure(&c->identity, &o->connect, o->target.name, &cfg);
    cfg.alpn_protos = connect_options_alpn(&o->connect, NULL);
    (void)esp_tls_set_peer_chain_hook(tls, take_certificate, c);
    c->opened =
        esp_tls_conn_new_sync(host, (int)strlen(host),
                              connect_options_port(&o->connect, o->target.port), &cfg, tls) == 1;
    note_result(c, tls);
}

static void connect_through(struct chain *c, esp_tls_t *tls, struct dial_wire *wire)
{
    if (!tunnel_make(&wire->tunnel, &c->options.connect) || !tunnel_put_under(&wire->tunnel, tls)) {
        c->no_memory = true;
        return;
    }
    connect_tls(c, tls);
    if (!wire->tunnel.is_open) {
        tunnel_note(&wire->tunnel, &c->failure);
    }
}

/** Behind a proxy the server has no address here. */
static bool find_server(const struct chain_options *o, struct dial_name *name, int64_t until_us)
{
    if (tunnel_is_wanted(&o->connect)) {
        dial_behind(name, o->target.host, o->target.port, &o->connect);
        return true;
    }
    return dial_resolve(name, connect_options_host(&o->connect, o->target.host),
                        connect_options_port(&o->connect, o->target.port),
                        dial_family(o->connect.family), until_us);
}

/** Plain TCP, SMTP, and TLS over that. */
static void connect_starttls(struct chain *c, esp_tls_t *tls, struct dial_wire *wire)
{
    const struct chain_options *o = &c->options;
    int64_t until_us = dial_now_us() + (int64_t)o->connect.timeout_ms * 1000;
    struct dial_failure why = {0};
    struct dial_name name;
    bool is_open = false;

    (void)find_server(o, &name, until_us);
    for (size_t i = 0; i < name.count && !is_open; i++) {
        dial_close(wire);
        is_open = dial_open(&name.address[i], true, until_us, wire, &why);
    }
    if (!is_open && wire->tunnel.way != NULL && !wire->tunnel.is_open) {
        tunnel_note(&wire->tunnel, &c->failure);
    } else if (!is_open) {
        say_dial_failure(c, &name, &why);
    } else if (dial_hand_over(wire, tls)) {
        connect_tls(c, tls);
    }
}

static void explain_result(struct chain *c)
{
    const struct chain_options *o = &c->options;

    if (c->opened) {
        text_add(&c->verdict,
                 "The chain is accepted: the certificate is one of %s, and its issuer "
                 "is trusted.",
                 o->target.name);
        c->exit = EXIT_OK;
    } else if (c->verdict.len == 0) {
        c->failure.options = &o->connect;
        snprintf(c->failure.host, sizeof(c->failure.host), "%s",
                 connect_options_host(&o->connect, o->target.host));
        snprintf(c->failure.name, sizeof(c->failure.name), "%s", o->target.name);
        c->exit = explain(&c->failure, &c->verdict);
    }
}

static enum tool_exit look_chain(struct chain *c)
{
    struct dial_wire wire = {.fd = -1};
    esp_tls_t *tls = esp_tls_init();

    if (tls == NULL) {
        c->no_memory = true;
    } else if (c->options.target.smtp) {
        connect_starttls(c, tls, &wire);
    } else if (tunnel_is_wanted(&c->options.connect)) {
        connect_through(c, tls, &wire);
    } else {
        connect_tls(c, tls);
    }
    (void)esp_tls_conn_destroy(tls);
    dial_close(&wire);
    if (c->no_memory) {
        return tool_no_memory();
    }
    explain_result(c);
    if (c->was_shown) {
        if (!certs_look_at_selves(&c->sent) || !chain_tree_make(&c->tree, &c->sent, &c->trust)) {
            return tool_no_memory();
        }
        chain_tree_findings(&c->tree, &c->trust, &c->findings);
    }
    return c->findings.no_memory ? tool_no_memory() : EXIT_OK;
}

/* --- comparing -------------------------------------------------------------------------------- */

static enum tool_exit compare(struct chain *c)
{
    const char *with = c->options.compare;
    struct blob blob = {NULL, 0};
    enum tool_exit status = EXIT_OK;

    if (strcmp(with, "chromium") == 0) {
        c->compare.who = "Chromium";
        c->has_compare =
            chromium_chain(&c->options, &c->compare.theirs, c->compare_why, sizeof(c->compare_why));
    } else {
        c->compare.who = with;
        status = credentials_read(with, &blob);
        if (status == EXIT_OK && !certs_add_blob(&c->compare.theirs, &blob)) {
            status = tool_no_memory();
        }
        credentials_blob_clear(&blob);
        if (status == EXIT_OK && c->compare.theirs.count == 0) {
            fprintf(stderr, "esp-tls: there is no certificate in %s\n", with);
            status = EXIT_USAGE;
        }
        c->has_compare = status == EXIT_OK;
    }
    if (c->has_compare && (!certs_look_at_selves(&c->compare.theirs) ||
                           !chain_compare_make(&c->compare, &c->tree, &c->sent, &c->trust))) {
        status = tool_no_memory();
    }
    return status;
}

/* --- telling ---------------------------------------------------------------------------------- */

static void print_compare(const struct chain *c, FILE *out)
{
    if (!c->has_compare) {
        fprintf(out, "\nNot compared: %s\n", c->compare_why);
        return;
    }
    fprintf(out, "\nWhat %s sees:\n", c->compare.who);
    for (size_t i = 0; i < c->compare.theirs.count; i++) {
        fprintf(out, "  %zu  %s\n", i + 1, c->compare.theirs.item[i].title);
    }
    fputc('\n', out);
    findings_print(&c->compare.findings, out);
}

static void print_text(const struct chain *c, FILE *out)
{
    fprintf(out, "%s port %u sent %zu certificate%s, %zu bytes%s%s%s\n\n", c->options.target.host,
            c->options.target.port, c->sent.count, c->sent.count == 1 ? "" : "s", c->tree.bytes,
            c->version[0] != '\0' ? " (" : "", c->version, c->version[0] != '\0' ? ")" : "");
    for (size_t i = 0; i < c->sent.count; i++) {
        cert_print(&c->sent.item[i], i + 1, out);
    }
    fputs("What verifies what:\n", out);
    chain_tree_print(&c->tree, out);
    fputs(c->findings.count > 0 ? "\n" : "", out);
    findings_print(&c->findings, out);
    if (c->options.compare != NULL) {
        print_compare(c, out);
    }
    fputc('\n', out);
    text_print(&c->verdict, out);
}

static void json_certificates(struct json *j, const char *key, const struct certs *certs,
                              const struct chain_tree *tree)
{
    json_array(j, key);
    for (size_t i = 0; i < certs->count; i++) {
        json_object(j, NULL);
        cert_json(&certs->item[i], j);
        if (tree != NULL) {
            const struct chain_node *n = &tree->node[i];

            json_string(j, "role", chain_role_name(n->role));
            json_number(j, "issuer_index", n->is_self_signed ? (int)i : n->parent);
            json_bool(j, "trusted", n->is_trusted);
        }
        json_end(j, false);
    }
    json_end(j, true);
}

/** What `get` says of the same failure. */
static void json_diagnosis(struct json *j, const struct chain *c)
{
    esp_tls_diagnosis_t d;

    if (c->failure.options == NULL) { /* it was accepted, or there was no connection to ask */
        json_string(j, "diagnosis", NULL);
        return;
    }
    explain_diagnose(&c->failure, &d);
    explain_diagnose_proxy(&c->failure, &d);
    json_object(j, "diagnosis");
    explain_members(&d, j);
    json_end(j, false);
}

static void print_json(const struct chain *c, FILE *out)
{
    const struct chain_tree *t = &c->tree;
    const struct cert *anchor = t->path_count > 0 && t->end == CHAIN_ANCHORED
                                    ? t->node[t->path[t->path_count - 1]].trust
                                    : NULL;
    struct json j = {.out = out};
    char proxy[300];

    json_report(&j, "chain");
    json_string(&j, "host", c->options.target.host);
    json_number(&j, "port", c->options.target.port);
    json_string(&j, "proxy", tunnel_proxy_text(&c->options.connect, proxy));
    json_string(&j, "version", c->version[0] != '\0' ? c->version : NULL);
    json_bool(&j, "accepted", c->opened);
    json_number(&j, "exit", c->exit);
    json_string(&j, "verdict", c->verdict.chars);
    json_diagnosis(&j, c);
    json_number(&j, "message_bytes", (int64_t)t->bytes);
    json_string(&j, "end", t->count > 0 ? chain_end_name(t->end) : NULL);
    json_string(&j, "anchor", anchor != NULL ? anchor->subject : NULL);
    json_bool(&j, "in_order", t->is_in_order);
    json_certificates(&j, "certificates", &c->sent, t);
    findings_json(&c->findings, &j);
    if (c->options.compare != NULL) {
        json_object(&j, "compare");
        json_string(&j, "who", c->compare.who);
        json_bool(&j, "same", c->compare.is_same);
        json_string(&j, "why", c->has_compare ? NULL : c->compare_why);
        json_certificates(&j, "certificates", &c->compare.theirs, NULL);
        findings_json(&c->compare.findings, &j);
        json_end(&j, false);
    }
    json_end(&j, false);
}

static enum tool_exit save(const struct chain *c)
{
    struct output output = {.fd = -1};
    struct memory_file text = {0};
    FILE *file = memory_file_open(&text);
    enum tool_exit status;

    for (size_t i = 0; file != NULL && i < c->sent.count; i++) {
        armour_print(c->sent.item[i].der, c->sent.item[i].len, file);
    }
    status =
        memory_file_close(&text, file) ? output_open(&output, c->options.output) : tool_no_memory();
    if (status == EXIT_OK) {
        status = output_write(&output, text.text, text.len);
    }
    status = status == EXIT_OK ? output_finish(&output) : status;
    output_clear(&output);
    free(text.text);
    return status;
}

static enum tool_exit tell_chain(struct chain *c)
{
    enum tool_exit status = EXIT_OK;

    if (c->options.connect.json) {
        print_json(c, stdout);
    } else if (c->was_shown) {
        streams_fold();
        print_text(c, stdout);
    } else {
        fputs("esp-tls: ", stderr);
        text_print(&c->verdict, stderr);
    }
    if (c->options.output != NULL && c->sent.count > 0) {
        status = save(c);
    }
    return status == EXIT_OK ? c->exit : status;
}

/* --- the command ------------------------------------------------------------------------------ */

static enum tool_exit load_trust(struct chain *c)
{
    struct blob blob = {NULL, 0};
    enum tool_exit status = credentials_load(&c->identity, &c->options.connect);

    if (status == EXIT_OK) {
        status = credentials_read_trust(c->options.connect.cacert, &blob);
    }
    if (status == EXIT_OK && !certs_add_blob(&c->trust, &blob)) {
        status = tool_no_memory();
    }
    credentials_blob_clear(&blob);
    return status;
}

static enum tool_exit chain_run(void *state)
{
    struct chain *c = state;
    enum tool_exit status = load_trust(c);

    if (status == EXIT_OK) {
        status = look_chain(c);
    }
    if (status == EXIT_OK && c->options.compare != NULL && c->was_shown) {
        status = compare(c);
    }
    if (status == EXIT_OK && shortage_take()) {
        status = tool_no_memory();
    }
    return status == EXIT_OK ? tell_chain(c) : status;
}

static void chain_clear(void *state)
{
    struct chain *c = state;

    certs_clear(&c->sent);
    certs_clear(&c->trust);
    certs_clear(&c->compare.theirs);
    findings_clear(&c->findings);
    findings_clear(&c->compare.findings);
    credentials_clear(&c->identity);
    esp_tls_free_global_ca_store();
}

#define AT(member) offsetof(struct chain_options, member), false

static const struct option_row rows[] = {
    {'o', "output", "FILE", "write the chain as PEM, as it was sent", option_set_text, AT(output)},
    {0, "compare", "FILE|chromium", "with a chain that a browser exported, or sees",
     option_set_text, AT(compare)},
    CONNECT_ROW_JSON("print JSON"),
    {0, "starttls", "PROTOCOL", "smtp: begin with its STARTTLS", target_set_starttls,
     AT(target.smtp)},
    CONNECT_ROW_CACERT,
    CONNECT_ROWS_IDENTITY,
    CONNECT_ROW_TLS,
    CONNECT_ROW_NAME,
    CONNECT_ROW_ALPN,
    CONNECT_ROW_CONNECT_TO("connect there; all names stay"),
    CONNECT_ROW_PROXY,
    CONNECT_ROW_TIMEOUT("seconds, or 500ms: to connect (10)"),
    CONNECT_ROWS_FAMILY,
    OPTION_ROW_HELP,
};

static const struct option_table chain_options = {
    .command = "chain",
    .usage = "usage: esp-tls chain [OPTION]... HOST[:PORT]|URL\n"
             "\n"
             "Show the certificates that a server sends, exactly as it sends them, what\n"
             "verifies what, and what a device cares about in them.\n",
    .exits = "Exit status: 0 the chain was accepted, 6 it was refused; otherwise as of get.\n",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .columns = 28,
    .words = "one server",
    .words_most = 1,
};

static bool chain_accept(void *options, char **servers, size_t count)
{
    struct chain_options *o = options;

    (void)count;
    return target_parse(&o->target, o->connect.name, servers[0]) &&
           connect_options_fit(&o->connect, "https", "http");
}

const struct command cmd_chain = {
    .options = &chain_options,
    .summary = "show a server's certificates as it sends them",
    .size = sizeof(struct chain),
    .init = connect_options_init,
    .accept = chain_accept,
    .run = chain_run,
    .clear = chain_clear,
};
