/* SOCKS: a short talk with the proxy, then the parent's stream is the tunnel. Not a byte more is
 * read than the talk needs, so nothing of the tunnel's has to be kept. */
#include "esp_transport_socks_proxy.h"

#include <string.h>

#include "layer.h"
#include "plat_clock.h"
#include "plat_errno.h"
#include "plat_heap.h"
#include "plat_net.h"
#include "proxy.h"
#include "transport.h"

#define FIELD_MAX 255 /* a length is one byte */

/* RFC 1928 sections 3 to 6 */
#define CONNECT            1
#define METHOD_NONE        0
#define METHOD_LOGIN       2
#define METHOD_UNACCEPTED  0xFF
#define ADDRESS_IPV4       1
#define ADDRESS_NAME       3
#define ADDRESS_IPV6       4
#define REP_MAX            8
#define SOCKS5_LOGIN       1 /* RFC 1929: version of the login */
#define SOCKS4_REPLY       0 /* version of a SOCKS4 reply */
#define SOCKS4_REPLY_LEN   8
#define SOCKS5_METHOD_LEN  2
#define SOCKS5_LOGIN_LEN   2
#define SOCKS5_REPLY_LEN   4 /* up to the type of the address */
#define SOCKS5_MESSAGE_MAX (3 + 2 * FIELD_MAX)
#define SOCKS4_MESSAGE_MAX (8 + 2 * (FIELD_MAX + 1))

struct socks;
struct talk;

/** A message of ours, and the proxy's answer. */
struct stage {
    /** Write the message. @return its length; NULL: nothing to send */
    size_t (*write)(const struct socks *c, struct talk *talk, uint8_t *out);
    /** Judge the answer: set the next stage. @return 1 the tunnel is open; 0 go on; -1 failed */
    int (*judge)(esp_transport_handle_t t);
    uint16_t answer; /* its length */
};

/** Only while it connects. */
struct talk {
    const struct stage *stage;
    const char *host; /* of the caller, during a step */
    uint16_t port;
    bool is_literal;
    struct plat_addr addr; /* of the target, if it is literal or was looked up */
    struct plat_resolve *job;
    plat_stream wake; /* set when the look-up is done */
    size_t len;       /* of the message */
    size_t sent;
    uint16_t want; /* of the answer; more than `in` holds: to be passed over */
    uint16_t have;
    uint8_t in[8];
    uint8_t out[];
};

enum phase {
    CLOSED,
    PARENT, /* the parent connects */
    LOOK_UP,
    TALK,
    OPEN
};

struct socks {
    struct proxy proxy;
    socks_version_t version;
    uint8_t phase;
    struct talk *talk;
};

/* --- failures --------------------------------------------------------------------------------- */

static int malformed(esp_transport_handle_t t)
{
    return et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, SOCKS_RESPONSE_MALFORMED);
}

/** The parent failed: its cause, and for those who read errno, what that means here. */
static int proxy_lost(esp_transport_handle_t t)
{
    (void)et_transport_fail_as_parent(t);
    t->sock_errno = SOCKS_RESPONSE_PROXY_UNREACHABLE;
    return -1;
}

/* --- messages --------------------------------------------------------------------------------- */

static size_t put_bytes(uint8_t *out, size_t at, const void *data, size_t len)
{
    memcpy(out + at, data, len);
    return at + len;
}

static size_t put_port(uint8_t *out, size_t at, uint16_t port)
{
    out[at] = (uint8_t)(port >> 8);
    out[at + 1] = (uint8_t)port;
    return at + 2;
}

/** A field with its length in front. */
static size_t put_field(uint8_t *out, size_t at, const char *text)
{
    size_t len = strlen(text); /* checked: at most FIELD_MAX */

    out[at] = (uint8_t)len;
    return put_bytes(out, at + 1, text, len);
}

/** SOCKS4, and SOCKS4A where the address is that of a name: 0.0.0.1, and the name at the end. */
static size_t write_request4(const struct socks *c, struct talk *talk, uint8_t *out)
{
    static const uint8_t is_name[4] = {0, 0, 0, 1};
    const bool has_addr = talk->addr.family == PLAT_AF_INET;
    size_t n;

    out[0] = 4;
    out[1] = CONNECT;
    n = put_port(out, 2, talk->port);
    n = put_bytes(out, n, has_addr ? talk->addr.ip : is_name, 4);
    n = put_bytes(out, n, c->proxy.user != NULL ? c->proxy.user : "",
                  c->proxy.user != NULL ? strlen(c->proxy.user) + 1 : 1);
    return has_addr ? n : put_bytes(out, n, talk->host, strlen(talk->host) + 1);
}

