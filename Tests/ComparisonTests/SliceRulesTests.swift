import Testing

@testable import Comparison

@Suite struct SliceRulesTests {
  private static let core = "/opt/swift/usr/lib/swift/linux/libswiftCore.so"
  private static let concurrency = "/opt/swift/usr/lib/swift/linux/libswift_Concurrency.so"
  private static let libc = "/usr/lib/x86_64-linux-gnu/libc.so.6"
  private static let linker = "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
  private static let libuv = "/usr/lib/x86_64-linux-gnu/libuv.so.1.0.0"
  private static let program = "/tmp/uvecho"

  private func slice(
    _ object: String,
    _ name: String,
    language: String = "Swift",
    symbols: SymbolTable? = nil,
    beside others: [String] = []
  ) -> Slice {
    let functions = ([name] + others).map { CallgrindProfile.Function(object: object, name: $0) }
    let rules = SliceRules(
      MadeUpLadder.rung("a", language: language),
      program: "uvecho",
      symbols: symbols,
      functions
    )
    return rules.slice(of: functions[0])
  }

  // MARK: Libraries

  @Test(
    arguments: [
      (libuv, "uv_run", Slice.libuv), (libuv, "0x0000000000022a60", .libuv), (libuv, "???", .libuv),
      (libc, "epoll_wait", .library), (libc, "__errno_location", .library),
      (libc, "clock_gettime@@GLIBC_2.17", .library),
      (libc, "__memcpy_avx_unaligned_erms", .library), ("/usr/lib/libm.so.6", "exp", .library),
      (libc, "malloc", .allocation), (libc, "free", .allocation), (libc, "_int_free", .allocation),
      (libc, "_int_malloc", .allocation), (libc, "calloc", .allocation), (libc, "realloc", .allocation),
      (libc, "_int_realloc", .allocation), (libc, "malloc_consolidate", .allocation),
      (libc, "tcache_init.part.0", .allocation), (libc, "posix_memalign", .allocation),
      (libc, "_mid_memalign", .allocation),
      (libc, "unlink_chunk.constprop.0", .allocation), (libc, "sysmalloc", .allocation),
      (libc, "cfree@GLIBC_2.2.5", .allocation),
      (libc, "freeaddrinfo", .library), (libc, "pthread_mutex_lock", .library),
      (linker, "__tls_get_addr", .linking), (linker, "_dl_runtime_resolve_xsavec", .linking),
      (linker, "_dl_fixup", .linking),
      (linker, "do_lookup_x", .linking), (libc, "_dl_addr", .linking),
      ("???", "0x000000000484d290 [PLT]", .linking),
      ("/usr/lib/libz.so.1", "inflate", .library),
    ]
  )
  func `functions of C's libraries`(object: String, name: String, slice: Slice) {
    #expect(self.slice(object, name) == slice)
  }

  @Test(
    arguments: [
      (core, "swift_retain", Slice.references), (core, "swift_release", .references),
      (core, "_swift_release_dealloc", .references), (core, "swift_bridgeObjectRelease", .references),
      (core, "swift_unownedRetainStrong", .references), (core, "swift_weakLoadStrong", .references),
      (core, "swift_isUniquelyReferenced_nonNull_native", .references),
      (
        core,
        "_ZN5swift9RefCountsINS_13RefCountBitsTILNS_19RefCountInlinednessE1EEEE15doDecrementSlowILNS_13PerformDeinitE1EEEbS3_j",
        .references
      ),
      (core, "swift_beginAccess", .exclusivity), (core, "swift_endAccess", .exclusivity),
      (core, "_ZN5swift7runtime9AccessSet6insertEPNS0_6AccessEPvS4_NS_16ExclusivityFlagsE", .exclusivity),
      (core, "_ZN5swift7runtime15SwiftTLSContext3getEv", .exclusivity),
      (core, "swift_allocObject", .allocation), (core, "swift_deallocClassInstance", .allocation),
      (core, "swift_deallocObject", .allocation), (core, "swift_slowAlloc", .allocation),
      ("/usr/lib/libstdc++.so.6", "_Znwm", .allocation),
      (core, "swift_dynamicCast", .runtime), (core, "$sSS6appendyySSF", .runtime),
      (core, "_ZL25_swift_getGenericMetadataN5swift15MetadataRequestE", .runtime),
      ("/opt/libFoundationEssentials.so", "$s20FoundationEssentials4DateV3nowACvgZ", .runtime),
      (concurrency, "swift_task_isCurrentExecutorWithFlagsImpl", .executors),
      (concurrency, "swift_task_isCurrentExecutor", .executors),
      (concurrency, "swift_task_checkIsolated", .executors),
      (
        concurrency,
        "$ss22_checkExpectedExecutor14_filenameStart01_D6Length01_D7IsASCII5_line9_executoryBp_BwBi1_BwBetF",
        .executors
      ),
      (concurrency, "swift_task_switch", .tasks), (concurrency, "swift_job_run", .tasks),
      (concurrency, "_ZN5swift9AsyncTask26flagAsAndEnqueueOnExecutorENS_17SerialExecutorRefE", .tasks),
      (concurrency, "swift_task_create_common", .tasks), (concurrency, "0x0000000000012345", .tasks),
      // Linked into the program.
      (program, "swift_retain", .references), (program, "swift_task_switch", .tasks),
      (program, "swift_dynamicCast", .runtime),
      (program, "swift_allocObject", .allocation),
      (program, "__swift_instantiateConcreteTypeFromMangledName", .runtime),
    ]
  )
  func `functions of Swift's runtime`(object: String, name: String, slice: Slice) {
    #expect(self.slice(object, name) == slice)
  }

