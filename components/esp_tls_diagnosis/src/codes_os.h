/* What the operating system's codes mean for a connection. Their numbers differ from system to
 * system and belong to the platform (plat_errno.h); the names are the same.
 *
 * X(name, reason, reason, reason, sentence) */
#ifndef DIAGNOSIS_CODES_OS_H
#define DIAGNOSIS_CODES_OS_H

/* clang-format off */
#define CODES_ERRNO(X) \
    X(EPERM, TCP_FORBIDDEN, NONE, NONE, "the system does not allow it: a firewall of this machine, or missing rights") \
    X(ENOENT, STORAGE_FAILED, NONE, NONE, "there is no such file") \
    X(EINTR, WANT_MORE, NONE, NONE, "a signal came in between, and the call may be made again") \
    X(EIO, TCP_FAILED, STORAGE_FAILED, NONE, "a device failed while it was read or written") \
    X(ENXIO, TCP_INTERFACE, NONE, NONE, "there is no such device or interface") \
    X(EBADF, CALL_OUT_OF_ORDER, NONE, NONE, "the socket is not open: it was closed, often by another task, or never made") \
    X(EAGAIN, WANT_MORE, READ_TIMEOUT, NONE, "nothing to read yet, or no room to write yet; with a receive timeout set on the socket: the time passed") \
    X(ENOMEM, NO_MEMORY, MEMORY_FRAGMENTED, NONE, "the system has no memory left for it") \
    X(EACCES, TCP_FORBIDDEN, STORAGE_FAILED, NONE, "permission denied: by a firewall of this machine, or for that file or port") \
    X(EFAULT, STACK_INTERNAL, NONE, NONE, "a pointer leads to memory that is not the program's") \
    X(EBUSY, CALL_OUT_OF_ORDER, NONE, NONE, "somebody else has the device at the moment") \
    X(EEXIST, CALL_OUT_OF_ORDER, STORAGE_FAILED, NONE, "it exists already") \
    X(ENODEV, TCP_INTERFACE, NONE, NONE, "there is no interface of that name") \
    X(EINVAL, OPTION_INVALID, CALL_OUT_OF_ORDER, NONE, "a value is not one that the system takes, or the socket is not in the state for it") \
    X(ENFILE, TCP_NO_SOCKETS, NONE, NONE, "the whole system has no socket or file left") \
    X(EMFILE, TCP_NO_SOCKETS, NONE, NONE, "this program has as many sockets or files open as it may") \
    X(ENOSPC, STORAGE_FAILED, TCP_NO_SOCKETS, NONE, "no space is left") \
    X(EPIPE, CONNECTION_LOST, CLOSED_WITHOUT_NOTIFY, NONE, "something was written after the connection had ended") \
    X(ERANGE, OPTION_INVALID, NONE, NONE, "a value or a buffer is out of range") \
    X(EPROTO, TCP_FAILED, NONE, NONE, "something broke the rules of a protocol below TLS") \
    X(ENOSYS, OPTION_NOT_BUILT, NONE, NONE, "this system does not have that function") \
    X(EOVERFLOW, OPTION_INVALID, NONE, NONE, "a value is too large for its type") \
    X(ENOTSOCK, CALL_OUT_OF_ORDER, NONE, NONE, "the descriptor is no socket: it was closed, and something else has its number now") \
    X(EDESTADDRREQ, CALL_OUT_OF_ORDER, NONE, NONE, "the socket has no peer yet") \
    X(EMSGSIZE, TCP_FAILED, NONE, NONE, "a packet is larger than the way takes") \
    X(EPROTOTYPE, OPTION_INVALID, NONE, NONE, "the protocol does not go with this type of socket") \
    X(ENOPROTOOPT, OPTION_INVALID, TCP_INTERFACE, NONE, "this system's sockets do not have that option") \
    X(EPROTONOSUPPORT, OPTION_NOT_BUILT, NONE, NONE, "this system does not have that protocol") \
    X(EOPNOTSUPP, OPTION_NOT_BUILT, CALL_OUT_OF_ORDER, NONE, "this kind of socket cannot do that") \
    X(EAFNOSUPPORT, DNS_NO_ADDRESS, OPTION_NOT_BUILT, NONE, "this system does not have that address family: often IPv6 is off") \
    X(EADDRINUSE, TCP_FAILED, CALL_OUT_OF_ORDER, NONE, "the local address and port are taken") \
    X(EADDRNOTAVAIL, TCP_UNREACHABLE, TCP_NO_SOCKETS, NONE, "this machine has no local address from which to reach that one, or no port left") \
    X(ENETDOWN, TCP_UNREACHABLE, TCP_INTERFACE, NONE, "the network interface is down") \
    X(ENETUNREACH, TCP_UNREACHABLE, NONE, NONE, "there is no route to that network: the interface has no address yet, or no gateway") \
    X(ENETRESET, CONNECTION_LOST, NONE, NONE, "keep-alive found the connection dead") \
    X(ECONNABORTED, CONNECTION_LOST, TCP_RESET, NONE, "this machine's network gave the connection up: the interface went away, or the peer never acknowledged") \
    X(ECONNRESET, TCP_RESET, CONNECTION_LOST, CLOSED_IN_HANDSHAKE, "the peer, or something on the way, reset the connection (TCP RST)") \
    X(ENOBUFS, NO_MEMORY, TCP_NO_SOCKETS, NONE, "the network has no buffers left") \
    X(EISCONN, CALL_OUT_OF_ORDER, NONE, NONE, "the socket is connected already") \
    X(ENOTCONN, CONNECTION_LOST, CALL_OUT_OF_ORDER, NONE, "the socket is not connected any more, or not yet: on ESP-IDF what reading gives after the connection was lost") \
    X(ETIMEDOUT, TCP_NO_ANSWER, CONNECTION_LOST, NONE, "nobody acknowledged in time: nothing is there, or a firewall drops the packets") \
    X(ECONNREFUSED, TCP_REFUSED, NONE, NONE, "the machine is there, and nothing listens on that port") \
    X(EHOSTDOWN, TCP_UNREACHABLE, NONE, NONE, "the machine does not answer on its own network") \
    X(EHOSTUNREACH, TCP_UNREACHABLE, NONE, NONE, "there is no way to that machine: no route, nobody answers ARP, or a router says so") \
    X(EALREADY, CALL_OUT_OF_ORDER, WANT_MORE, NONE, "the connection is being opened already") \
    X(EINPROGRESS, WANT_MORE, NONE, NONE, "no error: the connection is being opened; wait until the socket can be written") \
    X(ECANCELED, CANCELLED, NONE, NONE, "the operation was cancelled")

