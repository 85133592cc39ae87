#include "layer.h"

#include <string.h>

#include "plat_errno.h"
#include "plat_heap.h"
#include "plat_net.h"
#include "transport.h"

#define NAME_MAX_LEN 255

esp_transport_handle_t et_layer_new(const struct transport_ops *ops, size_t size,
                                    esp_transport_handle_t parent)
{
    void *context = plat_alloc(NULL, PLAT_MEM_APPLICATION, size);
    esp_transport_handle_t t = context != NULL ? et_transport_new(ops, context, parent) : NULL;

    if (t == NULL) {
        plat_free(context);
        plat_set_errno(plat_errno_no_mem);
    }
    return t;
}

/* --- names ------------------------------------------------------------------------------------ */

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

bool et_layer_is_host(const char *host)
{
    size_t len = host != NULL ? strlen(host) : 0;
    struct plat_addr addr;
    size_t i = 0;

    if (len == 0 || len > NAME_MAX_LEN) {
        return false;
    }
    if (plat_addr_parse(host, len, &addr)) {
        return true;
    }
    while (i < len && is_name_byte(host[i])) {
        i++;
    }
    return i == len;
}

bool et_layer_is_port(int port)
{
    return port > 0 && port <= 65535;
}

static size_t append(char *out, size_t at, const char *text)
{
    size_t len = strlen(text);

    memcpy(out + at, text, len);
    return at + len;
}

static size_t append_port(char *out, size_t at, int port)
{
    int scale = 10000;

    while (scale > port) {
        scale /= 10;
    }
    for (; scale > 0; scale /= 10) {
        out[at++] = (char)('0' + port / scale % 10);
    }
    return at;
}

void et_layer_authority(char *out, const char *host, int port)
{
    char text[PLAT_ADDR_TEXT];
    struct plat_addr addr;
    bool is_inet6 = false;
    size_t n = 0;

    if (plat_addr_parse(host, strlen(host), &addr)) {
        addr.scope = 0;
        is_inet6 = addr.family == PLAT_AF_INET6;
        plat_addr_text(&addr, text);
        host = text;
    }
    n = append(out, n, is_inet6 ? "[" : "");
    n = append(out, n, host);
    n = append(out, n, is_inet6 ? "]:" : ":");
    n = append_port(out, n, port);
    out[n] = '\0';
}

/* --- what a transport keeps ------------------------------------------------------------------- */

char *et_layer_copy(const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;
    char *copy = text != NULL ? plat_alloc(NULL, PLAT_MEM_APPLICATION, len + 1) : NULL;

    if (copy != NULL) {
        memcpy(copy, text, len);
    }
    return copy;
}

/* --- the way through the parent --------------------------------------------------------------- */

int et_layer_send(esp_transport_handle_t t, const void *data, size_t len, size_t *sent)
{
    while (*sent < len) {
        int ret = et_transport_parent_write(t, (const char *)data + *sent, (int)(len - *sent));

        if (ret == TRANSPORT_AGAIN) {
            return 0;
        }
        if (ret <= 0) {
            return et_transport_fail_as_parent(t);
        }
        *sent += (size_t)ret;
    }
    return 1;
}

/** A result of the parent's, and its cause with it. */
static int of_parent(esp_transport_handle_t t, int ret)
{
    if (ret < 0 && ret != TRANSPORT_AGAIN) {
        (void)et_transport_fail_as_parent(t);
    }
    return ret;
}

int et_layer_read(esp_transport_handle_t t, char *buffer, int len)
{
    return of_parent(t, et_transport_parent_read(t, buffer, len));
}

int et_layer_write(esp_transport_handle_t t, const char *buffer, int len)
{
    return of_parent(t, et_transport_parent_write(t, buffer, len));
}
