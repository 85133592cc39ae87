/* esp-tls check: look at a server as a device will meet it. */
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "cli/page.h"
#include "cli/shortage.h"
#include "cli/streams.h"

#define SURVEY_TIMEOUTS 4 /* how many times --timeout all probes together may take */
#define BODY_MOST       65536
#define LINGER_MS       300

/* --- connections ------------------------------------------------------------------------------ */

static int64_t until(const struct check *c, unsigned times)
{
    return dial_now_us() + (int64_t)c->options.connect.timeout_ms * 1000 * times;
}

/** Does the proxy open the way to the server? */
static bool find_way(struct check *c)
{
    struct dial_address *a = &c->dns.address[0];
    struct dial_wire wire = {.fd = -1};
    struct dial_failure failure;
    int64_t began = dial_now_us();

    dial_behind(&c->dns, c->options.target.host, c->options.target.port, &c->options.connect);
    c->connections++;
    if (dial_open(a, false, until(c, 1), &wire, &failure)) {
        c->address = a;
    } else {
        c->way.options = &c->options.connect;
        snprintf(c->way.host, sizeof(c->way.host), "%s", a->text);
        if (wire.tunnel.way != NULL) {
            tunnel_note(&wire.tunnel, &c->way);
        }
    }
    a->tcp_us = (uint32_t)(dial_now_us() - began);
    dial_close(&wire);
    return c->address != NULL;
}

static bool find_address(struct check *c)
{
    const struct target *t = &c->options.target;

    if (tunnel_is_wanted(&c->options.connect)) {
        return find_way(c);
    }
    if (!dial_resolve(&c->dns, t->host, t->port, dial_family(c->options.connect.family),
                      until(c, 1))) {
        return false;
    }
    (void)dial_try_all(&c->dns, until(c, 1));
    c->connections += (unsigned)c->dns.count;
    for (size_t i = 0; i < c->dns.count && c->address == NULL; i++) {
        if (c->dns.address[i].error == 0) {
            c->address = &c->dns.address[i];
        }
    }
    return c->address != NULL;
}

static bool is_address(const char *name)
{
    return strchr(name, ':') != NULL || strspn(name, "0123456789.") == strlen(name);
}

/** Is HTTP/1.1 what would be spoken? Without ALPN the port or the URL says so. */
static bool offers_http(const struct target *t)
{
    bool is_offered = t->alpn == NULL;

    for (size_t i = 0; t->alpn != NULL && t->alpn[i] != NULL; i++) {
        is_offered |= strcmp(t->alpn[i], "http/1.1") == 0;
    }
    return is_offered;
}

static struct probe_server server_of(const struct check *c)
{
    const struct check_options *o = &c->options;

    return (struct probe_server){
        .address = c->address,
        .smtp = o->target.smtp,
        .name = is_address(o->target.name) ? NULL : o->target.name,
        .alpn = o->target.alpn,
        .needs_alpn = o->connect.has_alpn || c->needs_alpn,
        .timeout_ms = o->connect.timeout_ms,
    };
}

/** A mail server counts how many come at once. */
static unsigned lanes_to(const struct probe_server *server)
{
    return server->smtp ? 2 : SURVEY_LANES;
}

static void run_probes(struct check *c)
{
    struct probe_server server = server_of(c);

    survey_run(&c->survey, &server, lanes_to(&server), until(c, SURVEY_TIMEOUTS));
    c->connections += c->survey.connections;
}

/** Which protocols does it take instead of what it was offered? */
static void ask_protocols(struct check *c)
{
    struct probe_server server = server_of(c);
    unsigned before = c->survey.connections;

    c->refused_alpn = server.alpn;
    survey_ask_protocols(&c->survey, &server, until(c, 1));
    c->connections += c->survey.connections - before;
}

enum reaction {
    REFUSES, /* every version */
    ANSWERS,
    SAYS_NOTHING
};

/** What comes of it when every version is asked for with these protocols.
 *  @param alpn  NULL: none */
