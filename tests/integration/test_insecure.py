# SPDX-License-Identifier: Apache-2.0
"""Without verification: only in a build that allows it, and only where no trust option is set.
Collected in such a build only."""
import pytest


@pytest.mark.parametrize("cert", ["server-ec", "server-untrusted", "server-expired", "server-name",
                                  "self-leaf"])
@pytest.mark.parametrize("version", [1, 2])
def test_no_trust_option_connects_with_a_warning(client, tls_peer, mode, cert, version):
    p = tls_peer(cert=cert, chain=cert != "self-leaf")
    r = client("echo:10", port=p.port, host="localhost", family=1, mode=mode,
               version=version).opened()
    assert r.action("echo").bytes == 10 and "not verified" in r.log.lower(), r.log


@pytest.mark.parametrize("version", [1, 2])
def test_trust_option_still_verifies(client, tls_peer, version):
    p = tls_peer(cert="server-untrusted")
    r = client(port=p.port, cacert="root-ec.pem", version=version)
    assert r.failed("handshake", "certificate refused").record.flags == 8, r


def test_global_store_still_verifies_and_must_not_be_empty(client, tls_peer):
    p = tls_peer(cert="server-untrusted")
    r = client(port=p.port, store="root-ec.pem", **{"global": 1})
    r.failed("handshake", "certificate refused")
    client(port=p.port, **{"global": 1}).failed("config", "invalid state")
