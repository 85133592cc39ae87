#include "survey.h"

#include <pthread.h>
#include <string.h>

#include "psa/crypto.h"

#define LIST_MOST 64

enum {
    NO_APPLICATION_PROTOCOL = 120
}; /* AlertDescription, RFC 7301 section 3.2 */

/** The work in hand: tasks are taken one after the other by the lanes. */
struct work {
    struct survey *s;
    const struct probe_server *server;
    int64_t until_us;
    uint16_t share_group; /* of TLS 1.3; 0: none that there can be keys for */
    pthread_mutex_t lock; /* of what follows, and of the survey's counters */
    const struct task *tasks;
    size_t count;
    size_t next;
};

/* --- lists to offer --------------------------------------------------------------------------- */

struct offer {
    uint16_t id[LIST_MOST];
    size_t count;
};

static struct probe_list as_list(const struct offer *o)
{
    return (struct probe_list){o->id, o->count};
}

/** Which rows make sense with a version. */
static bool fits_version(const struct probe_point *p, enum probe_kind kind, uint16_t version)
{
    if (kind == PROBE_SUITES_1_2) {
        return version == PROBE_TLS_1_2 || (p->about & PROBE_IS_LEGACY) != 0;
    }
    return (p->about & (version >= PROBE_TLS_1_3 ? PROBE_IS_1_2_ONLY : PROBE_IS_1_3_ONLY)) == 0;
}

static void offer_all(struct offer *o, enum probe_kind kind, uint16_t version)
{
    size_t count;
    const struct probe_point *p = probe_points(kind, &count);

    o->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (fits_version(&p[i], kind, version)) {
            o->id[o->count++] = p[i].id;
        }
    }
}

static bool withdraw(struct offer *o, uint16_t id)
{
    for (size_t i = 0; i < o->count; i++) {
        if (o->id[i] == id) {
            memmove(&o->id[i], &o->id[i + 1], (o->count - i - 1) * sizeof(o->id[0]));
            o->count--;
            return true;
        }
    }
    return false;
}

/** Groups of ECDHE in TLS 1.2 are only asked about by suites that use them. */
static void only_ecdhe(struct offer *o)
{
    struct offer kept = {.count = 0};

    for (size_t i = 0; i < o->count; i++) {
        const struct probe_point *p = probe_point(PROBE_SUITES_1_2, o->id[i]);

        if (p != NULL && strstr(p->name, "_ECDHE_") != NULL) {
            kept.id[kept.count++] = o->id[i];
        }
    }
    *o = kept;
}

/* --- one question ----------------------------------------------------------------------------- */

/** Everything that there is to offer in a version. */
struct all {
    struct offer suites, groups, signatures;
    struct probe_question question;
};

/** A question, or a list that is found by many. */
struct task {
    void (*run)(struct work *w, const struct task *task, struct all *all);
    uint16_t version;
    bool is_ecdhe;  /* ask by suites with ECDHE only */
    bool is_opened; /* TLS 1.3, opened: with keys */
    /* of a list, as offsets */
    size_t offer;  /* in struct all: what is withdrawn from */
    size_t picked; /* in the answer */
    size_t kept;   /* in the survey */
};

static void all_of(struct all *all, uint16_t version)
{
    memset(all, 0, sizeof(*all));
    offer_all(&all->suites, version >= PROBE_TLS_1_3 ? PROBE_SUITES_1_3 : PROBE_SUITES_1_2,
              version);
    offer_all(&all->groups, PROBE_GROUPS, version);
    offer_all(&all->signatures, PROBE_SIGNATURES, version);
    all->question.hello.version = version;
    all->question.no_alpn = true;
}

