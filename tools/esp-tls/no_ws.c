/* In place of cmd_ws.c and ws_*.c in a build without CONFIG_WS_TRANSPORT. */
#include <stdio.h>

#include "tool.h"

int cmd_ws(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    fputs("esp-tls: this build has no WebSockets (CONFIG_WS_TRANSPORT)\n", stderr);
    return (int)EXIT_USAGE;
}
