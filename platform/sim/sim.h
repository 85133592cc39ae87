/* What the simulation's files share. Its own memory is the C library's, past the counted heap. */
#ifndef SIM_H
#define SIM_H

#include "plat_sim.h"

/* world.c */
extern uint64_t sim_now;
void sim_timers_reset(void);
/** For events with a due time: keep the earliest that is still to come. */
void sim_soonest(uint64_t *next, uint64_t due);
/** Something moved: the guard against spinning starts anew. */
void sim_progress(void);
/** calloc() that cannot fail as far as a test is concerned. */
void *sim_memory(size_t size);

/* misuse.c */
/** Say what a real system would not survive, and end the program. */
void sim_misuse(const char *call, const char *what) __attribute__((noreturn));
/* Who has a lock or a monitor: each of these ends the program where it is not as it must be. */
void sim_hold_check(const void *lock, const char *call); /* the caller is about to take it */
void sim_hold(const void *lock, const char *call);       /* the caller took it */
void sim_hold_own(const void *lock, const char *call);   /* it is the caller's */
void sim_release(const void *lock, const char *call);    /* it was, and is given back */
void sim_hold_none(const void *lock, const char *call);  /* it is nobody's */
/** Locks and monitors that the caller's thread has. */
int sim_holds_left(void);

/* net.c */
/** Let peers, connects and arrivals that are due happen. @return true when anything moved */
bool sim_net_run(void);
void sim_net_next(uint64_t *next);
int sim_net_reset(void);
/** Ends the program unless it is an open event. */
void sim_check_event(plat_stream event, const char *call);
/** PLAT_READ | PLAT_WRITE of a stream or an event. */
uint8_t sim_net_ready(plat_stream s);

/* names.c */
bool sim_names_run(void);
void sim_names_next(uint64_t *next);
int sim_names_reset(void);
/** Is there a look-up that has still to set the event? */
bool sim_names_will_set(plat_stream event);

/* faults.c */
extern bool sim_is_peer_running; /* the peer's own calls are not counted */
void sim_faults_reset(void);
/** Count a read or write. @return true, and how, when it is to fail */
bool sim_fault_io(enum sim_fault *how, int *os_error);
bool sim_fault_is_again_for_good(void);
int sim_fault_open(void); /* PLAT_OK or errno */
int sim_fault_option(void);
/** How many bytes of len a call moves. */
size_t sim_split(size_t len, size_t max);

#endif
