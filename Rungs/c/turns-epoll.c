/* Turns of a loop on epoll alone: `turns-epoll timers|wakeups COUNT`.
 *
 * A timer is a deadline, and epoll_wait's timeout: what event loops make theirs of. So a fire costs
 * one system call; a timerfd would take a read besides. A wakeup is an eventfd. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "turns.h"

enum { INTERVAL_MS = 1 };

static int poller, door;
static sem_t handled;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int wait_for_event(int timeout) {
  struct epoll_event event;
  int count = epoll_wait(poller, &event, 1, timeout);
  if (count < 0 && errno != EINTR) fail("epoll_wait");
  return count;
}

static int64_t milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void fire(uint32_t count) {
  int64_t deadline = milliseconds() + INTERVAL_MS;
  while (count > 0) {
    int64_t now = milliseconds();
    if (now >= deadline) {
      count--;
      deadline = now + INTERVAL_MS; /* from now, so that a late one isn't followed by several */
    } else {
      wait_for_event((int)(deadline - now));
    }
  }
}

static void *wake(void *argument) {
  for (uint32_t i = *(uint32_t *)argument; i > 0; i--) {
    if (write(door, &(uint64_t){1}, sizeof(uint64_t)) != sizeof(uint64_t)) fail("eventfd");
    while (sem_wait(&handled) < 0 && errno == EINTR) continue;
  }
  return NULL;
}

static void be_woken(uint32_t count) {
  struct epoll_event event = {.events = EPOLLIN};
  pthread_t thread;
  if ((door = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0 || sem_init(&handled, 0, 0) < 0 ||
      epoll_ctl(poller, EPOLL_CTL_ADD, door, &event) < 0)
    fail("eventfd");
  if ((errno = pthread_create(&thread, NULL, wake, &(uint32_t){count})) != 0) fail("thread");
  while (count > 0) {
    uint64_t value;
    if (wait_for_event(-1) < 1 || read(door, &value, sizeof value) != sizeof value) continue;
    count--;
    sem_post(&handled);
  }
  pthread_join(thread, NULL);
  sem_destroy(&handled);
  close(door);
}

int main(int argc, char **argv) {
  turns turns = parse_turns(argc, argv);
  if ((poller = epoll_create1(EPOLL_CLOEXEC)) < 0) fail("epoll");
  if (turns.timers) fire(turns.count);
  else be_woken(turns.count);
  close(poller);
  return 0;
}
