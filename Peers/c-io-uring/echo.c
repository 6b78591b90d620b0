/* Echo server in C on io_uring: multishot accept and receive, and a ring of provided buffers.
 *
 * The kernel picks a buffer for what has come, and it is sent back from there; one send at a time
 * keeps a connection's bytes in order. A connection that has too much to be sent is held: nothing
 * more is received until all of that is sent. One whose send can't be done at once is stalled: it
 * is held, and what it has is copied, so that the buffers go back to the others. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  BACKLOG = 4096, /* the kernel clips it to net.core.somaxconn */
  SUBMISSIONS = 1024,
  COMPLETIONS = 16 * 1024,
  BUFFERS = 1024, /* a power of two */
  BUFFER_SIZE = 8 * 1024,
  BUFFER_GROUP = 0,
  SEND_MOST = 32,  /* pieces in one send: as many as the kernel brings at once */
  HOLD_ABOVE = 16, /* pieces to be sent */
};

/* What a completion is of: in the low bits of its user data, above them the connection. */
enum { NOTHING, ACCEPT, RECEIVE, SEND, KINDS = 7 };

/* Bytes to send: in the provided buffer of the same index, or a copy that follows the piece in
 * memory. */
typedef struct piece {
  struct piece *next;
  char *bytes;
  size_t length;
} piece;

typedef struct {
  piece *first, *last; /* to be sent */
  unsigned count;      /* of them */
  int fd;
  bool receiving, sending; /* requests that the kernel still has */
  bool held;               /* nothing more shall come before all is sent */
  bool stalled;            /* what is to be sent are copies */
  bool ended;              /* the client's FIN was received */
  bool failed;             /* only waits for its requests to end */
  size_t asked;            /* of the send: its bytes */
  struct msghdr message;
  struct iovec parts[SEND_MOST];
} connection;

static struct io_uring ring;
static struct io_uring_buf_ring *provided;
static char *buffers;
static piece pieces[BUFFERS];
static int listener;
static int spare; /* given up for a moment to close a dial when descriptors run out */

static void fail(const char *what, int error) {
  fprintf(stderr, "%s: %s\n", what, strerror(error));
  exit(1);
}

/* MARK: Requests */

static struct io_uring_sqe *request(void) {
  struct io_uring_sqe *sqe;
  while ((sqe = io_uring_get_sqe(&ring)) == NULL) io_uring_submit(&ring);
  return sqe;
}

static void set_kind(struct io_uring_sqe *sqe, connection *c, unsigned kind) {
  io_uring_sqe_set_data64(sqe, (uintptr_t)c | kind);
}

static void start_accepting(void) {
  struct io_uring_sqe *sqe = request();
  io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
  set_kind(sqe, NULL, ACCEPT);
}