static void run_task(struct work *w, const struct task *task)
{
    struct all all;

    if (task->is_opened && w->share_group == 0) {
        return; /* there can be no keys */
    }
    all_of(&all, task->version);
    if (task->is_ecdhe) {
        only_ecdhe(&all.suites);
    }
    if (task->is_opened) {
        all.question.hello.share_group = w->share_group;
        all.question.open_1_3 = true;
        all.groups.id[0] = w->share_group;
        all.groups.count = 1;
    }
    task->run(w, task, &all);
}

/** @return false: there is no time or connection left, and nothing was asked */
static bool ask_survey(struct work *w, struct all *all, struct probe_reply *reply)
{
    struct probe_server server = *w->server;
    int64_t left_ms = (w->until_us - dial_now_us()) / 1000;
    bool may;

    (void)pthread_mutex_lock(&w->lock);
    may = left_ms > 0 && w->s->connections < SURVEY_CONNECTIONS;
    if (may) {
        w->s->connections++;
    } else {
        w->s->is_complete = false;
    }
    (void)pthread_mutex_unlock(&w->lock);
    if (!may) {
        return false;
    }
    server.timeout_ms = left_ms < server.timeout_ms ? (int)left_ms : server.timeout_ms;
    all->question.hello.suites = as_list(&all->suites);
    all->question.hello.groups = as_list(&all->groups);
    all->question.hello.signatures = as_list(&all->signatures);
    probe_ask(&server, &all->question, reply);
    return true;
}

/** A server that refuses is asked again without protocols: it may have refused these, and not every
 *  one says so by the alert of RFC 7301 section 3.2. */
static bool ask_with_alpn(struct work *w, struct all *all, struct probe_reply *reply)
{
    bool is_said;

    if (!ask_survey(w, all, reply)) {
        return false;
    }
    if (all->question.no_alpn || w->server->needs_alpn || w->server->alpn == NULL ||
        reply->outcome != PROBE_REFUSED) {
        return true;
    }
    is_said = reply->answer.alert == NO_APPLICATION_PROTOCOL;
    if (all->question.chain != NULL) {
        probe_chain_clear(all->question.chain);
    }
    all->question.no_alpn = true;
    if (!ask_survey(w, all, reply)) {
        return false;
    }
    if (reply->outcome == PROBE_ACCEPTED) {
        (void)pthread_mutex_lock(&w->lock);
        *(is_said ? &w->s->says_no_alpn : &w->s->is_better_without_alpn) = true;
        (void)pthread_mutex_unlock(&w->lock);
    }
    return true;
}

/* --- lists ------------------------------------------------------------------------------------ */

static void keep(struct survey_list *list, uint16_t id)
{
    if (list->count < SURVEY_LIST) {
        list->id[list->count++] = id;
    }
}

/** Ask until the server refuses. */
static void find_list(struct work *w, const struct task *task, struct all *all)
{
    struct offer *offer = (struct offer *)((char *)all + task->offer);
    struct survey_list *list = (struct survey_list *)((char *)w->s + task->kept);
    struct probe_reply reply;

    while (offer->count > 0) {
        uint16_t id;

        if (!ask_survey(w, all, &reply)) {
            return;
        }
        if (reply.outcome != PROBE_ACCEPTED) {
            list->is_complete = reply.outcome == PROBE_REFUSED;
            return;
        }
        memcpy(&id, (char *)&reply.answer + task->picked, sizeof(id));
        if (!withdraw(offer, id)) { /* it picked what was not offered, or nothing */
            break;
        }
        keep(list, id);
    }
    list->is_complete = true;
}

/** TLS 1.2 wants the curve of an EC certificate among the groups, too (RFC 8422 section 5.1): when
 *  nothing goes without the group that was picked last, it is left at the end of the list. */
