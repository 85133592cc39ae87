/* Work with Mbed TLS outside of any connection (stack_views.h). */
#include "mbed.h"

#include "stack_views.h"

esp_err_t et_stack_work(enum plat_mem purpose, esp_err_t (*work)(void *arg), void *arg)
{
    struct mbed_scope scope;
    esp_err_t err;

    if (et_mbed_prepare() != 0) {
        return ESP_ERR_NO_MEM;
    }
    et_mbed_enter(&scope, NULL, purpose);
    err = work(arg);
    if (err != ESP_OK && et_mbed_is_starved()) {
        err = ESP_ERR_NO_MEM;
    }
    et_mbed_leave(&scope);
    return err;
}

bool et_stack_is_no_mem(int code)
{
    return et_mbed_is_no_mem(code);
}