static size_t write_methods(const struct socks *c, struct talk *talk, uint8_t *out)
{
    (void)talk;
    out[0] = 5;
    out[1] = c->proxy.user != NULL ? 2 : 1;
    out[2] = METHOD_NONE;
    out[3] = METHOD_LOGIN;
    return (size_t)2 + out[1];
}

static size_t write_login(const struct socks *c, struct talk *talk, uint8_t *out)
{
    (void)talk;
    out[0] = SOCKS5_LOGIN;
    return put_field(out, put_field(out, 1, c->proxy.user), c->proxy.password);
}

static size_t write_request5(const struct socks *c, struct talk *talk, uint8_t *out)
{
    size_t n = 4;

    (void)c;
    out[0] = 5;
    out[1] = CONNECT;
    out[2] = 0; /* reserved */
    if (!talk->is_literal) {
        out[3] = ADDRESS_NAME;
        n = put_field(out, n, talk->host);
    } else if (talk->addr.family == PLAT_AF_INET) {
        out[3] = ADDRESS_IPV4;
        n = put_bytes(out, n, talk->addr.ip, 4);
    } else {
        out[3] = ADDRESS_IPV6;
        n = put_bytes(out, n, talk->addr.ip, 16);
    }
    return put_port(out, n, talk->port);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void begin_stage(struct socks *c, const struct stage *stage)
{
    struct talk *talk = c->talk;

    talk->stage = stage;
    talk->sent = 0;
    talk->have = 0;
    talk->want = stage->answer;
    talk->len = stage->write != NULL ? stage->write(c, talk, talk->out) : 0;
}

static int judge_reply4(esp_transport_handle_t t)
{
    const uint8_t *in = ((struct socks *)t->data)->talk->in;

    if (in[0] != SOCKS4_REPLY) {
        return malformed(t);
    }
    switch (in[1]) {
    case SOCKS_RESPONSE_SUCCESS:
        return 1;
    case SOCKS_RESPONSE_REQUEST_REJECTED:
        return et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED, in[1]);
    case SOCKS_RESPONSE_NOT_RUNNING_IDENTD:
    case SOCKS_RESPONSE_COULD_NOT_CONFIRM_ID:
        return et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED, in[1]);
    default:
        return et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED, in[1]);
    }
}

static int judge_name_len(esp_transport_handle_t t);

static int judge_end(esp_transport_handle_t t)
{
    (void)t;
    return 1;
}

/* What is bound at the proxy, and its port: nobody here needs it. */
static const struct stage bound_ipv4 = {NULL, judge_end, 4 + 2};
static const struct stage bound_ipv6 = {NULL, judge_end, 16 + 2};
static const struct stage bound_name_len = {NULL, judge_name_len, 1};
static const struct stage bound_name = {NULL, judge_end, 2};

static int judge_name_len(esp_transport_handle_t t)
{
    struct socks *c = t->data;
    uint8_t len = c->talk->in[0];

    begin_stage(c, &bound_name);
    c->talk->want = (uint16_t)(len + bound_name.answer);
    return 0;
}

static int judge_reply5(esp_transport_handle_t t)
{
    /* RFC 1928 section 6: REP 1 to 8 */
    static const esp_err_t codes[REP_MAX] = {
        ESP_ERR_TCP_TRANSPORT_PROXY_FAILED,
        ESP_ERR_TCP_TRANSPORT_PROXY_REFUSED,
        ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE,
        ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE,
        ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE,
        ESP_ERR_TCP_TRANSPORT_PROXY_TARGET_UNREACHABLE,
        ESP_ERR_TCP_TRANSPORT_PROXY_FAILED,
        ESP_ERR_TCP_TRANSPORT_PROXY_FAILED,
    };
    static const struct stage *const bound[] = {
        [ADDRESS_IPV4] = &bound_ipv4,
        [ADDRESS_NAME] = &bound_name_len,
        [ADDRESS_IPV6] = &bound_ipv6,
    };
    struct socks *c = t->data;
    const uint8_t *in = c->talk->in;

    if (in[0] != 5) {
        return malformed(t);
    }
    if (in[1] != 0) {
        return et_transport_fail(
            t, in[1] <= REP_MAX ? codes[in[1] - 1] : ESP_ERR_TCP_TRANSPORT_PROXY_MALFORMED,
            SOCKS5_RESPONSE_GENERAL_FAILURE - 1 + in[1]);
    }
    if (in[3] > ADDRESS_IPV6 || bound[in[3]] == NULL) {
        return malformed(t);
    }
    begin_stage(c, bound[in[3]]);
    return 0;
}

