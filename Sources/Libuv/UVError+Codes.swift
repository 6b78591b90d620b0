internal import CLibuv

// Every code of libuv 1.44's `UV_ERRNO_MAP`, by a Swift name. A test reads the installed `uv.h` and
// fails when a code is missing here.

extension UVError {
  /// Argument list too long. The libuv constant is `UV_E2BIG`.
  public static var argumentListTooLong: UVError { UVError(UV_E2BIG) }

  /// Permission denied. The libuv constant is `UV_EACCES`.
  public static var permissionDenied: UVError { UVError(UV_EACCES) }

  /// Address already in use. The libuv constant is `UV_EADDRINUSE`.
  public static var addressInUse: UVError { UVError(UV_EADDRINUSE) }

  /// Address not available. The libuv constant is `UV_EADDRNOTAVAIL`.
  public static var addressNotAvailable: UVError { UVError(UV_EADDRNOTAVAIL) }

  /// Address family not supported. The libuv constant is `UV_EAFNOSUPPORT`.
  public static var addressFamilyNotSupported: UVError { UVError(UV_EAFNOSUPPORT) }

  /// Resource temporarily unavailable. The libuv constant is `UV_EAGAIN`.
  public static var wouldBlock: UVError { UVError(UV_EAGAIN) }

  /// Address family not supported. The libuv constant is `UV_EAI_ADDRFAMILY`.
  public static var resolverAddressFamilyNotSupported: UVError { UVError(UV_EAI_ADDRFAMILY) }

  /// Temporary failure. The libuv constant is `UV_EAI_AGAIN`.
  public static var resolverTemporaryFailure: UVError { UVError(UV_EAI_AGAIN) }

  /// Bad ai_flags value. The libuv constant is `UV_EAI_BADFLAGS`.
  public static var resolverBadFlags: UVError { UVError(UV_EAI_BADFLAGS) }

  /// Invalid value for hints. The libuv constant is `UV_EAI_BADHINTS`.
  public static var resolverBadHints: UVError { UVError(UV_EAI_BADHINTS) }

  /// Request canceled. The libuv constant is `UV_EAI_CANCELED`.
  public static var resolverCanceled: UVError { UVError(UV_EAI_CANCELED) }

  /// Permanent failure. The libuv constant is `UV_EAI_FAIL`.
  public static var resolverPermanentFailure: UVError { UVError(UV_EAI_FAIL) }

  /// Ai_family not supported. The libuv constant is `UV_EAI_FAMILY`.
  public static var resolverFamilyNotSupported: UVError { UVError(UV_EAI_FAMILY) }

  /// Out of memory. The libuv constant is `UV_EAI_MEMORY`.
  public static var resolverOutOfMemory: UVError { UVError(UV_EAI_MEMORY) }

  /// No address. The libuv constant is `UV_EAI_NODATA`.
  public static var resolverNoAddress: UVError { UVError(UV_EAI_NODATA) }

  /// Unknown node or service. The libuv constant is `UV_EAI_NONAME`.
  public static var resolverUnknownName: UVError { UVError(UV_EAI_NONAME) }

  /// Argument buffer overflow. The libuv constant is `UV_EAI_OVERFLOW`.
  public static var resolverBufferOverflow: UVError { UVError(UV_EAI_OVERFLOW) }

  /// Resolved protocol is unknown. The libuv constant is `UV_EAI_PROTOCOL`.
  public static var resolverUnknownProtocol: UVError { UVError(UV_EAI_PROTOCOL) }

  /// Service not available for socket type. The libuv constant is `UV_EAI_SERVICE`.
  public static var resolverServiceNotAvailable: UVError { UVError(UV_EAI_SERVICE) }

  /// Socket type not supported. The libuv constant is `UV_EAI_SOCKTYPE`.
  public static var resolverSocketTypeNotSupported: UVError { UVError(UV_EAI_SOCKTYPE) }

  /// Connection already in progress. The libuv constant is `UV_EALREADY`.
  public static var alreadyInProgress: UVError { UVError(UV_EALREADY) }

