#include "ws_handshake.h"

#include <string.h>

#include "esp_http_field.h"
#include "esp_tls_crypto.h"
#include "esp_transport_ws.h"

/** Section 1.3. */
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

bool et_ws_make_key(const unsigned char nonce[WS_NONCE_LEN], char key[WS_KEY_SIZE],
                    char accept[WS_ACCEPT_SIZE])
{
    unsigned char text[WS_KEY_SIZE - 1 + sizeof(GUID) - 1];
    unsigned char digest[20];
    size_t len;

    if (esp_crypto_base64_encode((unsigned char *)key, WS_KEY_SIZE, &len, nonce, WS_NONCE_LEN) !=
        0) {
        return false;
    }
    memcpy(text, key, WS_KEY_SIZE - 1);
    memcpy(text + WS_KEY_SIZE - 1, GUID, sizeof(GUID) - 1);
    return esp_crypto_sha1(text, sizeof(text), digest) == 0 &&
           esp_crypto_base64_encode((unsigned char *)accept, WS_ACCEPT_SIZE, &len, digest,
                                    sizeof(digest)) == 0;
}

/* --- lists of tokens -------------------------------------------------------------------------- */

/** The next element of a list with commas. @return its beginning; NULL: there is none */
static const char *next_element(const char **at, const char *end, size_t *len)
{
    const char *from = *at;
    const char *stop;

    while (from < end && (*from == ' ' || *from == '\t' || *from == ',')) {
        from++;
    }
    if (from == end) {
        return NULL;
    }
    stop = from;
    while (stop < end && *stop != ',') {
        stop++;
    }
    *at = stop;
    while (stop[-1] == ' ' || stop[-1] == '\t') {
        stop--;
    }
    *len = (size_t)(stop - from);
    return from;
}

/** The element that is this text, letter by letter. */
static const char *find_element(const char *list, size_t list_len, const char *text,
                                size_t text_len)
{
    const char *at = list;
    const char *element;
    size_t len;

    while ((element = next_element(&at, list + list_len, &len)) != NULL) {
        if (len == text_len && memcmp(element, text, len) == 0) {
            return element;
        }
    }
    return NULL;
}

static bool is_token(const char *text, size_t len)
{
    char copy[128];

    if (len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    return esp_http_is_token(copy);
}

bool et_ws_is_protocol_list(const char *list)
{
    const size_t list_len = strlen(list);
    const char *at = list;
    const char *element;
    size_t len;
    bool is_empty = true;

    while ((element = next_element(&at, list + list_len, &len)) != NULL) {
        is_empty = false;
        if (!is_token(element, len) || find_element(list, list_len, element, len) != element) {
            return false;
        }
    }
    return !is_empty;
}

/* --- fields of the application's -------------------------------------------------------------- */

/** Letters in any case. @return behind the colon; NULL: the field has another name */
static const char *skip_name(const char *field, const char *name)
{
    for (; *name != '\0'; field++, name++) {
        char c = *field;

        if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) !=
            (*name >= 'A' && *name <= 'Z' ? *name | 0x20 : *name)) {
            return NULL;
        }
    }
    return *field == ':' ? field + 1 : NULL;
}

const char *et_ws_find_field(const char *block, const char *name, size_t *len)
{
    while (block != NULL && *block != '\0') {
        const char *value = skip_name(block, name);
        const char *end = strstr(block, "\r\n");

        if (value != NULL) {
            *len = (size_t)(end - value);
            return value;
        }
        block = end + 2;
    }
    return NULL;
}

bool et_ws_is_extra_fields(const char *block)
{
    static const char *const own[] = {
        "Connection",
        "Upgrade",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "Sec-WebSocket-Extensions", /* none is spoken here */
        "Sec-WebSocket-Accept",
        "Content-Length",
        "Transfer-Encoding",
    };
    size_t len;

    if (!esp_http_is_field_block(block)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (et_ws_find_field(block, own[i], &len) != NULL) {
            return false;
        }
    }
    return true;
}

/* --- the request ------------------------------------------------------------------------------ */

struct text {
    char *out;
    size_t cap;
    size_t len; /* goes on counting when it does not fit */
};

static void add_text(struct text *t, const char *text)
{
    const size_t len = strlen(text);

    if (t->len <= t->cap && len <= t->cap - t->len) {
        memcpy(t->out + t->len, text, len);
    }
    t->len += len;
}

