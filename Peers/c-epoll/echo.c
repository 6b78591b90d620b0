/* Echo server in C on epoll alone: the floor that every event loop stands on.
 *
 * Level-triggered, one thread. Bytes are read into one buffer and written back from it at once;
 * what the kernel refuses is copied to the connection, which is not read again until that is
 * gone. So no connection ever holds more than one buffer, its end is seen only after everything
 * before it has been echoed, and epoll_ctl is called only where a client doesn't keep up. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  BACKLOG = 4096, /* the kernel clips it to net.core.somaxconn */
  EVENTS = 512,
  READ_BUFFER = 64 * 1024,
};

typedef struct {
  int fd;
  char *unsent; /* what the kernel refused; NULL: nothing, and the connection is being read */
  size_t length, written; /* of it */
} connection;

static int poller, listener;
static int spare; /* given up for a moment to close a dial when descriptors run out */
static char read_buffer[READ_BUFFER];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void close_connection(connection *c) {
  close(c->fd); /* leaves epoll too */
  free(c->unsent);
  free(c);
}

/* How much the kernel took; -1 when the connection is broken. */
static ssize_t send_some(int fd, const char *bytes, size_t length) {
  ssize_t n = send(fd, bytes, length, 0);
  return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
}

static int wait_for(connection *c, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  return epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &event);
}

static void on_readable(connection *c) {
  ssize_t length = recv(c->fd, read_buffer, sizeof read_buffer, 0);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length <= 0) { /* the end, and nothing is unsent: or an error */
    close_connection(c);
    return;
  }
  ssize_t written = send_some(c->fd, read_buffer, (size_t)length);
  if (written == length) return;
  if (written >= 0 && (c->unsent = malloc((size_t)(length - written))) != NULL) {
    c->length = (size_t)(length - written);
    c->written = 0;
    memcpy(c->unsent, read_buffer + written, c->length);
    if (wait_for(c, EPOLLOUT) == 0) return;
  }
  close_connection(c);
}

static void on_writable(connection *c) {
  ssize_t n = send_some(c->fd, c->unsent + c->written, c->length - c->written);
  if (n >= 0) {
    c->written += (size_t)n;
    if (c->written < c->length) return;
    free(c->unsent);
    c->unsent = NULL;
    if (wait_for(c, EPOLLIN) == 0) return;
  }
  close_connection(c);
}

/* Whether there may be another. */
static bool accept_one(void) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EMFILE || errno == ENFILE) {
      close(spare);
      if ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) close(fd);
      spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    return false; /* nobody waits, or it comes again in the next turn */
  }
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connection *c = calloc(1, sizeof *c);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  if (c == NULL || epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) {
    close(fd);
    free(c);
    return true;
  }
  c->fd = fd;
  return true;
}

/* All who wait: a turn for each would cost an epoll_wait for each, too. */
static void on_dial(void) {
  while (accept_one()) continue;
}

static void start_listening(int port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET,
      .sin_port = htons((uint16_t)port),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
  };
  int on = 1;
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) fail("socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
  if (listen(listener, BACKLOG) < 0) fail("listen");
}

int main(int argc, char **argv) {
  int port = argc == 2 ? atoi(argv[1]) : 0;
  if (port < 1 || port > 65535) {
    fprintf(stderr, "usage: %s PORT\n", argv[0]);
    return 64;
  }
  signal(SIGPIPE, SIG_IGN);
  spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
  start_listening(port);
  struct epoll_event dials = {.events = EPOLLIN}; /* no connection: the listener */
  if ((poller = epoll_create1(EPOLL_CLOEXEC)) < 0 ||
      epoll_ctl(poller, EPOLL_CTL_ADD, listener, &dials) < 0)
    fail("epoll");
  printf("listening on 127.0.0.1:%d\n", port);
  fflush(stdout);
  for (;;) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    for (int i = 0; i < count; i++) {
      connection *c = events[i].data.ptr;
      if (c == NULL) on_dial();
      else if (c->unsent != NULL) on_writable(c);
      else on_readable(c);
    }
  }
}