  // MARK: The program

  @Test(
    arguments: [
      ("$s5Libuv6StreamC20endOutputWhenFlushedyyF", Slice.wrapper),
      ("$s5Libuv10ConnectionV4readSays5UInt8VGSgyYaKFTY0_", .wrapper),
      ("$s5Libuv6StreamC5InputOSHAASH9hashValueSivgTWTm", .wrapper),
      ("$s10EchoServer0B0V4echoyyF", .service), ("$s6uvecho5ServeV3runyyKF", .service), ("main", .service),
      ("on_read", .service),
      ("$s5Libuv6StreamC10EchoServerE4markyyF", .service), ("$sSS5LibuvE4hostSSvg", .wrapper),
      ("$ss5UInt8V5LibuvE4markyyF", .wrapper),
      ("$sSa6appendyyxnFs5UInt8V_Tg5", .runtime),
      ("$ss12_ArrayBufferV20_consumeAndCreateNewAByxGyF10EchoServer6ClientC_Tg5", .runtime),
      ("$sSo9uv_buf_tV5LibuvE4baseSvvg", .wrapper),
      ("$s7Logging6LoggerV3logyyF", .service),
    ]
  )
  func `functions of the program, by their module`(name: String, slice: Slice) {
    #expect(self.slice(Self.program, name) == slice)
  }

  @Test func `SwiftNIO's modules are a framework's, where it is`() {
    #expect(slice(Self.program, "$s8NIOPosix13SelectorEpollV4waityyF") == .framework)
    let nio = "$s7NIOCore10ByteBufferV8readableSivg"
    #expect(slice(Self.program, "$s11DequeModule0A0V6appendyyxnF", beside: [nio]) == .framework)
    #expect(slice(Self.program, "$s11DequeModule0A0V6appendyyxnF") == .service)
    #expect(slice(Self.program, "$s8echo_nio7HandlerC11channelReadyyF", beside: [nio]) == .service)
    #expect(slice(Self.program, "CNIOLinux_recvmmsg", beside: [nio]) == .framework)
    #expect(slice(Self.program, "CNIOLinux_recvmmsg") == .service)
  }

  @Test func `what a JavaScript program has itself is a framework's`() {
    for (object, name) in [
      ("/usr/bin/node", "main"), ("/usr/lib/libnode.so.115", "_ZN4node10StreamBase4ReadEv"), ("???", "???"),
      ("???", "0x00000000051234a0"),
    ] {
      #expect(slice(object, name, language: "JavaScript") == .framework)
    }
    #expect(slice(Self.libuv, "uv_run", language: "JavaScript") == .libuv)
    #expect(slice(Self.libc, "malloc", language: "JavaScript") == .allocation)
    #expect(slice("/usr/lib/libstdc++.so.6", "_Znwm", language: "JavaScript") == .allocation)
  }

  @Test func `a function without a name belongs to those around it`() {
    let symbols = SymbolTable("1000 t $s5Libuv6StreamC5closeyyF\n2000 t $s10EchoServer6ClientC3endyyF")
    #expect(slice(Self.program, "0x0000000000001800", symbols: symbols) == .wrapper)
    #expect(slice(Self.program, "0x0000000000002800", symbols: symbols) == .service)
    #expect(slice(Self.program, "0x0000000000000800", symbols: symbols) == .service)
    #expect(slice(Self.program, "0x0000000000001800") == .service)
  }

