#!/usr/bin/python3
"""Settings: from sdkconfig.defaults to sdkconfig.h.

    kconfig.py generate --config sdkconfig --defaults A;B --header sdkconfig.h --cmake sdkconfig.cmake
    kconfig.py generate --profile device ...
    kconfig.py menuconfig --config sdkconfig --defaults A;B

`generate` makes the sdkconfig when it is missing (and makes it anew when nobody has edited it and
the defaults have changed), then the C header and the same values for CMake. A setting that
contradicts another is refused with a sentence, on stderr, and exit status 1. With --profile the
header has the same settings in that profile (ESP_TLS_PROFILE), and the sdkconfig is only read.
"""
import argparse
import hashlib
import os
import re
import sys

import kconfiglib
from kconfiglib import BOOL, HEX, INT, STRING, Kconfig

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MADE = "# Made by cmake/kconfig.py from the defaults, not edited since: "

# Names that older releases of ESP-IDF and the ESP8266 SDK used, and what they are called today.
RENAMED = {
    "OTA_ALLOW_HTTP": "ESP_HTTPS_OTA_ALLOW_HTTP",
    "MBEDTLS_CUSTOM_CERTIFICATE_BUNDLE_MAX_CERTS": "MBEDTLS_CERTIFICATE_BUNDLE_MAX_CERTS",
}


class Refused(Exception):
    """A setting that cannot be honoured; the argument is a list of sentences."""


def rules(on, num):
    """Contradictions that dependencies alone cannot say. Yields sentences.

    on("X")  True when bool X is set;  num("X")  the value of an int."""
    dynamic = on("MBEDTLS_DYNAMIC_BUFFER")
    if on("MBEDTLS_TLS_ENABLED") and not (
        on("MBEDTLS_SSL_PROTO_TLS1_2") or on("MBEDTLS_SSL_PROTO_TLS1_3")
    ):
        yield (
            "TLS is on (MBEDTLS_TLS_ENABLED) but no version of it: set "
            "MBEDTLS_SSL_PROTO_TLS1_2 or MBEDTLS_SSL_PROTO_TLS1_3."
        )
    if dynamic and on("MBEDTLS_SSL_RENEGOTIATION"):
        yield (
            "MBEDTLS_DYNAMIC_BUFFER frees what a second handshake on the same connection needs: "
            "set MBEDTLS_SSL_RENEGOTIATION=n."
        )
    if on("MBEDTLS_DYNAMIC_FREE_PEER_CERT") and on("MBEDTLS_SSL_KEEP_PEER_CERTIFICATE"):
        yield (
            "MBEDTLS_DYNAMIC_FREE_PEER_CERT frees the certificate that "
            "MBEDTLS_SSL_KEEP_PEER_CERTIFICATE keeps: set one of them to n."
        )
    if on("ESP_TLS_CUSTOM_STACK"):
        yield (
            "ESP_TLS_CUSTOM_STACK is for stacks that a later release takes: set "
            "ESP_TLS_USING_MBEDTLS=y."
        )

    curves = [s for s in CURVES if on(s)]
    ecdhe = [s for s in ECDHE if on(s)]
    if ecdhe and not curves:
        yield f"{ecdhe[0]} needs an elliptic curve: set one of {CURVES[0]}, {CURVES[-1]} ..."
    if on("MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA") and curves == ["MBEDTLS_ECP_DP_CURVE25519_ENABLED"]:
        yield (
            "MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA needs a curve that can sign, and CURVE25519 cannot: "
            "set MBEDTLS_ECP_DP_SECP256R1_ENABLED=y."
        )
    if on("MBEDTLS_SSL_PROTO_TLS1_2") and not any(on(s) for s in KEY_EXCHANGES):
        yield "MBEDTLS_SSL_PROTO_TLS1_2 needs at least one of " + ", ".join(KEY_EXCHANGES) + "."
    if on("MBEDTLS_SSL_PROTO_TLS1_3") and not any(on(s) for s in MODES_13):
        yield "MBEDTLS_SSL_PROTO_TLS1_3 needs at least one of " + ", ".join(MODES_13) + "."
    if (
        on("MBEDTLS_SSL_PROTO_TLS1_3")
        and (on(MODES_13[0]) or on(MODES_13[1]))
        and not (curves and on("MBEDTLS_ECDH_C"))
    ):
        yield (
            "The ephemeral key exchanges of TLS 1.3 need MBEDTLS_ECDH_C and an elliptic curve "
            "(MBEDTLS_ECP_DP_SECP256R1_ENABLED, for one)."
        )
    if on("MBEDTLS_TLS_ENABLED") and not any(
        on(s) for s in ("MBEDTLS_GCM_C", "MBEDTLS_CCM_C", "MBEDTLS_CHACHAPOLY_C",
                        "MBEDTLS_CIPHER_MODE_CBC")
    ):
        yield "TLS needs a cipher: set MBEDTLS_GCM_C, MBEDTLS_CCM_C or MBEDTLS_CHACHAPOLY_C."
    if on("MBEDTLS_SSL_PROTO_TLS1_3") and not any(
        on(s) for s in ("MBEDTLS_GCM_C", "MBEDTLS_CCM_C", "MBEDTLS_CHACHAPOLY_C")
    ):
        yield (
            "TLS 1.3 knows authenticated ciphers only: set MBEDTLS_GCM_C, MBEDTLS_CCM_C or "
            "MBEDTLS_CHACHAPOLY_C."
        )
    if on("MBEDTLS_TLS_ENABLED") and not on("MBEDTLS_X509_CRT_PARSE_C"):
        if not on("ESP_TLS_PSK_VERIFICATION"):
            yield (
                "Without MBEDTLS_X509_CRT_PARSE_C no server can be verified: set it, or "
                "ESP_TLS_PSK_VERIFICATION."
            )
    if num("ESP_TLS_MPI_MAX_SIZE") is not None and on("MBEDTLS_RSA_C"):
        if num("ESP_TLS_MPI_MAX_SIZE") < 256:
            yield "ESP_TLS_MPI_MAX_SIZE below 256 cannot hold an RSA key of 2048 bits."


