/* Options that commands share with get, as setters for an option_table. Their target begins with a
 * struct get_options. */
#ifndef SHARED_OPTIONS_H
#define SHARED_OPTIONS_H

#include <stdbool.h>

bool shared_set_cacert(void *target, const char *value);
bool shared_set_cert(void *target, const char *value);
bool shared_set_key(void *target, const char *value);
bool shared_set_pass(void *target, const char *value);
bool shared_set_name(void *target, const char *value);
bool shared_set_no_name_check(void *target, const char *value);
bool shared_set_version(void *target, const char *value);
bool shared_set_timeout(void *target, const char *value);
bool shared_set_ipv4(void *target, const char *value);
bool shared_set_ipv6(void *target, const char *value);
bool shared_set_help(void *target, const char *value);

#endif