  /// Bad file descriptor. The libuv constant is `UV_EBADF`.
  public static var badHandle: UVError { UVError(UV_EBADF) }

  /// Resource busy or locked. The libuv constant is `UV_EBUSY`.
  public static var busy: UVError { UVError(UV_EBUSY) }

  /// Operation canceled. The libuv constant is `UV_ECANCELED`.
  public static var canceled: UVError { UVError(UV_ECANCELED) }

  /// Invalid Unicode character. The libuv constant is `UV_ECHARSET`.
  public static var invalidUnicode: UVError { UVError(UV_ECHARSET) }

  /// Software caused connection abort. The libuv constant is `UV_ECONNABORTED`.
  public static var connectionAborted: UVError { UVError(UV_ECONNABORTED) }

  /// Connection refused. The libuv constant is `UV_ECONNREFUSED`.
  public static var connectionRefused: UVError { UVError(UV_ECONNREFUSED) }

  /// Connection reset by peer. The libuv constant is `UV_ECONNRESET`.
  public static var connectionReset: UVError { UVError(UV_ECONNRESET) }

  /// Destination address required. The libuv constant is `UV_EDESTADDRREQ`.
  public static var destinationAddressRequired: UVError { UVError(UV_EDESTADDRREQ) }

  /// File already exists. The libuv constant is `UV_EEXIST`.
  public static var fileExists: UVError { UVError(UV_EEXIST) }

  /// Bad address in system call argument. The libuv constant is `UV_EFAULT`.
  public static var badAddress: UVError { UVError(UV_EFAULT) }

  /// File too large. The libuv constant is `UV_EFBIG`.
  public static var fileTooLarge: UVError { UVError(UV_EFBIG) }

  /// Host is unreachable. The libuv constant is `UV_EHOSTUNREACH`.
  public static var hostUnreachable: UVError { UVError(UV_EHOSTUNREACH) }

  /// Interrupted system call. The libuv constant is `UV_EINTR`.
  public static var interrupted: UVError { UVError(UV_EINTR) }

  /// Invalid argument. The libuv constant is `UV_EINVAL`.
  public static var invalidArgument: UVError { UVError(UV_EINVAL) }

  /// I/o error. The libuv constant is `UV_EIO`.
  public static var ioError: UVError { UVError(UV_EIO) }

  /// Socket is already connected. The libuv constant is `UV_EISCONN`.
  public static var alreadyConnected: UVError { UVError(UV_EISCONN) }

  /// Illegal operation on a directory. The libuv constant is `UV_EISDIR`.
  public static var isDirectory: UVError { UVError(UV_EISDIR) }

  /// Too many symbolic links encountered. The libuv constant is `UV_ELOOP`.
  public static var tooManySymbolicLinks: UVError { UVError(UV_ELOOP) }

  /// Too many open files. The libuv constant is `UV_EMFILE`.
  public static var tooManyOpenFiles: UVError { UVError(UV_EMFILE) }

  /// Message too long. The libuv constant is `UV_EMSGSIZE`.
  public static var messageTooLong: UVError { UVError(UV_EMSGSIZE) }

  /// Name too long. The libuv constant is `UV_ENAMETOOLONG`.
  public static var nameTooLong: UVError { UVError(UV_ENAMETOOLONG) }

  /// Network is down. The libuv constant is `UV_ENETDOWN`.
  public static var networkDown: UVError { UVError(UV_ENETDOWN) }

  /// Network is unreachable. The libuv constant is `UV_ENETUNREACH`.
  public static var networkUnreachable: UVError { UVError(UV_ENETUNREACH) }

  /// File table overflow. The libuv constant is `UV_ENFILE`.
  public static var fileTableOverflow: UVError { UVError(UV_ENFILE) }

  /// No buffer space available. The libuv constant is `UV_ENOBUFS`.
  public static var noBufferSpace: UVError { UVError(UV_ENOBUFS) }

  /// No such device. The libuv constant is `UV_ENODEV`.
  public static var noSuchDevice: UVError { UVError(UV_ENODEV) }

