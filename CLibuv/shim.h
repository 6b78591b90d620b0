// The C boundary of swift-libuv: the system's <uv.h>, a version floor, and
// only what Swift can't say.

#ifndef SWIFT_LIBUV_SHIM_H
#define SWIFT_LIBUV_SHIM_H

#include <uv.h>

#if UV_VERSION_HEX < ((1 << 16) | (44 << 8))
#error "swift-libuv needs libuv 1.44 or newer: install a newer libuv1-dev (Debian, Ubuntu) or libuv (Homebrew)"
#endif

#include <sys/ioctl.h>

// Timers in nanoseconds. Swift's own module of the C library leaves this header out.
#ifdef __linux__
#include <sys/timerfd.h>
#endif

// ioctl is variadic, and Swift imports no variadic C function.
// Returns the number of bytes that the kernel holds for `descriptor` to read, or -1.
static inline int swift_libuv_readable_bytes(int descriptor) {
  int count = 0;
  return ioctl(descriptor, FIONREAD, &count) == 0 ? count : -1;
}

#endif
