#include <netdb.h>

#include "plat_net.h"

const int plat_resolve_timed_out = EAI_AGAIN;
