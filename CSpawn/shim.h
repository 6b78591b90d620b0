// The C boundary to posix_spawn, which starts a program without a copy of the process that does so, and to how such a process ends.

#ifndef SWIFT_LIBUV_SPAWN_SHIM_H
#define SWIFT_LIBUV_SPAWN_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
// The C library shows these only with a macro that would change structures under Swift's own module of it. glibc has the function
// from 2.29.
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *, const char *) __attribute__((weak));
#define SWIFT_LIBUV_SPAWN_SETSID 0x80
#else
#define SWIFT_LIBUV_SPAWN_SETSID POSIX_SPAWN_SETSID
#endif

// Starts the program at a path in a folder and in a session of its own, with the system's default for each signal, no signal blocked,
// and three descriptors as its standard streams. Sets `process`, and returns 0 or the system's number of an error.
static inline int swift_libuv_spawn(
  pid_t *process,
  const char *path,
  const char *folder,
  char *const words[],
  char *const environment[],
  const int streams[3]
) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t all, none;
#ifdef __linux__
  if (posix_spawn_file_actions_addchdir_np == NULL) return ENOSYS;
#endif
  sigfillset(&all);
  sigemptyset(&none);
  int status = posix_spawn_file_actions_init(&actions);
  if (status != 0) return status;
  status = posix_spawnattr_init(&attributes);
  if (status == 0) {
    status = posix_spawn_file_actions_addchdir_np(&actions, folder);
    // Where the standard streams are closed their numbers may be among the three: none must be taken before it is copied.
    int copies[3] = {-1, -1, -1};
    for (int stream = 0; stream < 3 && status == 0; stream++) {
      copies[stream] = fcntl(streams[stream], F_DUPFD_CLOEXEC, 3);
      if (copies[stream] < 0) status = errno;
      else status = posix_spawn_file_actions_adddup2(&actions, copies[stream], stream);
    }
    if (status == 0) status = posix_spawnattr_setsigdefault(&attributes, &all);
    if (status == 0) status = posix_spawnattr_setsigmask(&attributes, &none);
    if (status == 0)
      status = posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | SWIFT_LIBUV_SPAWN_SETSID);
    if (status == 0) status = posix_spawn(process, path, &actions, &attributes, words, environment);
    for (int stream = 0; stream < 3; stream++)
      if (copies[stream] >= 0) close(copies[stream]);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return status;
}

// Whether a process of this one has ended, which may still be waited for: 0 for no, 1 for by itself, with its status as `value`, 2 for by
// a signal, with its number.
static inline int swift_libuv_ended(pid_t process, int *value) {
  siginfo_t state = {0};
  if (waitid(P_PID, (id_t)process, &state, WEXITED | WNOWAIT | WNOHANG) != 0 || state.si_signo == 0) return 0;
  *value = state.si_status;
  return state.si_code == CLD_EXITED ? 1 : 2;
}

#endif