  /// No such file or directory. The libuv constant is `UV_ENOENT`.
  public static var noSuchFileOrDirectory: UVError { UVError(UV_ENOENT) }

  /// Not enough memory. The libuv constant is `UV_ENOMEM`.
  public static var outOfMemory: UVError { UVError(UV_ENOMEM) }

  /// Machine is not on the network. The libuv constant is `UV_ENONET`.
  public static var notOnNetwork: UVError { UVError(UV_ENONET) }

  /// Protocol not available. The libuv constant is `UV_ENOPROTOOPT`.
  public static var protocolOptionNotAvailable: UVError { UVError(UV_ENOPROTOOPT) }

  /// No space left on device. The libuv constant is `UV_ENOSPC`.
  public static var noSpace: UVError { UVError(UV_ENOSPC) }

  /// Function not implemented. The libuv constant is `UV_ENOSYS`.
  public static var noFunction: UVError { UVError(UV_ENOSYS) }

  /// Socket is not connected. The libuv constant is `UV_ENOTCONN`.
  public static var notConnected: UVError { UVError(UV_ENOTCONN) }

  /// Not a directory. The libuv constant is `UV_ENOTDIR`.
  public static var notDirectory: UVError { UVError(UV_ENOTDIR) }

  /// Directory not empty. The libuv constant is `UV_ENOTEMPTY`.
  public static var directoryNotEmpty: UVError { UVError(UV_ENOTEMPTY) }

  /// Socket operation on non-socket. The libuv constant is `UV_ENOTSOCK`.
  public static var notSocket: UVError { UVError(UV_ENOTSOCK) }

  /// Operation not supported on socket. The libuv constant is `UV_ENOTSUP`.
  public static var notSupported: UVError { UVError(UV_ENOTSUP) }

  /// Value too large for defined data type. The libuv constant is `UV_EOVERFLOW`.
  public static var valueOverflow: UVError { UVError(UV_EOVERFLOW) }

  /// Operation not permitted. The libuv constant is `UV_EPERM`.
  public static var notPermitted: UVError { UVError(UV_EPERM) }

  /// Broken pipe. The libuv constant is `UV_EPIPE`.
  public static var brokenPipe: UVError { UVError(UV_EPIPE) }

  /// Protocol error. The libuv constant is `UV_EPROTO`.
  public static var protocolError: UVError { UVError(UV_EPROTO) }

  /// Protocol not supported. The libuv constant is `UV_EPROTONOSUPPORT`.
  public static var protocolNotSupported: UVError { UVError(UV_EPROTONOSUPPORT) }

  /// Protocol wrong type for socket. The libuv constant is `UV_EPROTOTYPE`.
  public static var protocolWrongType: UVError { UVError(UV_EPROTOTYPE) }

  /// Result too large. The libuv constant is `UV_ERANGE`.
  public static var resultTooLarge: UVError { UVError(UV_ERANGE) }

  /// Read-only file system. The libuv constant is `UV_EROFS`.
  public static var readOnlyFileSystem: UVError { UVError(UV_EROFS) }

  /// Cannot send after transport endpoint shutdown. The libuv constant is `UV_ESHUTDOWN`.
  public static var transportShutDown: UVError { UVError(UV_ESHUTDOWN) }

  /// Invalid seek. The libuv constant is `UV_ESPIPE`.
  public static var invalidSeek: UVError { UVError(UV_ESPIPE) }

  /// No such process. The libuv constant is `UV_ESRCH`.
  public static var noSuchProcess: UVError { UVError(UV_ESRCH) }

  /// Connection timed out. The libuv constant is `UV_ETIMEDOUT`.
  public static var timedOut: UVError { UVError(UV_ETIMEDOUT) }

  /// Text file is busy. The libuv constant is `UV_ETXTBSY`.
  public static var textFileBusy: UVError { UVError(UV_ETXTBSY) }

  /// Cross-device link not permitted. The libuv constant is `UV_EXDEV`.
  public static var crossDeviceLink: UVError { UVError(UV_EXDEV) }