  // MARK: Thunks

  @Test func `a forwarder counts for closures where its closure was called`() {
    let closure = "$s5Libuv6StreamC5writeyySWKFySWXEfU_"
    #expect(slice(Self.program, "\(closure)TA", beside: [closure]) == .closures)
    #expect(slice(Self.program, "\(closure)TA.12", beside: ["\(closure)Tm"]) == .closures)
    #expect(slice(Self.program, "\(closure)To", beside: [closure]) == .closures)
  }

  @Test func `a forwarder counts for whom it belongs to where it has the closure in it`() {
    #expect(slice(Self.program, "$s5Libuv6StreamC5writeyySWKFySWXEfU_TA") == .wrapper)
    #expect(slice(Self.program, "$s5Libuv6StreamC13updateReadingyyF0A0U_To") == .wrapper)
    #expect(slice(Self.program, "$s10EchoServer6ClientC5startyyKFyAA0C0CcfU_TA") == .service)
  }

  @Test(
    arguments: [
      "$s5Libuv6HandleCIegg_ACIeggd_TR", "$s5Libuv6HandleCIegg_ACIeggd_TRTA", "$sIeg_IeyB_TR",
      "$s5Libuv6StreamC5closeyyFTj",
      "$s10EchoServer6StreamC7receiveyyF5LibuvAACFTV", "$sIeghHr_TRTATQ0_",
      "$s5Libuv6HandleCIegg_ACIeggd_TR.5",
    ]
  )
  func `other thunks always count for closures`(name: String) {
    #expect(slice(Self.program, name) == .closures)
  }

  @Test(arguments: [
    "$s5Libuv6StreamC5InputOSHAASH9hashValueSivgTW", "partial_apply_TA", "swift_TR", "$s5Libuv3TARV",
  ])
  func `a witness, and what only looks like a thunk, count for whom they belong to`(name: String) {
    #expect(slice(Self.program, name) != .closures)
  }

  // MARK: Symbols

  @Test func `what the compiler puts after a name is left out`() {
    #expect(SliceRules.core(of: "$s4main1fyyYaFTY0_") == "$s4main1fyyYaF")
    #expect(SliceRules.core(of: "$s4main1fyyYaFTQ12_") == "$s4main1fyyYaF")
    #expect(SliceRules.core(of: "$s4main1fyyFTm") == "$s4main1fyyF")
    #expect(SliceRules.core(of: "$s4main1fyyF.resume.0") == "$s4main1fyyF")
    #expect(SliceRules.core(of: "$s4main1fyyYaFTu") == "$s4main1fyyYaF")
    #expect(SliceRules.core(of: "unlink_chunk.constprop.0") == "unlink_chunk.constprop.0")
    #expect(SliceRules.core(of: "T_") == "T_")
  }

  @Test func `a symbol's module`() {
    #expect(SliceRules.module(of: "$s5Libuv6StreamC") == "Libuv")
    #expect(SliceRules.module(of: "$sSS5LibuvE") == "Libuv")
    #expect(SliceRules.module(of: "$ss5UInt8V") == "Swift")
    #expect(SliceRules.module(of: "$sSo8uv_buf_tV") == nil)
    #expect(SliceRules.module(of: "$s99Libuv") == nil)
    #expect(SliceRules.module(of: "$s") == nil)
    #expect(SliceRules.module(of: "main") == nil)
  }

  @Test func `patterns have a star for any text`() {
    #expect(SliceRules.matches("free", "free"))
    #expect(!SliceRules.matches("free", "freeaddrinfo"))
    #expect(SliceRules.matches("free*", "free"))
    #expect(SliceRules.matches("*_malloc", "_int_malloc"))
    #expect(!SliceRules.matches("*_malloc", "_int_malloc_"))
    #expect(SliceRules.matches("*RefCounts*", "_ZN5swift9RefCountsI"))
    #expect(SliceRules.matches("_ZN*5swift*Task*", "_ZN12_GLOBAL__N_15swift9AsyncTaskE"))
    #expect(!SliceRules.matches("_ZN*5swift*Task*", "_ZN5swift3JobE"))
    #expect(!SliceRules.matches("aa*aa", "aaa"), "both ends need their own")
  }
}