static void find_groups_1_2(struct work *w, const struct task *task, struct all *all)
{
    struct survey_list *list = &w->s->groups_1_2;
    uint16_t last;

    find_list(w, task, all);
    if (list->count == 0 || !list->is_complete || all->groups.count == 0) {
        return;
    }
    last = list->id[list->count - 1];
    while (all->groups.count > 0) {
        struct probe_reply reply;

        all->groups.id[all->groups.count++] = last;
        if (!ask_survey(w, all, &reply)) {
            list->is_complete = false;
            return;
        }
        all->groups.count--;
        if (reply.outcome != PROBE_ACCEPTED || reply.answer.group == last ||
            !withdraw(&all->groups, reply.answer.group)) {
            return;
        }
        keep(list, reply.answer.group);
    }
}

/* --- TLS 1.3, opened -------------------------------------------------------------------------- */

/** Groups for which there can be keys. */
static const uint16_t share_groups[] = {29, 23, 24, 25};

#define SHARE_GROUPS (sizeof(share_groups) / sizeof(share_groups[0]))

static bool is_share_group(uint16_t group)
{
    for (size_t i = 0; i < SHARE_GROUPS; i++) {
        if (share_groups[i] == group) {
            return true;
        }
    }
    return false;
}

/** The server's own choice, or when that is another kind its choice among these. */
static uint16_t find_share_group(struct work *w)
{
    uint16_t chosen = w->s->version[survey_index(PROBE_TLS_1_3)].answer.group;
    struct probe_reply reply;
    struct all all;

    if (is_share_group(chosen)) {
        return chosen;
    }
    all_of(&all, PROBE_TLS_1_3);
    memcpy(all.groups.id, share_groups, sizeof(share_groups));
    all.groups.count = SHARE_GROUPS;
    if (!ask_survey(w, &all, &reply) || reply.outcome != PROBE_ACCEPTED) {
        return 0;
    }
    return is_share_group(reply.answer.group) ? reply.answer.group : 0;
}

static void look_into_1_3(struct work *w, const struct task *task, struct all *all)
{
    struct survey *s = w->s;

    (void)task;
    all->question.hello.ask_ocsp = true;
    all->question.no_alpn = false;
    all->question.chain = &s->chain_1_3;
    (void)ask_with_alpn(w, all, &s->flight_1_3);
}

/* --- limits of record sizes ------------------------------------------------------------------- */

#define LIMIT    512
#define OVERHEAD 256 /* of a record that is encrypted, RFC 8446 section 5.2 */

static bool keeps_to(const struct probe_answer *a, size_t most)
{
    for (size_t i = 0; i < a->records && i < PROBE_RECORDS; i++) {
        if (a->record[i].len > most) {
            return false;
        }
    }
    return true;
}

static void find_max_fragment(struct work *w, const struct task *task, struct all *all)
{
    struct probe_reply reply;

    (void)task;
    all->question.hello.max_fragment = 1; /* 512 bytes */
    if (ask_survey(w, all, &reply) && reply.outcome == PROBE_ACCEPTED &&
        reply.answer.max_fragment == 1) {
        w->s->max_fragment = keeps_to(&reply.answer, LIMIT);
        w->s->max_fragment_is_ignored = !w->s->max_fragment;
    }
}

