/* Bare closed-loop load client on epoll: every connection sends SIZE bytes, waits until SIZE bytes
 * have come back, and sends again. Bytes are counted, not compared. One thread, no libuv, so that
 * the client costs as little as it can and the server is what gets measured. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_BUFFER = 64 * 1024, EVENTS = 512, CLOSE_SECONDS = 5, CONNECT_SECONDS = 5 };
static const double REQUESTS_SECONDS = 300; /* bound for --requests without --seconds */

typedef struct {
  int fd; /* -1 when closed */
  size_t sent, received; /* of the current request */
} connection;

static int poller;
static connection *connections;
static long alive; /* connections that are open */
static size_t size;
static char *payload;
static char read_buffer[READ_BUFFER];
static long long issued, responses, lost, errors, limit = -1; /* limit: --requests */
static bool ending; /* the write sides are shut down: read to the end */

static double seconds_on(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void drop(connection *c, bool failed) {
  errors += failed;
  lost += c->received != size && !ending;
  close(c->fd);
  c->fd = -1;
  alive--;
}

static void send_some(connection *c) {
  while (c->sent < size) {
    ssize_t n = send(c->fd, payload + c->sent, size - c->sent, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) drop(c, true);
      return; /* EAGAIN: the edge of EPOLLOUT comes when there is room */
    }
    c->sent += (size_t)n;
  }
}

static void send_next(connection *c) {
  if (limit >= 0 && issued >= limit) return;
  issued++;
  c->sent = c->received = 0;
  send_some(c);
}

/* Edge-triggered: reads until less came than was asked for. `to_the_end` says that the server's
 * FIN or an error is waiting too, for which there may be no further edge. */
static void receive_some(connection *c, bool to_the_end) {
  for (;;) {
    ssize_t n = recv(c->fd, read_buffer, sizeof read_buffer, 0);
    if (n > 0) {
      c->received += (size_t)n;
      if (c->received > c->sent) { /* more than was ever sent */
        drop(c, true);
        return;
      }
      if (c->received == size && !ending) {
        responses++;
        send_next(c);
        if (c->fd < 0) return;
      }
      if ((size_t)n < sizeof read_buffer && !to_the_end) return;
    } else if (n == 0) { /* the end is right only if we asked for it and have everything */
      drop(c, !ending || c->received != c->sent);
      return;
    } else if (errno != EINTR) {
      if (errno != EAGAIN) drop(c, true);
      return;
    }
  }
}

static void run_once(double until) {
  struct epoll_event events[EVENTS];
  double left = until - seconds_on(CLOCK_MONOTONIC);
  int timeout = left <= 0 ? 0 : left > 1 ? 1000 : (int)ceil(left * 1000);
  int n = epoll_wait(poller, events, EVENTS, timeout);
  for (int i = 0; i < n; i++) {
    connection *c = events[i].data.ptr;
    if ((events[i].events & EPOLLOUT) && c->sent < size && !ending) send_some(c);
    if (c->fd >= 0 && (events[i].events & ~(unsigned)EPOLLOUT))
      receive_some(c, events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
  }
}

static bool dial(connection *c, struct sockaddr_in *address) {
  struct timeval patience = {.tv_sec = CONNECT_SECONDS}; /* bounds connect, too */
  int on = 1;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (c->fd < 0) return false;
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c};
  c->sent = c->received = size;
  if (setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
      connect(c->fd, (struct sockaddr *)address, sizeof *address) == 0 &&
      setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
      fcntl(c->fd, F_SETFL, O_NONBLOCK) == 0 &&
      epoll_ctl(poller, EPOLL_CTL_ADD, c->fd, &event) == 0)
    return true;
  int code = errno;
  close(c->fd);
  c->fd = -1;
  errno = code;
  return false;
}