  /// Unknown error. The libuv constant is `UV_UNKNOWN`.
  public static var unknown: UVError { UVError(UV_UNKNOWN) }

  /// End of file. The libuv constant is `UV_EOF`.
  public static var endOfFile: UVError { UVError(UV_EOF) }

  /// No such device or address. The libuv constant is `UV_ENXIO`.
  public static var noSuchDeviceOrAddress: UVError { UVError(UV_ENXIO) }

  /// Too many links. The libuv constant is `UV_EMLINK`.
  public static var tooManyLinks: UVError { UVError(UV_EMLINK) }

  /// Host is down. The libuv constant is `UV_EHOSTDOWN`.
  public static var hostDown: UVError { UVError(UV_EHOSTDOWN) }

  /// Remote I/O error. The libuv constant is `UV_EREMOTEIO`.
  public static var remoteIOError: UVError { UVError(UV_EREMOTEIO) }

  /// Inappropriate ioctl for device. The libuv constant is `UV_ENOTTY`.
  public static var inappropriateControl: UVError { UVError(UV_ENOTTY) }

  /// Inappropriate file type or format. The libuv constant is `UV_EFTYPE`.
  public static var inappropriateFileType: UVError { UVError(UV_EFTYPE) }

  /// Illegal byte sequence. The libuv constant is `UV_EILSEQ`.
  public static var illegalByteSequence: UVError { UVError(UV_EILSEQ) }

  /// Socket type not supported. The libuv constant is `UV_ESOCKTNOSUPPORT`.
  public static var socketTypeNotSupported: UVError { UVError(UV_ESOCKTNOSUPPORT) }

  /// All codes that have a Swift name, in the order of `UV_ERRNO_MAP`.
  static var named: [UVError] {
    [
      .argumentListTooLong,
      .permissionDenied,
      .addressInUse,
      .addressNotAvailable,
      .addressFamilyNotSupported,
      .wouldBlock,
      .resolverAddressFamilyNotSupported,
      .resolverTemporaryFailure,
      .resolverBadFlags,
      .resolverBadHints,
      .resolverCanceled,
      .resolverPermanentFailure,
      .resolverFamilyNotSupported,
      .resolverOutOfMemory,
      .resolverNoAddress,
      .resolverUnknownName,
      .resolverBufferOverflow,
      .resolverUnknownProtocol,
      .resolverServiceNotAvailable,
      .resolverSocketTypeNotSupported,
      .alreadyInProgress,
      .badHandle,
      .busy,
      .canceled,
      .invalidUnicode,
      .connectionAborted,
      .connectionRefused,
      .connectionReset,
      .destinationAddressRequired,
      .fileExists,
      .badAddress,
      .fileTooLarge,
      .hostUnreachable,
      .interrupted,
      .invalidArgument,
      .ioError,
      .alreadyConnected,
      .isDirectory,
      .tooManySymbolicLinks,
      .tooManyOpenFiles,
      .messageTooLong,
      .nameTooLong,
      .networkDown,
      .networkUnreachable,
      .fileTableOverflow,
      .noBufferSpace,
      .noSuchDevice,
      .noSuchFileOrDirectory,
      .outOfMemory,
      .notOnNetwork,
      .protocolOptionNotAvailable,
      .noSpace,
      .noFunction,
      .notConnected,
      .notDirectory,
      .directoryNotEmpty,
      .notSocket,
      .notSupported,
      .valueOverflow,
      .notPermitted,
      .brokenPipe,
      .protocolError,
      .protocolNotSupported,
      .protocolWrongType,
      .resultTooLarge,
      .readOnlyFileSystem,
      .transportShutDown,
      .invalidSeek,
      .noSuchProcess,
      .timedOut,
      .textFileBusy,
      .crossDeviceLink,
      .unknown,
      .endOfFile,
      .noSuchDeviceOrAddress,
      .tooManyLinks,
      .hostDown,
      .remoteIOError,
      .inappropriateControl,
      .inappropriateFileType,
      .illegalByteSequence,
      .socketTypeNotSupported,
    ]
  }
}