static const struct stage request4 = {write_request4, judge_reply4, SOCKS4_REPLY_LEN};
static const struct stage request5 = {write_request5, judge_reply5, SOCKS5_REPLY_LEN};

static int judge_login(esp_transport_handle_t t)
{
    struct socks *c = t->data;

    if (c->talk->in[0] != SOCKS5_LOGIN) {
        return malformed(t);
    }
    if (c->talk->in[1] != 0) {
        return et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_FAILED,
                                 SOCKS_RESPONSE_AUTH_FAILED);
    }
    begin_stage(c, &request5);
    return 0;
}

static const struct stage login = {write_login, judge_login, SOCKS5_LOGIN_LEN};

static int judge_method(esp_transport_handle_t t)
{
    struct socks *c = t->data;
    const uint8_t *in = c->talk->in;

    if (in[0] != 5) {
        return malformed(t);
    }
    if (in[1] == METHOD_UNACCEPTED) {
        return et_transport_fail(t, ESP_ERR_TCP_TRANSPORT_PROXY_AUTH_REQUIRED,
                                 SOCKS_RESPONSE_AUTH_REQUIRED);
    }
    if (in[1] == METHOD_NONE) {
        begin_stage(c, &request5);
    } else if (in[1] == METHOD_LOGIN && c->proxy.user != NULL) {
        begin_stage(c, &login);
    } else {
        return malformed(t); /* what was not offered */
    }
    return 0;
}

static const struct stage methods = {write_methods, judge_method, SOCKS5_METHOD_LEN};

/* --- the talk --------------------------------------------------------------------------------- */

/** @return 1 the answer is there, or passed over; 0 not now; -1 */
static int receive_rest(esp_transport_handle_t t)
{
    struct talk *talk = ((struct socks *)t->data)->talk;

    while (talk->have < talk->want) {
        const bool fits = talk->want <= sizeof(talk->in);
        size_t room = talk->want - talk->have;
        int ret;

        room = room < sizeof(talk->in) ? room : sizeof(talk->in);
        ret = et_transport_parent_read(t, (char *)talk->in + (fits ? talk->have : 0), (int)room);
        if (ret == TRANSPORT_AGAIN) {
            return 0;
        }
        if (ret < 0) {
            return proxy_lost(t);
        }
        talk->have = (uint16_t)(talk->have + ret);
    }
    return 1;
}

static int step_talk(esp_transport_handle_t t)
{
    struct talk *talk = ((struct socks *)t->data)->talk;
    int ret;

    do {
        ret = et_layer_send(t, talk->out, talk->len, &talk->sent);
        if (ret < 0) {
            return proxy_lost(t);
        }
        if (ret == 1) {
            ret = receive_rest(t);
        }
        if (ret != 1) {
            return ret;
        }
        ret = talk->stage->judge(t);
    } while (ret == 0);
    return ret;
}

static int begin_talk(esp_transport_handle_t t)
{
    struct socks *c = t->data;
    const uint8_t *ip = c->talk->addr.ip;

    if (c->version != SOCKS5 && c->talk->addr.family == PLAT_AF_INET &&
        (ip[0] | ip[1] | ip[2]) == 0) { /* 0.0.0.x: to the proxy it means that a name follows */
        return et_transport_fail(t, ESP_ERR_INVALID_ARG, SOCKS_RESPONSE_TARGET_NOT_FOUND);
    }
    c->phase = TALK;
    begin_stage(c, c->version == SOCKS5 ? &methods : &request4);
    return step_talk(t);
}

/* --- the target's address, for SOCKS4 --------------------------------------------------------- */

static void end_look_up(struct talk *talk)
{
    plat_resolve_drop(talk->job);
    (void)plat_stream_close(talk->wake);
    talk->job = NULL;
    talk->wake = PLAT_STREAM_NONE;
}

static int look_up_failed(esp_transport_handle_t t, int os)
{
    const bool is_no_mem = plat_is_no_mem(os);

    return et_transport_fail(t,
                             is_no_mem ? ESP_ERR_NO_MEM : ESP_ERR_ESP_TLS_CANNOT_RESOLVE_HOSTNAME,
                             is_no_mem ? os : SOCKS_RESPONSE_TARGET_NOT_FOUND);
}