#define CODES_RESOLVER(X) \
    X(EAI_BADFLAGS, OPTION_INVALID, NONE, NONE, "the resolver was asked with flags that it does not know") \
    X(EAI_NONAME, DNS_NO_NAME, DNS_NO_SERVER, NONE, "the name does not exist") \
    X(EAI_AGAIN, DNS_NO_SERVER, DNS_TIMEOUT, NONE, "no name server answered: the network is not up, or none is set") \
    X(EAI_FAIL, DNS_FAILED, DNS_NO_NAME, DNS_NO_SERVER, "the name server could not answer; lwIP also says so of a name that does not exist") \
    X(EAI_NODATA, DNS_NO_ADDRESS, NONE, NONE, "the name exists and has no address of the wanted kind") \
    X(EAI_FAMILY, DNS_NO_ADDRESS, OPTION_INVALID, NONE, "the wanted address family is not supported") \
    X(EAI_SOCKTYPE, OPTION_INVALID, NONE, NONE, "the resolver was asked for a type of socket that it does not know") \
    X(EAI_SERVICE, OPTION_INVALID, NONE, NONE, "the port is neither a number nor a service that is known") \
    X(EAI_ADDRFAMILY, DNS_NO_ADDRESS, NONE, NONE, "the name has no address of the wanted family") \
    X(EAI_MEMORY, NO_MEMORY, NONE, NONE, "the resolver had no memory") \
    X(EAI_SYSTEM, DNS_FAILED, TCP_FAILED, NONE, "the system failed while the name was looked up; errno says why") \
    X(EAI_OVERFLOW, OPTION_INVALID, NONE, NONE, "the name is longer than the buffer for it") \
    X(EAI_CANCELED, CANCELLED, NONE, NONE, "the look-up was cancelled")
/* clang-format on */

#endif
