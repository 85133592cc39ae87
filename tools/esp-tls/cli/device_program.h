/* The same program in a device's profile (CONFIG_ESP_TLS_PROFILE_DEVICE): what a host is built for
 * would give figures that no device has. */
#ifndef DEVICE_PROGRAM_H
#define DEVICE_PROGRAM_H

#include <stdbool.h>

/** Become the program that speaks of a device, which is found relative to this one.
 *  @return true: this is it. false: it could not be started, which has been said on stderr */
bool device_program_run(char **argv);

#endif