static enum reaction react_to(struct check *c, const char *const *alpn)
{
    struct probe_server server = server_of(c);
    enum reaction reaction = SAYS_NOTHING;
    struct survey s;

    server.alpn = alpn;
    server.needs_alpn = true;
    survey_ask_versions(&s, &server, lanes_to(&server), until(c, 1));
    c->connections += s.connections;
    if (survey_accepts(&s, PROBE_TLS_1_2) || survey_accepts(&s, PROBE_TLS_1_3)) {
        reaction = ANSWERS;
    } else if (survey_is_refused(&s)) {
        reaction = REFUSES;
    }
    survey_clear(&s);
    return reaction;
}

/** All of it again, with what has been learnt of ALPN; the protocols that were found stay. */
static void repeat_probes(struct check *c)
{
    const char *protocol[SURVEY_PROTOCOLS];
    size_t protocols = c->survey.protocols;

    memcpy(protocol, c->survey.protocol, sizeof(protocol));
    survey_clear(&c->survey);
    run_probes(c);
    memcpy(c->survey.protocol, protocol, sizeof(protocol));
    c->survey.protocols = protocols;
}

static void offer_another(struct check *c)
{
    c->alpn[0] = c->survey.protocol[0];
    c->needs_alpn = true;
    c->options.target.alpn = c->alpn;
    c->options.path = offers_http(&c->options.target) ? c->options.path : NULL;
    repeat_probes(c);
}

/** What was refused so far had protocols in one probe and none in another. Once more with both
 *  kinds in each version, before anything is said of either. */
static void ask_both_ways(struct check *c)
{
    const char *const *alpn = c->options.target.alpn;
    enum reaction without = react_to(c, NULL);
    enum reaction with = alpn != NULL ? react_to(c, alpn) : without;

    if (without == REFUSES && with == REFUSES && c->survey.protocols > 0) {
        offer_another(c);
    } else if (without == REFUSES && with == ANSWERS) {
        c->needs_alpn = true;
        repeat_probes(c);
    } else if (without == ANSWERS && with == REFUSES) {
        c->refused_alpn = alpn;
        c->options.target.alpn = NULL;
        repeat_probes(c);
    }
}

/** A server that refuses every ClientHello may want a protocol in it. */
static bool wants_protocol(struct check *c)
{
    if (!survey_is_refused(&c->survey)) {
        return false;
    }
    ask_protocols(c);
    return c->survey.protocols > 0;
}

/** It took TLS 1.2 with a protocol, and nothing of what is asked for without one. */
static bool needs_protocol(const struct check *c)
{
    const struct survey *s = &c->survey;

    return c->options.target.alpn != NULL && survey_accepts(s, PROBE_TLS_1_2) &&
           s->suites_1_2.count == 0 && s->suites_1_2.is_complete;
}

/** By the alert for that, so that there is nothing to ask again: it answered without. */
static void go_without_protocol(struct check *c)
{
    ask_protocols(c);
    c->options.target.alpn = NULL;
}

static void run_survey(struct check *c)
{
    run_probes(c);
    if (c->options.connect.has_alpn) {
        /* that is what is asked about */
    } else if (c->survey.says_no_alpn) {
        go_without_protocol(c);
    } else if (c->survey.is_better_without_alpn || needs_protocol(c) || wants_protocol(c)) {
        ask_both_ways(c);
    }
    check_take_chain(c);
}

static void make_cfg(const struct check *c, esp_tls_cfg_t *cfg, esp_tls_proto_ver_t version)
{
    const struct target *t = &c->options.target;

    credentials_configure(&c->identity, &c->options.connect, t->name, cfg);
    cfg->tls_version = version;
    cfg->alpn_protos = (const char **)(uintptr_t)t->alpn;
}