# Why a symbol needs what its `depends on` says: added to the sentence that refuses it.
REASONS = {
    "ESP_TLS_SKIP_SERVER_CERT_VERIFY": "It is insecure, and has to be asked for twice",
    "ESP_TLS_P256M": "It signs with random nonces; with deterministic ECDSA Mbed TLS would silently "
                     "use its own code instead",
    "MBEDTLS_DYNAMIC_BUFFER": "It reads records from a stream, into buffers whose size it decides",
}

CURVES = [
    "MBEDTLS_ECP_DP_%s_ENABLED" % c
    for c in "SECP256R1 SECP384R1 SECP521R1 SECP256K1 BP256R1 BP384R1 BP512R1 CURVE25519".split()
]
ECDHE = ["MBEDTLS_KEY_EXCHANGE_" + k for k in ("ECDHE_RSA", "ECDHE_ECDSA", "ECDHE_PSK")]
KEY_EXCHANGES = ["MBEDTLS_KEY_EXCHANGE_PSK"] + ECDHE
MODES_13 = [
    "MBEDTLS_SSL_TLS1_3_KEXM_" + m for m in ("EPHEMERAL", "PSK_EPHEMERAL", "PSK")
]


def load(kconfig):
    os.environ.setdefault("srctree", os.path.dirname(os.path.abspath(kconfig)))
    os.environ.setdefault("CONFIG_", "CONFIG_")
    # Unknown symbols and the like are refused by the code below, in sentences.
    return Kconfig(os.path.basename(kconfig), warn=False, suppress_traceback=True)


