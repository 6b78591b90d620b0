/* Echo server in C on libuv: the yardstick for `uvecho serve`, with the same behaviour.
 *
 * One loop, one thread. Bytes are read into one buffer and written back from it at once; only
 * what the kernel refuses is copied, once. Queued bytes per connection are bounded. SIGTERM and
 * SIGINT end every connection with FIN, after everything that was received has been echoed. */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

enum {
  BACKLOG = 4096,           /* the kernel clips it to net.core.somaxconn */
  READ_BUFFER = 64 * 1024,
  HIGH_WATER = 64 * 1024,   /* above this many queued bytes, reading stops */
  LOW_WATER = 16 * 1024,    /* at or below this many, it starts again */
  RETRY_MS = 100,           /* pause after a failed accept */
  TICK_MS = 50,             /* how often draining looks at each connection */
  QUIET_MS = 250,           /* nothing received for this long: quiet */
  GRACE_MS = 5000,          /* draining ends after this, whatever clients do */
};

typedef enum { FIN_NONE, FIN_PENDING, FIN_SENT } fin_state;

typedef struct connection {
  uv_tcp_t tcp; /* first: a stream pointer is a connection pointer */
  uint64_t last_activity;
  struct connection *previous, *next;
  uv_shutdown_t shutdown;
  fin_state fin;
  bool ended;  /* the client's FIN was read */
  bool paused; /* too much is queued: not reading */
} connection;

typedef struct {
  uv_write_t request;
  char bytes[];
} pending_write;

static struct {
  uint64_t connections, reads, bytes_in, bytes_out, bytes_discarded;
  uint64_t accept_errors, read_errors, write_errors, resets;
} count;

static uv_loop_t loop;
static uv_tcp_t listener;
static int listening_fd = -1; /* keeps the kernel's queue of dials while the listener is closed */
static bool accepting;
static uv_signal_t signals[2];
static uv_timer_t timer; /* the next try to accept; later, the ticks of draining */
static uint64_t draining_since;
static bool draining;
static connection connections = {.previous = &connections, .next = &connections};
static char read_buffer[READ_BUFFER];

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer);

/* MARK: The end of a connection */

static void finish_if_drained(void) {
  if (!draining || connections.next != &connections || uv_is_closing((uv_handle_t *)&timer)) return;
  uv_close((uv_handle_t *)&timer, NULL);
  for (int i = 0; i < 2; i++) uv_close((uv_handle_t *)&signals[i], NULL);
}

static void on_closed(uv_handle_t *handle) {
  connection *c = (connection *)handle;
  c->previous->next = c->next;
  c->next->previous = c->previous;
  free(c);
  finish_if_drained();
}

static void close_connection(connection *c) {
  if (!uv_is_closing((uv_handle_t *)&c->tcp)) uv_close((uv_handle_t *)&c->tcp, on_closed);
}

static void fail(connection *c, uint64_t *counter) {
  if (uv_is_closing((uv_handle_t *)&c->tcp)) return;
  (*counter)++;
  close_connection(c);
}

static void reset_connection(connection *c) {
  if (uv_is_closing((uv_handle_t *)&c->tcp)) return;
  count.resets++;
  if (uv_tcp_close_reset(&c->tcp, on_closed) == 0) return;
  /* libuv refuses while a uv_shutdown waits for queued bytes: do what it would have done. */
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  uv_os_fd_t fd;
  if (uv_fileno((uv_handle_t *)&c->tcp, &fd) == 0)
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close_connection(c);
}

static void on_shutdown(uv_shutdown_t *request, int status) {
  connection *c = (connection *)request->handle;
  c->fin = FIN_SENT;
  if (status < 0) fail(c, &count.write_errors);
  else if (c->ended) close_connection(c);
}

/* Our FIN, after everything that is queued. */
static void send_fin(connection *c) {
  c->fin = FIN_PENDING;
  if (uv_shutdown(&c->shutdown, (uv_stream_t *)&c->tcp, on_shutdown) < 0)
    fail(c, &count.write_errors);
}

static void client_ended(connection *c, ssize_t status) {
  c->ended = true;
  if (status != UV_EOF) fail(c, &count.read_errors);
  else if (c->fin == FIN_NONE && uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp) > 0) send_fin(c);
  else if (c->fin == FIN_NONE) close_connection(c); /* which ends writing, too: no uv_shutdown, no turn of the loop */
  else if (c->fin == FIN_SENT) close_connection(c);
}

