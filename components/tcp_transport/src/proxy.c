#include "proxy.h"

#include <string.h>

#include "plat_errno.h"
#include "plat_heap.h"
#include "plat_net.h"
#include "transport.h"

#define NAME_MAX_LEN 255

esp_transport_handle_t proxy_new(const struct transport_ops *ops, size_t size,
                                 esp_transport_handle_t parent)
{
    void *context = plat_alloc(NULL, PLAT_MEM_APPLICATION, size);
    esp_transport_handle_t t = context != NULL ? transport_new(ops, context, parent) : NULL;

    if (t == NULL) {
        plat_free(context);
        plat_set_errno(plat_errno_no_mem);
    }
    return t;
}

/* --- names --------------------------------------------------------------------------------------- */

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

bool proxy_is_host(const char *host)
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

bool proxy_is_port(int port)
{
    return port > 0 && port <= 65535;
}

/* --- what a transport keeps ------------------------------------------------------------------------ */

char *proxy_copy(const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;
    char *copy = text != NULL ? plat_alloc(NULL, PLAT_MEM_APPLICATION, len + 1) : NULL;

    if (copy != NULL) {
        memcpy(copy, text, len);
    }
    return copy;
}

esp_err_t proxy_set_address(struct proxy *proxy, const char *address, int port)
{
    char *copy = proxy_copy(address);

    if (copy == NULL) {
        return ESP_ERR_NO_MEM;
    }
    plat_free(proxy->address);
    proxy->address = copy;
    proxy->port = (uint16_t)port;
    return ESP_OK;
}

static void forget_login(struct proxy *proxy)
{
    plat_free_secret(proxy->user);
    plat_free_secret(proxy->password);
    proxy->user = NULL;
    proxy->password = NULL;
}

esp_err_t proxy_set_login(struct proxy *proxy, const char *user, const char *password)
{
    struct proxy copy = {.user = proxy_copy(user)};

    if (user != NULL) {
        copy.password = proxy_copy(password != NULL ? password : "");
        if (copy.user == NULL || copy.password == NULL) {
            forget_login(&copy);
            return ESP_ERR_NO_MEM;
        }
    }
    forget_login(proxy);
    proxy->user = copy.user;
    proxy->password = copy.password;
    return ESP_OK;
}

void proxy_clear(struct proxy *proxy)
{
    plat_free(proxy->address);
    proxy->address = NULL;
    forget_login(proxy);
}

/* --- the way to it ----------------------------------------------------------------------------------- */

int proxy_send(esp_transport_handle_t t, const void *data, size_t len, size_t *sent)
{
    while (*sent < len) {
        int ret = transport_parent_write(t, (const char *)data + *sent, (int)(len - *sent));

        if (ret == TRANSPORT_AGAIN) {
            return 0;
        }
        if (ret <= 0) {
            return transport_fail_as_parent(t);
        }
        *sent += (size_t)ret;
    }
    return 1;
}

/** A result of the parent's, and its cause with it. */
static int of_parent(esp_transport_handle_t t, int ret)
{
    if (ret < 0 && ret != TRANSPORT_AGAIN) {
        (void)transport_fail_as_parent(t);
    }
    return ret;
}

int proxy_read(esp_transport_handle_t t, char *buffer, int len)
{
    return of_parent(t, transport_parent_read(t, buffer, len));
}

int proxy_write(esp_transport_handle_t t, const char *buffer, int len)
{
    return of_parent(t, transport_parent_write(t, buffer, len));
}
