// Preloaded into the tests under valgrind. The main thread of a Swift program with tasks ends up in sigsuspend, with a
// mask in read-only memory. valgrind 3.19 writes to the mask it is given, and dies of it: give it a copy.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
  sigset_t copy = *mask;
  return (int)syscall(SYS_rt_sigsuspend, &copy, _NSIG / 8);
}