/* MARK: Echo */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  (void)handle, (void)suggested;
  buffer->base = read_buffer;
  buffer->len = sizeof read_buffer;
}

static void on_write(uv_write_t *request, int status) {
  connection *c = (connection *)request->handle;
  size_t length = (size_t)(uintptr_t)request->data;
  free(request);
  if (status < 0) {
    fail(c, &count.write_errors);
    return;
  }
  count.bytes_out += length;
  if (c->paused && uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp) <= LOW_WATER &&
      !uv_is_closing((uv_handle_t *)&c->tcp)) {
    c->paused = false;
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
  }
}

/* The kernel took less than everything: copy the rest, and stop reading if that is too much. */
static void queue_write(connection *c, const char *bytes, size_t length) {
  uv_stream_t *stream = (uv_stream_t *)&c->tcp;
  pending_write *w = malloc(sizeof *w + length);
  if (w == NULL) {
    fail(c, &count.write_errors);
    return;
  }
  memcpy(w->bytes, bytes, length);
  w->request.data = (void *)(uintptr_t)length;
  uv_buf_t buffer = {.base = w->bytes, .len = length};
  if (uv_write(&w->request, stream, &buffer, 1, on_write) < 0) {
    free(w);
    fail(c, &count.write_errors);
  } else if (uv_stream_get_write_queue_size(stream) > HIGH_WATER) {
    c->paused = true;
    uv_read_stop(stream);
  }
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer) {
  connection *c = (connection *)stream;
  if (length <= 0) {
    if (length < 0) client_ended(c, length); /* 0 means "nothing now", not the end */
    return;
  }
  c->last_activity = uv_now(&loop);
  count.reads++;
  count.bytes_in += (uint64_t)length;

  uv_buf_t bytes = {.base = buffer->base, .len = (size_t)length};
  int written = uv_try_write(stream, &bytes, 1); /* UV_EAGAIN while earlier bytes are queued */
  if (written < 0) {
    if (written != UV_EAGAIN) {
      fail(c, &count.write_errors);
      return;
    }
    written = 0;
  }
  count.bytes_out += (uint64_t)written;
  if (written < length) queue_write(c, bytes.base + written, (size_t)(length - written));
}

/* After our FIN: closing with unread bytes would send RST, so they are read and thrown away. */
static void on_discard(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer) {
  (void)buffer;
  if (length < 0) client_ended((connection *)stream, length);
  else count.bytes_discarded += (uint64_t)length;
}

/* MARK: Accept */

static void retry_accepting(uv_timer_t *handle);

static void close_listener(void) {
  if (accepting) uv_close((uv_handle_t *)&listener, NULL);
  accepting = false;
}

static void on_connection(uv_stream_t *server, int status) {
  connection *c = status == 0 ? calloc(1, sizeof *c) : NULL;
  if (c == NULL) {
    /* When descriptors run out libuv itself accepts and closes what waits, with one that it keeps
     * spare. We get here if even that failed, or for want of memory, and libuv would call us again
     * and again without returning to the loop. So the listener rests. */
    count.accept_errors++;
    close_listener();
    uv_timer_start(&timer, retry_accepting, RETRY_MS, 0);
    return;
  }
  c->last_activity = uv_now(&loop);
  c->next = &connections;
  c->previous = connections.previous;
  c->previous->next = c->next->previous = c;
  uv_tcp_init(&loop, &c->tcp);
  if (uv_accept(server, (uv_stream_t *)&c->tcp) < 0) {
    fail(c, &count.accept_errors);
    return;
  }
  count.connections++;
  if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) < 0) fail(c, &count.read_errors);
}

static void retry_accepting(uv_timer_t *handle) {
  int fd = fcntl(listening_fd, F_DUPFD_CLOEXEC, 0);
  if (fd >= 0) {
    accepting = true;
    uv_tcp_init(&loop, &listener);
    if (uv_tcp_open(&listener, fd) == 0) {
      if (uv_listen((uv_stream_t *)&listener, BACKLOG, on_connection) == 0) return;
    } else {
      close(fd);
    }
    close_listener();
  }
  uv_timer_start(handle, retry_accepting, RETRY_MS, 0);
}

/* MARK: Drain */