static void run_session(struct check *c, struct session *s, esp_tls_proto_ver_t version,
                        uint16_t in_limit)
{
    struct session_plan plan = {
        .address = c->address,
        .smtp = c->options.target.smtp,
        .name = c->options.target.name,
        .path = c->options.path,
        .port = c->options.target.port,
        .in_limit = in_limit,
        .body_most = BODY_MOST,
        .linger_ms = LINGER_MS,
        .capture = &c->capture,
    };

    make_cfg(c, &plan.cfg, version);
    session_run(s, &plan, until(c, 2));
    c->connections++;
}

static void run_sessions(struct check *c)
{
    bool has_1_2 = survey_accepts(&c->survey, PROBE_TLS_1_2);
    bool has_1_3 = survey_accepts(&c->survey, PROBE_TLS_1_3);

    if (has_1_3) {
        run_session(c, &c->session_1_3, ESP_TLS_VER_TLS_1_3, 0);
    }
    if (has_1_2) {
        run_session(c, &c->session_1_2, ESP_TLS_VER_TLS_1_2, 0);
    }
    run_session(c, &c->session_any, ESP_TLS_VER_ANY, 0);
    if (check_shown(c)->record.alert_received == NO_APPLICATION_PROTOCOL &&
        c->survey.protocols == 0) {
        ask_protocols(c);
    }
    if (c->session_1_3.opened) {
        run_session(c, &c->small_1_3, ESP_TLS_VER_TLS_1_3, CHECK_SMALL);
    }
    if (c->session_1_2.opened) {
        run_session(c, &c->small_1_2, ESP_TLS_VER_TLS_1_2, CHECK_SMALL);
    }
}

/* --- memory ----------------------------------------------------------------------------------- */

/** In processes of their own; there must be no other threads here then. */
static void run_trials(struct check *c)
{
    char url[400];
    struct trial_target target = {
        .url = url, .path = c->options.path, .through = c->address->through};
    struct device device;
    char authority[TARGET_AUTHORITY];

    if (c->options.no_memory || c->options.target.smtp || c->dns.timed_out ||
        !c->session_any.opened) {
        c->no_memory_why = c->options.no_memory     ? "not wanted (--no-memory)"
                           : c->options.target.smtp ? "not behind STARTTLS"
                                                    : "there was no connection to measure";
        return;
    }
    snprintf(url, sizeof(url), "https://%s",
             target_authority(c->address->text, c->options.target.port, authority));
    make_cfg(c, &target.cfg, ESP_TLS_VER_ANY);
    device_init(&device);
    c->has_memory = true;
    if (!device_fixed_is_all()) {
        c->has_memory = trial_run(&c->elastic, &device, &target) && c->elastic.complete;
        c->connections++;
    }
    device.fixed = true;
    c->has_memory = c->has_memory && trial_run(&c->fixed, &device, &target) && c->fixed.complete;
    c->connections++;
    c->no_memory_why = c->has_memory ? NULL : "the connection was not complete this time";
}

/* --- the command ------------------------------------------------------------------------------ */

static enum tool_exit tell_check(struct check *c)
{
    enum tool_exit status = EXIT_OK;

    if (c->options.html != NULL) {
        status = page_write(c->options.html, check_print_json, c);
    }
    if (c->options.connect.json) {
        check_print_json(c, stdout);
    } else {
        streams_fold();
        check_print_text(c, stdout);
    }
    return status == EXIT_OK ? c->exit : status;
}

static void look_check(struct check *c)
{
    int64_t began = dial_now_us();

    c->unix_s = (int64_t)time(NULL);
    if (find_address(c)) {
        run_survey(c);
        run_sessions(c);
        run_trials(c);
    }
    c->us = (uint32_t)(dial_now_us() - began);
}

/** What was found without some of the memory that it took is no verdict on the server. */
static bool lacked_memory(const struct check *c)
{
    const struct session *all[] = {&c->session_1_2, &c->session_1_3, &c->session_any, &c->small_1_2,
                                   &c->small_1_3};
    bool is_lacking = shortage_take() || c->dns.error == EAI_MEMORY;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        is_lacking =
            is_lacking || (all[i]->was_tried && all[i]->record.cause == ESP_TLS_CAUSE_NO_MEM);
    }
    return is_lacking;
}

