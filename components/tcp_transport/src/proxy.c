#include "proxy.h"

#include "layer.h"
#include "plat_heap.h"

esp_err_t et_proxy_set_address(struct proxy *proxy, const char *address, int port)
{
    char *copy = et_layer_copy(address);

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

esp_err_t et_proxy_set_login(struct proxy *proxy, const char *user, const char *password)
{
    struct proxy copy = {.user = et_layer_copy(user)};

    if (user != NULL) {
        copy.password = et_layer_copy(password != NULL ? password : "");
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

void et_proxy_clear(struct proxy *proxy)
{
    plat_free(proxy->address);
    proxy->address = NULL;
    forget_login(proxy);
}