static void print_summary(void) {
  fprintf(stderr,
          "connections %" PRIu64 ", reads %" PRIu64 ", bytes in %" PRIu64 ", bytes out %" PRIu64
          ", discarded %" PRIu64 ", errors: accept %" PRIu64 ", read %" PRIu64 ", write %" PRIu64
          ", reset at the end of grace %" PRIu64 "\n",
          count.connections, count.reads, count.bytes_in, count.bytes_out, count.bytes_discarded,
          count.accept_errors, count.read_errors, count.write_errors, count.resets);
}

static bool may_end(const connection *c, uint64_t elapsed) {
  if (c->ended || c->paused || c->fin != FIN_NONE || uv_is_closing((uv_handle_t *)&c->tcp))
    return false;
  if (uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp) > 0) return false;
  if (elapsed < GRACE_MS / 2 && uv_now(&loop) - c->last_activity < QUIET_MS) return false;
  uv_os_fd_t fd;
  int unread = 0;
  return uv_fileno((uv_handle_t *)&c->tcp, &fd) == 0 && ioctl(fd, FIONREAD, &unread) == 0 &&
         unread == 0;
}

static void on_tick(uv_timer_t *handle) {
  (void)handle;
  uint64_t elapsed = uv_now(&loop) - draining_since;
  for (connection *c = connections.next; c != &connections; c = c->next) {
    if (elapsed >= GRACE_MS) {
      reset_connection(c);
    } else if (may_end(c, elapsed)) {
      uv_stream_t *stream = (uv_stream_t *)&c->tcp;
      uv_read_stop(stream);
      uv_read_start(stream, on_alloc, on_discard);
      send_fin(c);
    }
  }
}

static void on_signal(uv_signal_t *handle, int number) {
  (void)handle;
  if (draining) {
    print_summary();
    _exit(128 + number);
  }
  draining = true;
  draining_since = uv_now(&loop);
  close_listener();
  close(listening_fd);
  uv_timer_start(&timer, on_tick, 0, TICK_MS);
  finish_if_drained();
}

/* MARK: Start */

static int start_listening(int port) {
  struct sockaddr_in address;
  int length = sizeof address, status;
  uv_os_fd_t fd;
  uv_ip4_addr("127.0.0.1", port, &address);
  uv_tcp_init(&loop, &listener);
  accepting = true;
  if ((status = uv_tcp_bind(&listener, (struct sockaddr *)&address, 0)) < 0 ||
      (status = uv_tcp_nodelay(&listener, 1)) < 0 || /* the connections have it from here */
      (status = uv_listen((uv_stream_t *)&listener, BACKLOG, on_connection)) < 0 ||
      (status = uv_tcp_getsockname(&listener, (struct sockaddr *)&address, &length)) < 0 ||
      (status = uv_fileno((uv_handle_t *)&listener, &fd)) < 0)
    return status;
  if ((listening_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) < 0) return UV_EMFILE;
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return 0;
}

int main(int argc, char **argv) {
  char *rest = NULL;
  long port = argc == 2 ? strtol(argv[1], &rest, 10) : -1;
  if (port < 0 || port > 65535 || rest == argv[1] || *rest != '\0') {
    fprintf(stderr, "usage: %s PORT\n", argv[0]);
    return 64;
  }
  signal(SIGPIPE, SIG_IGN); /* libuv writes without MSG_NOSIGNAL */
  int status = uv_loop_init(&loop);
  if (status < 0) {
    fprintf(stderr, "no event loop: %s\n", uv_strerror(status));
    return 1;
  }
  uv_timer_init(&loop, &timer);
  for (int i = 0; i < 2; i++) {
    uv_signal_init(&loop, &signals[i]);
    uv_signal_start(&signals[i], on_signal, i == 0 ? SIGTERM : SIGINT);
  }
  int failed = start_listening((int)port);
  if (failed < 0) {
    fprintf(stderr, "cannot listen on 127.0.0.1:%ld: %s (%s)\n", port, uv_strerror(failed),
            uv_err_name(failed));
    close_listener();
    draining = true;
    finish_if_drained();
  }
  uv_run(&loop, UV_RUN_DEFAULT);
  if (failed == 0) print_summary();
  if ((status = uv_loop_close(&loop)) < 0)
    fprintf(stderr, "handles left open: %s\n", uv_strerror(status));
  uv_library_shutdown();
  return failed < 0 || status < 0;
}
