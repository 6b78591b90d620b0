/* Turns of a libuv loop: `turns-libuv timers|wakeups COUNT`. */
#include <uv.h>

#include "turns.h"

enum { INTERVAL_MS = 1 };

static uv_loop_t loop;
static uv_timer_t timer;
static uv_async_t door;
static uv_sem_t handled;
static uint32_t left;

static void check(int status, const char *what) {
  if (status >= 0) return;
  fprintf(stderr, "%s: %s\n", what, uv_strerror(status));
  exit(1);
}

static void on_timer(uv_timer_t *handle) {
  if (--left == 0) uv_close((uv_handle_t *)handle, NULL);
}

static void on_wakeup(uv_async_t *handle) {
  if (--left == 0) uv_close((uv_handle_t *)handle, NULL);
  uv_sem_post(&handled);
}

static void wake(void *argument) {
  for (uint32_t i = *(uint32_t *)argument; i > 0; i--) {
    uv_async_send(&door);
    uv_sem_wait(&handled);
  }
}

static void fire(void) {
  if (left == 0) return;
  check(uv_timer_init(&loop, &timer), "timer");
  check(uv_timer_start(&timer, on_timer, INTERVAL_MS, INTERVAL_MS), "timer");
  uv_run(&loop, UV_RUN_DEFAULT);
}

static void be_woken(void) {
  uv_thread_t thread;
  uint32_t count = left;
  if (count == 0) return;
  check(uv_sem_init(&handled, 0), "semaphore");
  check(uv_async_init(&loop, &door, on_wakeup), "async");
  check(uv_thread_create(&thread, wake, &count), "thread");
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_thread_join(&thread);
  uv_sem_destroy(&handled);
}

int main(int argc, char **argv) {
  turns turns = parse_turns(argc, argv);
  left = turns.count;
  check(uv_loop_init(&loop), "loop");
  if (turns.timers) fire();
  else be_woken();
  check(uv_loop_close(&loop), "loop");
  uv_library_shutdown();
  return 0;
}
