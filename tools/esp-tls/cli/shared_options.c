#include "shared_options.h"

#include "get_options.h"
#include "values.h"

static struct get_options *of(void *target)
{
    return target;
}

bool shared_set_cacert(void *target, const char *value)
{
    of(target)->cacert = value;
    return true;
}

bool shared_set_cert(void *target, const char *value)
{
    of(target)->cert = value;
    return true;
}

bool shared_set_key(void *target, const char *value)
{
    of(target)->key = value;
    return true;
}

bool shared_set_pass(void *target, const char *value)
{
    of(target)->pass = value;
    return true;
}

bool shared_set_name(void *target, const char *value)
{
    of(target)->name = value;
    return true;
}

bool shared_set_no_name_check(void *target, const char *value)
{
    (void)value;
    of(target)->insecure_no_name_check = true;
    return true;
}

bool shared_set_version(void *target, const char *value)
{
    return value_version(value, &of(target)->version);
}

bool shared_set_timeout(void *target, const char *value)
{
    return value_time(value, "--timeout", &of(target)->timeout_ms);
}

bool shared_set_ipv4(void *target, const char *value)
{
    (void)value;
    of(target)->family = ESP_TLS_AF_INET;
    return true;
}

bool shared_set_ipv6(void *target, const char *value)
{
    (void)value;
    of(target)->family = ESP_TLS_AF_INET6;
    return true;
}

bool shared_set_help(void *target, const char *value)
{
    (void)value;
    of(target)->help = true;
    return true;
}
