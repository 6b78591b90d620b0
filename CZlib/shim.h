// The C boundary to zlib, which compresses the histogram log.

#ifndef SWIFT_LIBUV_ZLIB_SHIM_H
#define SWIFT_LIBUV_ZLIB_SHIM_H

#include <zlib.h>

#endif