static void find_record_limit(struct work *w, const struct task *task, struct all *all)
{
    struct probe_reply reply;

    (void)task;
    all->question.hello.record_limit = LIMIT;
    if (ask_survey(w, all, &reply) && reply.outcome == PROBE_ACCEPTED &&
        reply.answer.record_limit != 0) {
        w->s->record_limit = keeps_to(&reply.answer, LIMIT + OVERHEAD);
        w->s->record_limit_is_ignored = !w->s->record_limit;
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

static void ask_version(struct work *w, const struct task *task, struct all *all)
{
    struct probe_reply *reply = &w->s->version[survey_index(task->version)];

    if (task->version == PROBE_TLS_1_2) {
        all->question.hello.ask_ocsp = true;
        all->question.hello.ask_ticket = true;
        all->question.no_alpn = false;
        all->question.chain = &w->s->chain_1_2;
    }
    if (!ask_with_alpn(w, all, reply)) {
        reply->outcome = PROBE_TIMED_OUT;
    }
}

static void *lane(void *arg)
{
    struct work *w = arg;

    for (;;) {
        const struct task *task = NULL;

        (void)pthread_mutex_lock(&w->lock);
        if (w->next < w->count) {
            task = &w->tasks[w->next++];
        }
        (void)pthread_mutex_unlock(&w->lock);
        if (task == NULL) {
            return NULL;
        }
        run_task(w, task);
    }
}

/** With one lane, or no threads to be had, it is done here. */
static void run_tasks(struct work *w, const struct task *tasks, size_t count, unsigned lanes)
{
    pthread_t thread[SURVEY_LANES];
    unsigned started = 0;

    w->tasks = tasks;
    w->count = count;
    w->next = 0;
    while (started + 1 < lanes && pthread_create(&thread[started], NULL, lane, w) == 0) {
        started++;
    }
    (void)lane(w);
    while (started > 0) {
        (void)pthread_join(thread[--started], NULL);
    }
}

bool survey_accepts(const struct survey *s, uint16_t version)
{
    const struct probe_reply *r = &s->version[survey_index(version)];

    return r->outcome == PROBE_ACCEPTED && r->answer.version == version;
}

bool survey_has(const struct survey_list *list, uint16_t id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->id[i] == id) {
            return true;
        }
    }
    return false;
}

const struct probe_chain *survey_chain(const struct survey *s)
{
    return s->chain_1_2.count > 0 ? &s->chain_1_2 : &s->chain_1_3;
}

static const struct task versions[] = {
    {.run = ask_version, .version = PROBE_TLS_1_2},
    {.run = ask_version, .version = PROBE_TLS_1_3},
    {.run = ask_version, .version = PROBE_TLS_1_1},
    {.run = ask_version, .version = PROBE_TLS_1_0},
};

#define LIST(kind, of_answer, in_survey)                                                           \
    offsetof(struct all, kind), offsetof(struct probe_answer, of_answer),                          \
        offsetof(struct survey, in_survey)

/** The longest first. */
static const struct task tasks_1_2[] = {
    {find_list, PROBE_TLS_1_2, false, false, LIST(suites, suite, suites_1_2)},
    {find_list, PROBE_TLS_1_2, true, false, LIST(signatures, signature, signatures_1_2)},
    {find_groups_1_2, PROBE_TLS_1_2, true, false, LIST(groups, group, groups_1_2)},
    {.run = find_max_fragment, .version = PROBE_TLS_1_2},
};