static void start_receiving(connection *c) {
  struct io_uring_sqe *sqe = request();
  io_uring_prep_recv_multishot(sqe, c->fd, NULL, 0, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = BUFFER_GROUP;
  set_kind(sqe, c, RECEIVE);
  c->receiving = true;
}

static void hold(connection *c) {
  if (c->held) return;
  c->held = true;
  if (!c->receiving) return;
  struct io_uring_sqe *sqe = request();
  io_uring_prep_cancel64(sqe, (uintptr_t)c | RECEIVE, 0);
  set_kind(sqe, NULL, NOTHING);
}

static void start_sending(connection *c) {
  struct io_uring_sqe *sqe = request();
  int flags = c->stalled ? 0 : MSG_DONTWAIT;
  if (c->count == 1) {
    c->asked = c->first->length;
    io_uring_prep_send(sqe, c->fd, c->first->bytes, c->asked, flags);
  } else {
    size_t count = 0;
    c->asked = 0;
    for (piece *p = c->first; p != NULL && count < SEND_MOST; p = p->next) {
      c->parts[count++] = (struct iovec){.iov_base = p->bytes, .iov_len = p->length};
      c->asked += p->length;
    }
    c->message = (struct msghdr){.msg_iov = c->parts, .msg_iovlen = count};
    io_uring_prep_sendmsg(sqe, c->fd, &c->message, (unsigned)flags);
  }
  set_kind(sqe, c, SEND);
  c->sending = true;
}

/* MARK: Pieces */

/* Gives the buffer back to the kernel, or frees the copy. */
static void release(piece *p) {
  uintptr_t offset = (uintptr_t)p - (uintptr_t)pieces;
  if (offset >= sizeof pieces) {
    free(p);
    return;
  }
  size_t index = offset / sizeof *pieces;
  io_uring_buf_ring_add(provided, buffers + index * BUFFER_SIZE, BUFFER_SIZE,
                        (unsigned short)index, io_uring_buf_ring_mask(BUFFERS), 0);
  io_uring_buf_ring_advance(provided, 1);
}

static void append(connection *c, piece *p) {
  p->next = NULL;
  if (c->first == NULL) c->first = p;
  else c->last->next = p;
  c->last = p;
  c->count++;
}

static void remove_first(connection *c) {
  piece *p = c->first;
  c->first = p->next;
  c->count--;
  release(p);
}

static void remove_sent(connection *c, size_t length) {
  while (length > 0 && length >= c->first->length) {
    length -= c->first->length;
    remove_first(c);
  }
  if (length == 0) return;
  c->first->bytes += length;
  c->first->length -= length;
}

/* A copy of it, which is released; NULL when there is no memory. */
static piece *copy(piece *p) {
  piece *copied = malloc(sizeof *copied + p->length);
  if (copied != NULL) {
    *copied = (piece){.bytes = (char *)(copied + 1), .length = p->length};
    memcpy(copied->bytes, p->bytes, p->length);
  }
  release(p);
  return copied;
}

/* MARK: Connections */

static void close_if_done(connection *c) {
  bool done = c->failed || (c->ended && c->first == NULL);
  if (!done || c->receiving || c->sending) return;
  while (c->first != NULL) remove_first(c);
  struct io_uring_sqe *sqe = request();
  io_uring_prep_close(sqe, c->fd);
  set_kind(sqe, NULL, NOTHING);
  free(c);
}

static void fail_connection(connection *c) {
  c->failed = true;
  shutdown(c->fd, SHUT_RDWR); /* ends the requests that the kernel still has */
}

static void stall(connection *c) {
  piece *p = c->first;
  c->first = NULL;
  c->count = 0;
  c->stalled = true;
  while (p != NULL) {
    piece *next = p->next, *copied = copy(p);
    if (copied != NULL) append(c, copied);
    else c->failed = true;
    p = next;
  }
  if (c->failed) fail_connection(c);
  else hold(c);
}

static void on_received(connection *c, struct io_uring_cqe *cqe) {
  c->receiving = cqe->flags & IORING_CQE_F_MORE;
  piece *p = NULL;
  if (cqe->flags & IORING_CQE_F_BUFFER) {
    unsigned index = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
    p = &pieces[index];
    p->bytes = buffers + (size_t)index * BUFFER_SIZE;
    p->length = cqe->res > 0 ? (size_t)cqe->res : 0;
  }
  if (p != NULL && (p->length == 0 || c->failed)) {
    release(p);
  } else if (p != NULL) {
    if (c->stalled) p = copy(p); /* it came before receiving had ended */
    if (p != NULL) append(c, p);
    else fail_connection(c);
  }
  if (cqe->res == 0) c->ended = true;
  if (cqe->res < 0 && cqe->res != -ENOBUFS && cqe->res != -ECANCELED) fail_connection(c);
  if (!c->failed) {
    if (c->count > HOLD_ABOVE) hold(c);
    if (c->first != NULL && !c->sending) start_sending(c);
    /* It ends by itself, too, for want of buffers: they come back with the sends. */
    if (!c->receiving && !c->ended && !c->held) start_receiving(c);
  }
  close_if_done(c);
}

static void on_sent(connection *c, int result) {
  c->sending = false;
  if (result < 0 && result != -EAGAIN && result != -EINTR) fail_connection(c);
  if (!c->failed) {
    size_t sent = result > 0 ? (size_t)result : 0;
    remove_sent(c, sent);
    if (sent < c->asked && !c->stalled) stall(c);
  }
  if (!c->failed) {
    if (c->first != NULL) {
      start_sending(c);
    } else if (c->held) {
      c->held = c->stalled = false;
      if (!c->receiving && !c->ended) start_receiving(c);
    }
  }
  close_if_done(c);
}

static void on_accepted(struct io_uring_cqe *cqe) {
  if (cqe->res == -EMFILE || cqe->res == -ENFILE) {
    close(spare);
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) close(fd);
    spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  if (!(cqe->flags & IORING_CQE_F_MORE)) start_accepting();
  if (cqe->res < 0) return;
  int on = 1;
  setsockopt(cqe->res, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connection *c = calloc(1, sizeof *c);
  if (c == NULL) {
    close(cqe->res);
    return;
  }
  c->fd = cqe->res;
  start_receiving(c);
}

/* MARK: Start and end */

/* The ring would keep the listener for a while after the process has ended, and it would be
 * dialled with nobody there to answer. */
static void on_terminate(int number) {
  (void)number;
  shutdown(listener, SHUT_RDWR);
  _exit(0);
}

static void start_listening(int port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET,
      .sin_port = htons((uint16_t)port),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
  };
  int on = 1;
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) fail("socket", errno);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail("bind", errno);
  if (listen(listener, BACKLOG) < 0) fail("listen", errno);
}

static void *pages(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap", errno);
  return memory;
}

static void start_ring(void) {
  struct io_uring_params parameters = {
      .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
      .cq_entries = COMPLETIONS,
  };
  int status = io_uring_queue_init_params(SUBMISSIONS, &ring, &parameters);
  if (status < 0) fail("io_uring", -status);
  provided = pages(BUFFERS * sizeof(struct io_uring_buf));
  buffers = pages((size_t)BUFFERS * BUFFER_SIZE);
  struct io_uring_buf_reg registration = {
      .ring_addr = (uintptr_t)provided, .ring_entries = BUFFERS, .bgid = BUFFER_GROUP};
  status = io_uring_register_buf_ring(&ring, &registration, 0);
  if (status < 0) fail("ring of buffers", -status);
  io_uring_buf_ring_init(provided);
  for (int i = 0; i < BUFFERS; i++) release(&pieces[i]);
}

static void on_completion(struct io_uring_cqe *cqe) {
  connection *c = (connection *)(uintptr_t)(cqe->user_data & ~(uint64_t)KINDS);
  switch (cqe->user_data & KINDS) {
  case ACCEPT: on_accepted(cqe); break;
  case RECEIVE: on_received(c, cqe); break;
  case SEND: on_sent(c, cqe->res); break;
  }
}

int main(int argc, char **argv) {
  int port = argc == 2 ? atoi(argv[1]) : 0;
  if (port < 1 || port > 65535) {
    fprintf(stderr, "usage: %s PORT\n", argv[0]);
    return 64;
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, on_terminate);
  spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
  start_ring();
  start_listening(port);
  start_accepting();
  for (;;) {
    int status = io_uring_submit_and_wait(&ring, 1);
    if (status < 0 && status != -EINTR && status != -EBUSY) fail("submit", -status);
    struct io_uring_cqe *cqe;
    unsigned head, count = 0;
    io_uring_for_each_cqe(&ring, head, cqe) {
      on_completion(cqe);
      count++;
    }
    io_uring_cq_advance(&ring, count);
  }
}