static enum tool_exit check_run(void *state)
{
    struct check *c = state;
    enum tool_exit status = credentials_load(&c->identity, &c->options.connect);
    enum tool_exit told;

    if (status == EXIT_OK) {
        status = capture_open(&c->capture, &c->options.connect);
    }
    if (status != EXIT_OK) {
        return status;
    }
    look_check(c);
    status = capture_close(&c->capture);
    if (lacked_memory(c)) {
        return tool_no_memory();
    }
    check_judge(c);
    told = tell_check(c);
    return status == EXIT_OK ? told : status;
}

static void check_clear(void *state)
{
    struct check *c = state;

    trial_clear(&c->elastic);
    trial_clear(&c->fixed);
    survey_clear(&c->survey);
    certs_clear(&c->sent);
    credentials_clear(&c->identity);
    esp_tls_free_global_ca_store();
}

#define AT(member) offsetof(struct check_options, member), false

static const struct option_row rows[] = {
    {0, "starttls", "PROTOCOL", "ask for TLS first: smtp", target_set_starttls, AT(target.smtp)},
    {0, "get", "PATH", "fetch this path to see its records (https: its own)", option_set_path,
     AT(path)},
    {0, "no-memory", NULL, "do not measure what a device's heap takes", option_set_true,
     AT(no_memory)},
    CONNECT_ROW_CACERT,
    CONNECT_ROWS_IDENTITY,
    CONNECT_ROW_NAME,
    CONNECT_ROW_NO_NAME_CHECK,
    CONNECT_ROW_ALPN,
    CONNECT_ROW_PROXY,
    CONNECT_ROW_TIMEOUT("seconds, or 500ms, of each connection (10)"),
    CONNECT_ROWS_FAMILY,
    CONNECT_ROW_JSON("print JSON"),
    {0, "html", "FILE", "write a page to look at", option_set_text, AT(html)},
    CONNECT_ROWS_CAPTURE("pcapng of our connections, secrets included",
                         "append their secrets (SSLKEYLOGFILE's format)"),
    OPTION_ROW_HELP,
};

static const struct option_table check_options = {
    .command = "check",
    .usage = "usage: esp-tls check [OPTION]... HOST[:PORT]|URL\n"
             "\n"
             "Look at a server as a device will meet it, and say what would fail and why.\n"
             "A URL is https, wss, mqtts, smtps, or smtp (STARTTLS).\n",
    .exits = "Exit status: 0 a device with ESP-IDF's default settings connects; else the\n"
             "class of what stops it: 2 usage, 3 name, 4 TCP, 5 timeout, 6 certificate\n"
             "refused, 7 other TLS, 9 output, 10 memory, 1 other.\n",
    .rows = rows,
    .count = sizeof(rows) / sizeof(rows[0]),
    .columns = 25,
    .words = "one server",
    .words_most = 1,
};

static bool check_accept(void *options, char **servers, size_t count)
{
    struct check_options *o = options;

    (void)count;
    if (!target_parse(&o->target, o->connect.name, servers[0]) ||
        !connect_options_fit(&o->connect, "https", "http")) {
        return false;
    }
    o->target.alpn = (const char *const *)connect_options_alpn(&o->connect, o->target.alpn);
    if (o->path != NULL && o->target.smtp) {
        fputs("esp-tls: --get is for HTTP, and behind STARTTLS there is none\n", stderr);
        return false;
    }
    if (o->path == NULL && o->target.is_http && offers_http(&o->target)) {
        o->path = o->target.path;
    }
    return true;
}

const struct command cmd_check = {
    .options = &check_options,
    .summary = "look at a server as a device will meet it",
    .speaks_of_device = true,
    .size = sizeof(struct check),
    .init = connect_options_init,
    .accept = check_accept,
    .run = check_run,
    .clear = check_clear,
};