static const struct task tasks_1_3[] = {
    {.run = look_into_1_3, .version = PROBE_TLS_1_3, .is_opened = true},
    {find_list, PROBE_TLS_1_3, false, false, LIST(groups, group, groups_1_3)},
    {find_list, PROBE_TLS_1_3, false, false, LIST(suites, suite, suites_1_3)},
    {find_list, PROBE_TLS_1_3, false, true, LIST(signatures, signature, signatures_1_3)},
    {.run = find_record_limit, .version = PROBE_TLS_1_3, .is_opened = true},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t add_tasks(struct task *to, size_t at, const struct task *from, size_t count)
{
    memcpy(to + at, from, count * sizeof(*from));
    return at + count;
}

/** Empty the survey, and fill in its versions. */
static void begin_survey(struct work *w, unsigned lanes)
{
    memset(w->s, 0, sizeof(*w->s));
    w->s->is_complete = psa_crypto_init() == PSA_SUCCESS; /* once, before there are threads */
    (void)pthread_mutex_init(&w->lock, NULL);
    run_tasks(w, versions, COUNT(versions), lanes);
}

void survey_ask_versions(struct survey *s, const struct probe_server *server, unsigned lanes,
                         int64_t until_us)
{
    struct work w = {.s = s, .server = server, .until_us = until_us};

    begin_survey(&w, lanes);
    (void)pthread_mutex_destroy(&w.lock);
}

void survey_run(struct survey *s, const struct probe_server *server, unsigned lanes,
                int64_t until_us)
{
    struct work w = {.s = s, .server = server, .until_us = until_us};
    struct task tasks[COUNT(tasks_1_2) + COUNT(tasks_1_3)];
    int64_t began = dial_now_us();
    size_t count = 0;

    begin_survey(&w, lanes);
    if (survey_accepts(s, PROBE_TLS_1_2)) {
        count = add_tasks(tasks, count, tasks_1_2, COUNT(tasks_1_2));
    }
    if (survey_accepts(s, PROBE_TLS_1_3)) {
        w.share_group = find_share_group(&w);
        count = add_tasks(tasks, count, tasks_1_3, COUNT(tasks_1_3));
    }
    run_tasks(&w, tasks, count, lanes);
    (void)pthread_mutex_destroy(&w.lock);
    s->us = (uint32_t)(dial_now_us() - began);
}

#define COMMON_GROUPS 2 /* of those above: X25519 and P-256 */

/* --- protocols -------------------------------------------------------------------------------- */

/** MQTT, AWS IoT's two, HTTP, CoAP. */
static const char *const known_protocols[SURVEY_PROTOCOLS] = {
    "mqtt", "x-amzn-mqtt-ca", "x-amzn-http-ca", "http/1.1", "h2", "coap",
};

/** Offer these in one version. @return the one that was picked, as an index; -1: none */
static int pick_protocol(struct work *w, uint16_t version, const char *const *offered)
{
    struct probe_server server = *w->server;
    struct work one = *w;
    struct probe_reply reply;
    struct all all;

    server.alpn = offered;
    one.server = &server;
    all_of(&all, version);
    all.question.no_alpn = false;
    if (version == PROBE_TLS_1_3) {
        all.question.hello.share_group = w->share_group;
        all.question.open_1_3 = true;
        all.groups.id[0] = w->share_group;
        all.groups.count = 1;
    }
    if (!ask_survey(&one, &all, &reply) || reply.outcome != PROBE_ACCEPTED) {
        return -1;
    }
    for (int i = 0; offered[i] != NULL; i++) {
        if (strcmp(offered[i], reply.answer.alpn) == 0) {
            return i;
        }
    }
    return -1;
}

static void find_protocols(struct work *w, uint16_t version)
{
    const char *offered[SURVEY_PROTOCOLS + 1] = {NULL};
    struct survey *s = w->s;
    int picked;

    memcpy(offered, known_protocols, sizeof(known_protocols));
    while (offered[0] != NULL && (picked = pick_protocol(w, version, offered)) >= 0) {
        s->protocol[s->protocols++] = offered[picked];
        memmove(&offered[picked], &offered[picked + 1],
                (SURVEY_PROTOCOLS - (size_t)picked) * sizeof(offered[0]));
    }
}

void survey_ask_protocols(struct survey *s, const struct probe_server *server, int64_t until_us)
{
    struct work w = {.s = s, .server = server, .until_us = until_us};

    (void)pthread_mutex_init(&w.lock, NULL);
    s->protocols = 0;
    find_protocols(&w, PROBE_TLS_1_2);
    for (size_t i = 0; i < COMMON_GROUPS && s->protocols == 0; i++) {
        w.share_group = share_groups[i];
        find_protocols(&w, PROBE_TLS_1_3);
    }
    (void)pthread_mutex_destroy(&w.lock);
}

bool survey_is_refused(const struct survey *s)
{
    for (size_t i = 0; i < SURVEY_VERSIONS; i++) {
        if (s->version[i].outcome != PROBE_REFUSED) {
            return false;
        }
    }
    return true;
}

void survey_clear(struct survey *s)
{
    probe_chain_clear(&s->chain_1_2);
    probe_chain_clear(&s->chain_1_3);
}