static int step_look_up(esp_transport_handle_t t)
{
    struct talk *talk = ((struct socks *)t->data)->talk;
    int resolver;
    char byte;
    size_t n;
    int os;

    plat_event_clear(
        talk->wake); /* before the look: an answer that comes in between sets it again */
    os = plat_resolve_result(talk->job, &talk->addr, 1, &n, &resolver);
    if (os == PLAT_AGAIN) {
        /* Watch the proxy meanwhile: it may go away, or the parent be cancelled. It has nothing to
         * say before it was asked. */
        int ret = et_transport_parent_read(t, &byte, 1);

        return ret == TRANSPORT_AGAIN ? 0 : ret < 0 ? proxy_lost(t) : malformed(t);
    }
    end_look_up(talk);
    return os == PLAT_OK ? begin_talk(t) : look_up_failed(t, os);
}

static int begin_look_up(esp_transport_handle_t t)
{
    struct socks *c = t->data;
    struct talk *talk = c->talk;
    int os = plat_event_open(&talk->wake);

    if (os != PLAT_OK) {
        talk->wake = PLAT_STREAM_NONE;
        return et_transport_fail(t, plat_is_no_mem(os) ? ESP_ERR_NO_MEM : ESP_FAIL, os);
    }
    os = plat_resolve_start(&talk->job, talk->host, strlen(talk->host), PLAT_AF_INET, talk->wake,
                            NULL);
    if (os != PLAT_OK) {
        talk->job = NULL;
        return look_up_failed(t, os);
    }
    c->phase = LOOK_UP;
    return step_look_up(t);
}

/* --- steps ------------------------------------------------------------------------------------ */

static void end_talk(struct socks *c)
{
    if (c->talk != NULL) {
        end_look_up(c->talk);
        plat_free_secret(c->talk); /* wiped, because it held the password */
        c->talk = NULL;
    }
}

static int socks_begin(esp_transport_handle_t t, const char *host, int port)
{
    struct socks *c = t->data;
    const size_t out = c->version == SOCKS5 ? SOCKS5_MESSAGE_MAX : SOCKS4_MESSAGE_MAX;
    struct talk *talk;

    end_talk(c);
    c->phase = CLOSED;
    if (!et_layer_is_host(host) || !et_layer_is_port(port)) {
        return et_transport_fail(t, ESP_ERR_INVALID_ARG, SOCKS_RESPONSE_TARGET_NOT_FOUND);
    }
    talk = plat_alloc(NULL, PLAT_MEM_CONNECTION, sizeof(*talk) + out);
    if (talk == NULL) {
        return et_transport_fail(t, ESP_ERR_NO_MEM, plat_errno_no_mem);
    }
    c->talk = talk;
    talk->wake = PLAT_STREAM_NONE;
    talk->port = (uint16_t)port;
    talk->is_literal = plat_addr_parse(host, strlen(host), &talk->addr);
    /* a zone has a meaning on this machine only */
    if (talk->is_literal &&
        (talk->addr.scope != 0 || (c->version != SOCKS5 && talk->addr.family != PLAT_AF_INET))) {
        return et_transport_fail(t, ESP_ERR_ESP_TLS_UNSUPPORTED_PROTOCOL_FAMILY,
                                 SOCKS_RESPONSE_TARGET_NOT_FOUND);
    }
    c->phase = PARENT;
    return 0;
}

static int step_parent(esp_transport_handle_t t)
{
    const struct socks *c = t->data;
    int ret = et_transport_parent_connect(t, c->proxy.address, c->proxy.port);

    if (ret != 1) {
        return ret == 0 ? 0 : proxy_lost(t);
    }
    return c->version == SOCKS4 && !c->talk->is_literal ? begin_look_up(t) : begin_talk(t);
}

static int socks_step(esp_transport_handle_t t)
{
    switch (((struct socks *)t->data)->phase) {
    case PARENT:
        return step_parent(t);
    case LOOK_UP:
        return step_look_up(t);
    default:
        return step_talk(t);
    }
}