static void usage(const char *name) {
  fprintf(stderr,
          "usage: %s --port P --connections C --size S --seconds D [--warmup W] [--requests N]\n",
          name);
  exit(64);
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"port", required_argument, NULL, 'p'},    {"connections", required_argument, NULL, 'c'},
      {"size", required_argument, NULL, 's'},    {"seconds", required_argument, NULL, 'd'},
      {"warmup", required_argument, NULL, 'w'},  {"requests", required_argument, NULL, 'n'},
      {0},
  };
  double port = 0, count = 0, bytes = 0, duration = 0, warmup = 0;
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    char *rest = NULL;
    double value = optarg ? strtod(optarg, &rest) : -1;
    if (option == '?' || rest == optarg || *rest != '\0' || !(value >= 0 && value <= 1e12))
      usage(argv[0]);
    switch (option) {
    case 'p': port = value; break;
    case 'c': count = value; break;
    case 's': bytes = value; break;
    case 'd': duration = value; break;
    case 'w': warmup = value; break;
    case 'n': limit = (long long)value; break;
    }
  }
  if (limit >= 0 && duration == 0) duration = REQUESTS_SECONDS;
  if (optind != argc || port < 1 || port > 65535 || count < 1 || count > 1e6 || bytes < 1 ||
      bytes > 1 << 30 || duration <= 0 || limit == 0 || (limit > 0 && warmup > 0))
    usage(argv[0]);

  struct rlimit descriptors;
  getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  setrlimit(RLIMIT_NOFILE, &descriptors);

  long total = (long)count;
  size = (size_t)bytes;
  payload = malloc(size);
  connections = calloc((size_t)total, sizeof *connections);
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (!payload || !connections || poller < 0) {
    perror("cannot start");
    return 1;
  }
  for (size_t i = 0; i < size; i++) payload[i] = (char)('a' + i % 26);

  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (long i = 0; i < total; i++) {
    if (dial(&connections[i], &address)) {
      alive++;
      continue;
    }
    fprintf(stderr, "cannot connect to 127.0.0.1:%d: %s\n", (int)port, strerror(errno));
    errors += total - i; /* the others would wait as long, one after the other */
    for (; i < total; i++) connections[i].fd = -1;
  }

  double start = seconds_on(CLOCK_MONOTONIC), end = start + warmup + duration;
  double cpu = seconds_on(CLOCK_PROCESS_CPUTIME_ID), now = start;
  long long before = 0;
  for (long i = 0; i < total; i++)
    if (connections[i].fd >= 0) send_next(&connections[i]);
  bool warm = warmup == 0;
  while (alive > 0 && (limit < 0 || responses + lost < limit) && now < end) {
    run_once(warm ? end : start + warmup);
    now = seconds_on(CLOCK_MONOTONIC);
    if (!warm && now >= start + warmup) { /* the measured window begins here */
      warm = true;
      start = now;
      end = start + duration;
      cpu = seconds_on(CLOCK_PROCESS_CPUTIME_ID);
      before = responses;
    }
  }
  double elapsed = now - start;
  cpu = seconds_on(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  long long measured = responses - before;

  ending = true;
  for (long i = 0; i < total; i++)
    if (connections[i].fd >= 0) shutdown(connections[i].fd, SHUT_WR);
  end = seconds_on(CLOCK_MONOTONIC) + CLOSE_SECONDS;
  while (alive > 0 && seconds_on(CLOCK_MONOTONIC) < end) run_once(end);
  for (long i = 0; i < total; i++)
    if (connections[i].fd >= 0) drop(&connections[i], true);

  printf("{\"responses\":%lld,\"seconds\":%.6f,\"responsesPerSecond\":%.1f,"
         "\"clientCpuSeconds\":%.6f,\"errors\":%lld}\n",
         measured, elapsed, elapsed > 0 ? (double)measured / elapsed : 0, cpu, errors);
  close(poller);
  free(connections);
  free(payload);
  return errors > 0 || (limit > 0 && responses < limit);
}
