/* What `esp-tls check` asks, finds and says. cmd_check.c makes the connections; check_verdict.c
 * judges what came of them, without any; check_text.c and check_json.c tell it. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

#include "chain/chain_tree.h"
#include "cli/credentials.h"
#include "esp_tls_diagnosis.h"
#include "cli/connect_options.h"
#include "session.h"
#include "probe/survey.h"
#include "cli/target.h"
#include "cli/text.h"
#include "memory/estimate.h"
#include "memory/trial.h"

struct check_options {
    struct connect_options connect;
    struct target target;
    const char *path; /* to GET; NULL: nothing */
    bool no_memory;   /* leave the memory trials out */
    const char *html;
};

/* --- findings --------------------------------------------------------------------------------- */

enum check_weight {
    CHECK_FAILS,   /* no device can connect */
    CHECK_DEFAULT, /* a device with ESP-IDF's default settings cannot */
    CHECK_DEPENDS, /* some settings that are in use cannot */
    CHECK_NOTE     /* it works; worth knowing */
};

/** What can be found of a server: check_findings.c. What helps is said by the library's own list of
 *  reasons and remedies (esp_tls_reasons.h) wherever it has it. */
struct check_finding_row {
    const char *id;
    enum check_weight weight;
    enum tool_exit exit; /* class of the failure that a device sees */
    const char *title;
    esp_tls_reason_t reason;    /* why the device fails then; NONE: it does not, or several */
    esp_tls_remedy_t remedy[2]; /* instead of all that the reason has */
    const char *advice;         /* what the library's list does not have, or NULL */
};

struct check_finding {
    const struct check_finding_row *row;
    esp_tls_reason_t reason;
    char evidence[700]; /* what was seen of it */
    char remedy[1400];
};

#define CHECK_FINDINGS 24

const char *check_weight_name(enum check_weight weight);

/* --- the verdict for devices ------------------------------------------------------------------ */

enum check_works {
    CHECK_NO,
    CHECK_YES,
    CHECK_UNTRIED /* what stops every device came before it */
};

/** One way to configure a device. */
struct check_device {
    const char *name;
    const char *setting; /* of sdkconfig */
    enum check_works works;
    bool is_estimated; /* nothing was tried: it does not count in the verdict */
    char why[300];     /* it fails, or was not tried; "" else */
};

#define CHECK_DEVICES 16

enum {
    NO_APPLICATION_PROTOCOL = 120
}; /* AlertDescription, RFC 7301 section 3.2 */

/* --- all of it -------------------------------------------------------------------------------- */

struct check {
    struct check_options options;
    struct identity identity;
    struct capture capture;

    struct dial_name dns;
    const struct dial_address *address; /* that was used; NULL: none answers */
    struct failure way;                 /* the proxy did not lead there; no options: it did */
    enum tool_exit way_exit;
    struct survey survey;
    const char *alpn[2]; /* of the survey's protocols, the one that was offered in the end: it
                                 answers no others; NULL: as the options have it */
    bool needs_alpn;     /* without, the server refuses: every probe has it */
    const char *const *refused_alpn; /* that were offered before, and refused; NULL: none was */
    struct certs sent;               /* the chain as it was sent */
    struct chain_tree chain; /* put in relation; whom a device trusts is the verifier's word */
    struct session session_1_2, session_1_3; /* as much as the server sends */
    struct session session_any;          /* both offered: what a program gets that sets neither */
    struct session small_1_2, small_1_3; /* records of at most CHECK_SMALL bytes taken */
    bool has_memory;                     /* the trials were made, and both are complete */
    const char *no_memory_why;           /* why not */
    struct trial elastic, fixed;
    bool has_estimates; /* of what ESP-IDF's own esp-tls takes for this server */
    struct estimates estimates;
    unsigned connections;
    int64_t unix_s; /* when it began */
    uint32_t us;

    struct check_finding finding[CHECK_FINDINGS]; /* the gravest first */
    size_t findings;
    struct check_device device[CHECK_DEVICES];
    size_t devices;
    char verdict[700];
    enum tool_exit exit;
};

#define CHECK_SMALL 4096

/** The connection whose details are told: TLS 1.3 if it was opened, else 1.2, else one that failed;
 *  NULL: none was tried. */
const struct session *check_shown(const struct check *c);

/** Fill in finding, device, verdict and exit. No I/O. */
void check_judge(struct check *c);

/** Is there nothing of a default ESP-IDF in what was accepted, without what is excluded
 *  (PROBE_IS_...)? Of an empty list nothing is known: no. */
bool check_lacks(const struct survey_list *list, enum probe_kind kind, uint8_t excluded);

/** Is nothing of what was accepted in the build of this program? ESP-IDF's has more by default: CBC
 *  suites, and the RSA key exchange. */
bool check_is_beyond_this_build(const struct survey_list *suites);

/** Did a connection fail because a record was too large for it? */
bool check_small_failed(const struct session *small);

/** The rows for devices; the findings must be there. */
void check_judge_devices(struct check *c);

/** Findings of what stands before TLS: the name, its addresses, a peer that speaks neither TLS 1.2
 *  nor 1.3 (check_reach.c). */
void check_judge_name(struct check *c);
void check_judge_addresses(struct check *c);
void check_judge_way(struct check *c);
void check_judge_no_version(struct check *c);

/** Why all devices are the same: none connects, or none could be tried, for one reason.
 *  @return NULL: they differ, or the reasons do */
const char *check_all_devices(const struct check *c, enum check_works works);

/** Add a finding.
 *  @param evidence  copied; "" is legal
 *  @param advice    goes before the remedies, or NULL
 *  @param d         what the remedies' words come from; its likeliest reason counts when the row
 *                   has none; may be NULL */
void check_add(struct check *c, const char *id, const char *evidence, const char *advice,
               const esp_tls_diagnosis_t *d);

/** Add a finding whose evidence is what a diagnosis says. */
void check_add_diagnosis(struct check *c, const char *id, const esp_tls_diagnosis_t *d);

void check_print_text(const struct check *c, FILE *out);
/** What --json prints, and the page draws. @param check  a struct check */
void check_print_json(const void *check, FILE *out);

/** Why a session did not open, in words. */
void check_explain_session(const struct session *s, struct text *text);

/** The protocols that the server takes, ", " between; "": it was not asked. */
void check_protocols_text(const struct check *c, struct text *text);

/** Copy with a capital letter at the beginning. */
void check_capital(char *to, size_t cap, const char *from);

/** Take the chain that the survey saw. Without memory for it, it stays empty. */
void check_take_chain(struct check *c);

/** Bytes of all certificates. */
size_t check_chain_len(const struct check *c);

/** Does the path end in a root that was sent? */
bool check_ends_in_root(const struct check *c);

/** "EC P-256", "RSA 2048". */
void check_key_text(const struct cert *cert, char *text, size_t cap);

const char *check_signature_text(const struct cert *cert);

/** The names of a server, ", " between. */
void check_names_text(const struct cert *cert, char *text, size_t cap);

/** Bytes of the stapled OCSP response, of whatever version; 0: none. */
uint32_t check_ocsp_len(const struct check *c);

/** What a probe came to, in a few words: "accepted", "refused (protocol_version)". */
void check_reply_text(const struct probe_reply *r, char *text, size_t cap);

#endif
