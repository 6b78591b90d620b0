// The C boundary of the rung that uses libuv without our library: the system's <uv.h>, and nothing else.

#include <uv.h>