static void add_field(struct text *t, const char *name, const char *value, const char *fields)
{
    size_t len;

    if (value == NULL || et_ws_find_field(fields, name, &len) != NULL) {
        return;
    }
    add_text(t, name);
    add_text(t, ": ");
    add_text(t, value);
    add_text(t, "\r\n");
}

size_t et_ws_write_request(char *out, size_t cap, const struct ws_request *r)
{
    struct text t = {.out = out, .cap = cap};

    add_text(&t, "GET ");
    add_text(&t, r->target);
    add_text(&t, " HTTP/1.1\r\n");
    add_field(&t, "Connection", "Upgrade", NULL);
    add_field(&t, "Host", r->authority, r->fields);
    add_field(&t, "User-Agent", r->user_agent, r->fields);
    add_field(&t, "Upgrade", "websocket", NULL);
    add_field(&t, "Sec-WebSocket-Version", "13", NULL);
    add_field(&t, "Sec-WebSocket-Key", r->key, NULL);
    add_field(&t, "Sec-WebSocket-Protocol", r->protocols, r->fields);
    add_field(&t, "Authorization", r->auth, r->fields);
    add_text(&t, r->fields != NULL ? r->fields : "");
    add_text(&t, "\r\n");
    return t.len;
}

/* --- the answer ------------------------------------------------------------------------------- */

void et_ws_answer_field(struct ws_answer *a, const char *name, const char *value)
{
    if (esp_http_name_equals(name, "Upgrade")) {
        a->upgrades++;
        a->is_upgrade_wrong |= !esp_http_name_equals(value, "websocket");
    } else if (esp_http_name_equals(name, "Connection")) {
        a->has_connection_upgrade |= esp_http_list_has(value, "Upgrade");
    } else if (esp_http_name_equals(name, "Sec-WebSocket-Accept")) {
        a->accepts++;
        a->is_accept_right = strcmp(value, a->accept) == 0;
    } else if (esp_http_name_equals(name, "Sec-WebSocket-Protocol")) {
        a->protocol_fields++;
        a->chosen_len = strlen(value);
        a->chosen = a->protocols != NULL && a->chosen_len > 0
                        ? find_element(a->protocols, a->protocols_len, value, a->chosen_len)
                        : NULL;
    } else if (esp_http_name_equals(name, "Sec-WebSocket-Extensions")) {
        a->has_extension |= value[0] != '\0';
    } else if (esp_http_name_equals(name, "Location")) {
        a->locations++;
    }
}

bool et_ws_is_redirect(int status)
{
    return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

static esp_err_t refuse_answer(const char **why, esp_err_t code, const char *text)
{
    *why = text;
    return code;
}

esp_err_t et_ws_answer_judge(const struct ws_answer *a, const char **why)
{
    if (a->status != 101) {
        return refuse_answer(why, ESP_ERR_TCP_TRANSPORT_WS_NOT_UPGRADED, "the status is not 101");
    }
    if (a->upgrades != 1 || a->is_upgrade_wrong) {
        return refuse_answer(why, ESP_ERR_TCP_TRANSPORT_WS_BAD_UPGRADE,
                             "there is no Upgrade: websocket");
    }
    if (!a->has_connection_upgrade) {
        return refuse_answer(why, ESP_ERR_TCP_TRANSPORT_WS_BAD_UPGRADE,
                             "there is no Connection: Upgrade");
    }
    if (a->accepts != 1) {
        return refuse_answer(why, ESP_ERR_TCP_TRANSPORT_WS_BAD_ACCEPT,
                             a->accepts == 0 ? "there is no Sec-WebSocket-Accept"
                                             : "there are several Sec-WebSocket-Accept");
    }
    if (!a->is_accept_right) {
        return refuse_answer(why, ESP_ERR_TCP_TRANSPORT_WS_BAD_ACCEPT,
                             "Sec-WebSocket-Accept does not belong to the key");
    }
    if (a->has_extension) {
        return refuse_answer(why, ESP_ERR_TCP_TRANSPORT_WS_BAD_EXTENSION,
                             "an extension was chosen that was not offered");
    }
    if (a->protocol_fields > 1 || (a->protocol_fields == 1 && a->chosen == NULL)) {
        return refuse_answer(why, ESP_ERR_TCP_TRANSPORT_WS_BAD_SUBPROTOCOL,
                             "a subprotocol was chosen that was not offered");
    }
    return ESP_OK;
}