def assignments(path):
    """The lines that set something: (line number, symbol, value); "n" for `is not set`."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.strip()
            unset = re.fullmatch(r"# CONFIG_(\w+) is not set", line)
            if unset:
                yield number, unset[1], "n"
            elif line and not line.startswith("#"):
                name, equals, value = line.partition("=")
                if not equals or not name.startswith("CONFIG_"):
                    raise Refused([f"{shown(path)}:{number}: not a setting: {line}"])
                value = value.strip()
                if len(value) > 1 and value[0] == '"' == value[-1]:
                    value = re.sub(r"\\(.)", r"\1", value[1:-1])
                yield number, name[len("CONFIG_"):].strip(), value


def shown(path):
    inside = os.path.relpath(path, ROOT)
    return path if inside.startswith("..") else inside


def assign(kconf, path, strict):
    """Sets what the file says. Returns {symbol: (where, value)} of what has to come true."""
    wanted, wrong = {}, []
    for number, name, value in assignments(path):
        where = f"{shown(path)}:{number}"
        if name in RENAMED:
            name = RENAMED[name]
        sym = kconf.syms.get(name)
        if sym is None or not sym.nodes:
            if value != "n":
                wrong.append(f"{where}: there is no setting CONFIG_{name}.")
            continue
        if not any(node.prompt for node in sym.nodes):
            # A full sdkconfig lists these as well; their value is derived.
            if strict:
                wrong.append(f"{where}: CONFIG_{name} is derived and cannot be set.")
            continue
        if value == "" and sym.orig_type in (INT, HEX):
            continue
        if not sym.set_value(value) and not (sym.orig_type == BOOL and value == "n"):
            wrong.append(f"{where}: CONFIG_{name}={value} is not a value of type "
                         f"{kconfiglib.TYPE_TO_STR[sym.orig_type]}.")
            continue
        wanted[sym] = (where, value)
    if wrong:
        raise Refused(wrong)
    return wanted


def same(sym, value):
    if sym.orig_type in (INT, HEX):
        base = 16 if sym.orig_type == HEX else 10
        try:
            return int(sym.str_value, base) == int(value, base)
        except ValueError:
            return False
    return sym.str_value == value


def why(sym, value):
    """The reason why a symbol did not take the value."""
    name = f"CONFIG_{sym.name}"
    if sym.orig_type in (INT, HEX):
        base = 16 if sym.orig_type == HEX else 10
        for low, high, cond in sym.ranges:
            if kconfiglib.expr_value(cond):
                if not int(low.str_value, 0) <= int(value, base) <= int(high.str_value, 0):
                    return f"{name}={value} is outside {low.str_value} to {high.str_value}."
    if sym.choice and value == "y" and sym.choice.selection not in (None, sym):
        return f"{name}=y, but CONFIG_{sym.choice.selection.name} is chosen: only one can be."
    depends = kconfiglib.expr_str(sym.direct_dep)
    if not kconfiglib.expr_value(sym.direct_dep):
        reason = REASONS.get(sym.name, "")
        return f"{name}={value} needs {depends}, which is not so{reason and '. ' + reason}."
    if value == "n" and kconfiglib.expr_value(sym.rev_dep):
        by = [kconfiglib.expr_str(e) for e in kconfiglib.split_expr(sym.rev_dep, kconfiglib.OR)
              if kconfiglib.expr_value(e)]
        return f"{name}=n, but it is required by {', '.join(by)}."
    if sym.choice:
        return f"{name}={value}, but one of its choice must be y."
    return f"{name}={value} cannot be: it is {sym.str_value or 'n'}."


def is_default(sym, value):
    return any(getattr(default, "str_value", None) == value for default, _ in sym.orig_defaults)


def check(kconf, wanted, strict):
    wrong = []
    for sym, (where, value) in wanted.items():
        if same(sym, value) or (value == "n" and sym.str_value == ""):
            continue
        # A full sdkconfig names every symbol. Lines that only repeat a default, or that a newer
        # `select` raises, are no wish of anybody's.
        if not strict and (value == "n" or is_default(sym, value)):
            continue
        wrong.append(f"{where}: {why(sym, value)}")

    def on(name):
        sym = kconf.syms.get(name)
        return sym is not None and sym.str_value == "y"

    def num(name):
        sym = kconf.syms.get(name)
        return int(sym.str_value, 0) if sym is not None and sym.str_value else None

    wrong.extend(rules(on, num))
    if wrong:
        raise Refused(wrong)


def contents(kconf):
    return kconf._config_contents("")  # the text that write_config() would write


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def write(path, text):
    if read(path) == text:
        return
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    new = f"{path}.{os.getpid()}"
    with open(new, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(new, path)


def unedited(text):
    """True for an sdkconfig that this program made and nobody has touched."""
    if text is None:
        return True
    first, _, body = text.partition("\n")
    return first.startswith(MADE) and first[len(MADE):] == digest(body)


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def configure(kconf, config, defaults):
    """Loads the settings and checks them; returns the text that the sdkconfig should have."""
    text = read(config)
    strict = unedited(text)
    wanted = {}
    if strict:
        for path in defaults:
            wanted.update(assign(kconf, path, strict))
    else:
        wanted = assign(kconf, config, strict)
    check(kconf, wanted, strict)
    if not strict:
        return text
    body = contents(kconf)
    return f"{MADE}{digest(body)}\n{body}"


def header(kconf):
    lines = ["/* Made by cmake/kconfig.py: the settings, as C sees them. Do not edit. */",
             "#pragma once", ""]
    for sym in kconf.unique_defined_syms:
        value = sym.str_value
        if sym.orig_type == BOOL:
            if value == "y":
                lines.append(f"#define CONFIG_{sym.name} 1")
        elif sym.orig_type == STRING:
            if sym.visibility or value:
                lines.append(f'#define CONFIG_{sym.name} "{kconfiglib.escape(value)}"')
        elif value:
            if sym.orig_type == HEX and not value.lower().startswith("0x"):
                value = "0x" + value
            lines.append(f"#define CONFIG_{sym.name} {value}")
    return "\n".join(lines) + "\n"


def cmake(kconf):
    lines = ["# Made by cmake/kconfig.py: the settings, as CMake sees them. Do not edit."]
    for sym in kconf.unique_defined_syms:
        if sym.str_value not in ("", "n"):
            lines.append(f'set(CONFIG_{sym.name} "{kconfiglib.escape(sym.str_value)}")')
    lines.append("set(KCONFIG_FILES")
    lines += [f'    "{os.path.join(kconf.srctree, name)}"' for name in kconf.kconfig_filenames]
    return "\n".join(lines) + ")\n"


def switch_off(kconf, names):
    """What cannot be had with the Mbed TLS at hand is off, whatever the settings say; the file of the
    settings stays as it is."""
    for name in names:
        name, is_number, value = name.partition("=")
        if is_number and kconf.syms[name].str_value != "0":
            continue
        kconf.syms[name].set_value(value or "n")
        if kconf.syms[name].str_value == "y":
            raise Refused([f"CONFIG_{name} cannot be had with this Mbed TLS, and is needed: "
                           f"{why(kconf.syms[name], 'n')}"])


def follows_profile(item):
    names = {"ESP_TLS_PROFILE_HOST", "ESP_TLS_PROFILE_DEVICE"}
    return any(symbol.name in names for _, condition in item.orig_defaults
               for symbol in kconfiglib.expr_items(condition))


def forget_defaults(kconf):
    """A full sdkconfig names every symbol: what only repeats a default is nobody's wish, and follows
    the profile."""
    for sym in filter(follows_profile, kconf.unique_defined_syms):
        value, wish = sym.str_value, sym.user_value
        sym.unset_value()
        if wish is not None and sym.str_value != value:
            sym.set_value(wish)
    for choice in filter(follows_profile, kconf.unique_choices):
        chosen = choice.selection
        for item in (choice, *choice.syms):
            item.unset_value()
        if choice.selection is not chosen:
            chosen.set_value("y")


def generate(args):
    kconf = load(args.kconfig)
    text = configure(kconf, args.config, args.defaults)
    if args.profile:
        if not unedited(read(args.config)):
            forget_defaults(kconf)
        kconf.syms[f"ESP_TLS_PROFILE_{args.profile.upper()}"].set_value("y")
    else:
        write(args.config, text)
    switch_off(kconf, args.off)
    write(args.header, header(kconf))
    write(args.cmake, cmake(kconf))


def menuconfig(args):
    import menuconfig as menu

    kconf = load(args.kconfig)
    write(args.config, configure(kconf, args.config, args.defaults))
    os.environ["KCONFIG_CONFIG"] = args.config
    menu.menuconfig(load(args.kconfig))
    after = load(args.kconfig)
    configure(after, args.config, args.defaults)  # say at once what the build would refuse


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("generate", "menuconfig"))
    parser.add_argument("--kconfig", default=os.path.join(ROOT, "Kconfig"))
    parser.add_argument("--config", default=os.path.join(ROOT, "sdkconfig"))
    parser.add_argument("--defaults", default=os.path.join(ROOT, "sdkconfig.defaults"),
                        type=lambda text: [name for name in text.split(";") if name])
    parser.add_argument("--off", default="", type=lambda text: [n for n in text.split(";") if n],
                        help="symbols that are off, whatever the settings say; NAME=NUMBER: not 0")
    parser.add_argument("--bits", choices=("32", "64"), default="64" if sys.maxsize > 2**32 else "32",
                        help="the width of an address on the machine that the settings are for")
    parser.add_argument("--profile", choices=("host", "device"),
                        help="the same settings in this profile")
    parser.add_argument("--header", help="the C header to write")
    parser.add_argument("--cmake", help="the CMake file to write")
    args = parser.parse_args(argv)
    if isinstance(args.defaults, str):
        args.defaults = [args.defaults]
    args.off = args.off or []
    os.environ["ESP_TLS_BITS"] = args.bits
    if args.command == "generate" and not (args.header and args.cmake):
        parser.error("generate needs --header and --cmake")
    try:
        {"generate": generate, "menuconfig": menuconfig}[args.command](args)
    except Refused as refused:
        for sentence in refused.args[0]:
            print(f"esp-tls: {sentence}", file=sys.stderr)
        return 1
    except (OSError, kconfiglib.KconfigError) as error:
        print(f"esp-tls: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
