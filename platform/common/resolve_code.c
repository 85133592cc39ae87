/* The resolver code of a look-up that took too long. */
#define _GNU_SOURCE
#include <netdb.h>

#include "plat_net.h"

const int plat_resolve_timed_out = EAI_AGAIN;
