// The C boundary of swift-libuv: the system's <uv.h>, a version floor, and
// only what Swift can't say.

#ifndef SWIFT_LIBUV_SHIM_H
#define SWIFT_LIBUV_SHIM_H

#include <uv.h>

#if UV_VERSION_HEX < ((1 << 16) | (44 << 8))
#error "swift-libuv needs libuv 1.44 or newer: install a newer libuv1-dev (Debian, Ubuntu) or libuv (Homebrew)"
#endif

#include <errno.h>
#include <sys/ioctl.h>

// Timers in nanoseconds. Swift's own module of the C library leaves this header out.
#ifdef __linux__
#include <sys/timerfd.h>
#endif

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>

// libuv has uv_thread_getaffinity and uv_thread_setaffinity from 1.45 only, and the C library shows its functions only
// with a macro that would change structures under Swift's own module of it; syscall is variadic. Both return 0 or one of
// libuv's errors. `bits` has a bit for each processor, `size` bytes in all.
static inline int swift_libuv_get_affinity(void *bits, size_t size) {
  return syscall(SYS_sched_getaffinity, 0, size, bits) >= 0 ? 0 : uv_translate_sys_error(errno);
}
static inline int swift_libuv_set_affinity(const void *bits, size_t size) {
  return syscall(SYS_sched_setaffinity, 0, size, bits) == 0 ? 0 : uv_translate_sys_error(errno);
}
#endif

// ioctl is variadic, and Swift imports no variadic C function.
// Returns the number of bytes that the kernel holds for `descriptor` to read, or -1.
static inline int swift_libuv_readable_bytes(int descriptor) {
  int count = 0;
  return ioctl(descriptor, FIONREAD, &count) == 0 ? count : -1;
}

// Swift has no atomic load from memory that isn't an Atomic.
static inline uintptr_t swift_libuv_load_acquire(const void *word) {
  return __atomic_load_n((const uintptr_t *)word, __ATOMIC_ACQUIRE);
}

#endif