static int step_connect(esp_transport_handle_t t, const char *host, int port, int timeout_ms)
{
    struct socks *c = t->data;
    int ret = t->is_first_step ? socks_begin(t, host, port) : 0;

    (void)timeout_ms; /* the deadline of this transport counts, not the parent's */
    if (ret == 0) {
        c->talk->host = host;
        ret = socks_step(t);
    }
    if (ret == 0 && plat_clock_us() >= t->deadline_us) {
        ret = et_transport_fail(t, ESP_ERR_ESP_TLS_CONNECTION_TIMEOUT, SOCKS_TIMEOUT);
    }
    if (ret != 0) {
        end_talk(c);
        c->phase = ret == 1 ? OPEN : CLOSED;
    }
    return ret;
}

static int step_read(esp_transport_handle_t t, char *buffer, int len)
{
    if (((struct socks *)t->data)->phase != OPEN) {
        (void)et_transport_fail(t, ESP_ERR_INVALID_STATE, 0);
        return ERR_TCP_TRANSPORT_CONNECTION_FAILED;
    }
    return et_layer_read(t, buffer, len);
}

static int step_write(esp_transport_handle_t t, const char *buffer, int len)
{
    if (((struct socks *)t->data)->phase != OPEN) {
        return et_transport_fail(t, ESP_ERR_INVALID_STATE, 0);
    }
    return et_layer_write(t, buffer, len);
}

static void get_wait(esp_transport_handle_t t, int events, esp_tls_wait_t *wait)
{
    const struct socks *c = t->data;

    if (c->phase == LOOK_UP) {
        esp_tls_wait_add(wait, plat_stream_fd(c->talk->wake), ESP_TLS_WAIT_READ);
        events = ESP_TLS_WAIT_READ;
    } else if (c->phase == TALK) {
        events = c->talk->sent < c->talk->len ? ESP_TLS_WAIT_WRITE : ESP_TLS_WAIT_READ;
    }
    et_transport_parent_wait(t, events, wait);
}

static int step_close(esp_transport_handle_t t)
{
    struct socks *c = t->data;

    end_talk(c);
    c->phase = CLOSED;
    return 0;
}

static void step_destroy(esp_transport_handle_t t)
{
    struct socks *c = t->data;

    et_proxy_clear(&c->proxy);
    plat_free(c);
}

static const struct transport_ops ops = {
    .connect = step_connect,
    .read = step_read,
    .write = step_write,
    .get_wait = get_wait,
    .close = step_close,
    .destroy = step_destroy,
    .has_deadline = true,
};

/* --- making ----------------------------------------------------------------------------------- */

static bool is_legal(const esp_transport_socks_proxy_config_t *config)
{
    return config != NULL && et_layer_is_host(config->address) && et_layer_is_port(config->port) &&
           (config->version == SOCKS4 || config->version == SOCKS4A || config->version == SOCKS5);
}

static esp_err_t configure(struct socks *c, const esp_transport_socks_proxy_config_t *config)
{
    esp_err_t err = et_proxy_set_address(&c->proxy, config->address, config->port);

    if (err == ESP_OK) {
        c->version = config->version;
    }
    return err;
}

esp_transport_handle_t
esp_transport_socks_proxy_init(esp_transport_handle_t parent_handle,
                               const esp_transport_socks_proxy_config_t *config)
{
    esp_transport_handle_t t;

    if (parent_handle == NULL || !is_legal(config)) {
        plat_set_errno(plat_errno_inval);
        return NULL;
    }
    t = et_layer_new(&ops, sizeof(struct socks), parent_handle);
    if (t != NULL && configure(t->data, config) != ESP_OK) {
        (void)esp_transport_destroy(t);
        plat_set_errno(plat_errno_no_mem);
        t = NULL;
    }
    return t;
}

esp_err_t esp_transport_socks_proxy_set_config(esp_transport_handle_t socks_transport,
                                               const esp_transport_socks_proxy_config_t *config)
{
    struct socks *c = et_transport_context(socks_transport, &ops);

    if (c == NULL || !is_legal(config)) {
        return ESP_ERR_INVALID_ARG;
    }
    return c->phase == CLOSED ? configure(c, config) : ESP_ERR_INVALID_STATE;
}

esp_err_t esp_transport_socks_proxy_set_auth(esp_transport_handle_t socks_transport,
                                             const char *user, const char *password)
{
    struct socks *c = et_transport_context(socks_transport, &ops);

    if (c == NULL || (user != NULL && (user[0] == '\0' || strlen(user) > FIELD_MAX ||
                                       (password != NULL && strlen(password) > FIELD_MAX)))) {
        return ESP_ERR_INVALID_ARG;
    }
    return c->phase == CLOSED ? et_proxy_set_login(&c->proxy, user, password)
                              : ESP_ERR_INVALID_STATE;
}
