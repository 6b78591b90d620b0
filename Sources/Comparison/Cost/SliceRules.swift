/// Which slice a function's instructions count for.
///
/// The rules are one table, read from above; the first line that fits decides. A pattern may have a `*` at its ends. Swift's
/// symbols end with what they are (`docs/ABI/Mangling.rst` of the compiler): `TA` forwards the call of a closure with what
/// that has captured, `TR` turns the form in which a function takes its arguments into another one, `Tj` looks a method
/// up, `TV` is an override in another form, `To` is what C calls. `TW`, the witness of a protocol's requirement, is none of
/// these here: the optimizer puts the method itself into it. So it does with many a `TA` and `To`: those whose target nobody
/// has called are what they would have called.
struct SliceRules {
  /// The file of the rung's program, by its name.
  let program: String
  /// Whether what the program has itself is a framework's: Node.
  let isInterpreter: Bool
  /// Those that were called, by what their names have in common, to tell thunks from what was put into them.
  private let called: Set<CallgrindProfile.Function>
  /// The names of the program's functions, for those that callgrind has no name for.
  private let symbols: SymbolTable?
  /// Whether modules that SwiftNIO brings are a framework's.
  let hasNIO: Bool

  /// Rules for the functions of a rung's profile.
  ///
  /// - Parameters:
  ///   - program: the file of its program, by its name.
  ///   - symbols: the program's; nil when they aren't known.
  ///   - functions: all that there is something to count for.
  init(
    _ rung: Rung,
    program: String,
    symbols: SymbolTable? = nil,
    _ functions: some Collection<CallgrindProfile.Function>
  ) {
    self.symbols = symbols
    self.program = program
    isInterpreter = rung.language == "JavaScript"
    called = Set(functions.map { .init(object: $0.object, name: String(Self.core(of: $0.name))) })
    hasNIO = functions.contains { Self.module(of: $0.name)?.hasPrefix("NIO") == true }
  }

  private struct Rule {
    let slice: Slice
    /// The files' names; none for all files.
    let objects: [String]
    /// The functions; none for all.
    let names: [String]
  }

  private static func all(_ slice: Slice, of objects: String...) -> Rule {
    Rule(slice: slice, objects: objects, names: [])
  }

  private static func named(_ slice: Slice, _ names: String..., of objects: [String] = []) -> Rule {
    Rule(slice: slice, objects: objects, names: names)
  }

  private static let libc = ["libc.so*", "libc-*", "libc.musl*", "ld-musl*"]

  private static let rules: [Rule] = [
    // Calls into other libraries, and variables of threads.
    named(.linking, "*[PLT]", "__tls_get_addr*", "_dl_*", "update_get_addr", "tls_get_addr_tail"),
    all(.linking, of: "ld-linux*", "ld-2*"),
    // The C library's allocator, and what Swift and C++ have before it.
    named(
      .allocation,
      "malloc*",
      "*_malloc",
      "calloc",
      "*_calloc",
      "realloc*",
      "*_realloc",
      "free",
      "cfree*",
      "*_free",
      "_int_*",
      "*memalign*",
      "aligned_alloc*",
      "tcache_*",
      "sysmalloc*",
      "systrim*",
      "unlink_chunk*",
      "arena_get*",
      "munmap_chunk*",
      "mremap_chunk*",
      "ptmalloc_init*",
      "checked_request2size*",
      "alloc_perturb*",
      "free_perturb*",
      "grow_heap*",
      "shrink_heap*",
      "new_heap*",
      "detach_arena*",
      "get_free_list*",
      "__malloc_*",
      "brk",
      "sbrk",
      of: libc
    ),
    named(
      .allocation,
      "swift_allocObject*",
      "_swift_allocObject*",
      "swift_dealloc*",
      "_swift_dealloc*",
      "swift_slow*",
      "swift_allocBox*",
      "swift_deallocBox*",
      "swift_initStackObject*",
      "swift_initStaticObject*",
      "swift_bufferAllocate*",
      "swift_allocEmptyBox*",
      "_swift_slow*",
      "_ZN5swift*swift_slow*",
      "_Znw*",
      "_Zna*",
      "_Zdl*",
      "_Zda*"
    ),
    // Counts of references.
    named(
      .references,
      "swift_retain*",
      "_swift_retain*",
      "swift_release*",
      "_swift_release*",
      "swift_bridgeObjectRe*",
      "swift_unknownObjectRe*",
      "swift_nonatomic_*",
      "swift_unowned*",
      "swift_unknownObjectUnowned*",
      "swift_weak*",
      "swift_unknownObjectWeak*",
      "swift_tryRetain*",
      "swift_setDeallocating*",
      "swift_isUniquelyReferenced*",
      "swift_isDeallocating*",
      "swift_retainCount*",
      "*RefCounts*",
      "*RefCountBits*",
      "*SideTable*",
      "_swift_isUniquelyReferenced*",
      "swift_isEscapingClosure*"
    ),
    // Access to variables.
    named(.exclusivity, "swift_beginAccess*", "swift_endAccess*", "*AccessSet*", "*SwiftTLSContext*"),
    // Which executor it is.
    named(
      .executors,
      "swift_task_isCurrentExecutor*",
      "swift_task_checkIsolated*",
      "swift_task_isMainExecutor*",
      "swift_task_isIsolatingCurrentContext*",
      "swift_task_reportUnexpectedExecutor*",
      "*_taskIsCurrentExecutor*",
      "*_checkExpectedExecutor*",
      "*isCurrentExecutor*",
      "*checkIsolated*",
      "*isIsolatingCurrentContext*"
    ),
    // Swift's runtime for tasks, also where it is linked into the program.
    all(.tasks, of: "libswift_Concurrency*"),
    named(
      .tasks,
      "swift_task*",
      "swift_async*",
      "swift_continuation*",
      "swift_job*",
      "swift_executor*",
      "swift_actor*",
      "swift_defaultActor*",
      "swift_get*Executor*",
      "_swift_task*",
      "_ZN5swift*AsyncTask*",
      "_ZN*5swift*Task*",
      "_ZN*5swift*Executor*",
      "_ZN*5swift*Job*",
      "*DefaultActor*",
      "$sSc*",
      "$s12_Concurrency*",
      "swift_coro*"
    ),
    // The rest of it, and Swift's own libraries.
    all(.runtime, of: "libswift*", "libFoundation*", "lib_Foundation*", "libdispatch*", "libBlocksRuntime*"),
    named(
      .runtime,
      "swift_*",
      "_swift_*",
      "__swift_*",
      "_ZN5swift*",
      "_ZNK5swift*",
      "_ZZN5swift*",
      "_ZN12_GLOBAL__N*5swift*"
    ),
    // The libraries in C.
    all(.libuv, of: "libuv*"),
    all(
      .library,
      of: "libc.so*",
      "libc-*",
      "libc.musl*",
      "ld-musl*",
      "libm.so*",
      "libm-*",
      "libpthread*",
      "librt*",
      "libdl*",
      "libgcc_s*",
      "libstdc++*",
      "libc++*",
      "[vdso]",
      "linux-vdso*",
      "vgpreload*"
    ),
  ]

  /// The slice of a function.
  func slice(of function: CallgrindProfile.Function) -> Slice {
    let object = Self.fileName(function.object)
    if Self.isThunk(function.name), !isInlined(function) { return .closures }
    for rule in Self.rules
    where (rule.objects.isEmpty || rule.objects.contains { Self.matches($0, object) })
      && (rule.names.isEmpty || rule.names.contains { Self.matches($0, function.name) })
    {
      return rule.slice
    }
    // Code that was made at run time is in no file.
    if isInterpreter { return .framework }
    guard object == program || object == "???" else { return .library }
    return ownSlice(function.name)
  }

  /// The slice of what is in the rung's program, and not Swift's runtime.
  private func ownSlice(_ name: String) -> Slice {
    // The compiler gives some closures no name: they are by the code that they belong to.
    if name.hasPrefix("0x"),
      let neighbour = UInt64(name.dropFirst(2), radix: 16).flatMap({ symbols?.name(before: $0) })
    {
      return ownSlice(neighbour)
    }
    guard name.hasPrefix("$s") else {
      // SwiftNIO's C and swift-atomics'.
      return hasNIO && (name.hasPrefix("CNIO") || name.hasPrefix("c_nio") || name.hasPrefix("catmc"))
        ? .framework : .service
    }
    switch Self.module(of: name) {
    case "Swift": return .runtime
    case "Libuv": return .wrapper
    case let module? where hasNIO && Self.isOfNIO(module): return .framework
    default: return .service
    }
  }

  private static func isOfNIO(_ module: String) -> Bool {
    module.hasPrefix("NIO") || module.hasPrefix("_NIO") || module.hasPrefix("CNIO")
      || ["Atomics", "DequeModule", "InternalCollectionsUtilities", "SystemPackage", "ContainersPreview"]
        .contains(module)
  }

  // MARK: Symbols

  /// What the compiler puts after the name: `.resume.0`, `.cold`, `.llvm.123`; parts of asynchronous functions (`TY0_`,
  /// `TQ1_`), and of those that are the same as others (`Tm`).
  static func core(of name: String) -> Substring {
    var name = name[...]
    if name.hasPrefix("$s"), let dot = name.firstIndex(of: ".") { name = name[..<dot] }
    while true {
      if name.hasSuffix("Tm") || name.hasSuffix("Tu") {
        name = name.dropLast(2)
      } else if name.hasSuffix("_"), let mark = name.lastIndex(of: "T"),
        case let rest = name[mark...].dropFirst().dropLast(),
        rest.first == "Q" || rest.first == "Y", rest.dropFirst().allSatisfy(\.isNumber)
      {
        name = name[..<mark]
      } else {
        return name
      }
    }
  }

  /// Whether a function only calls another one, in another form.
  static func isThunk(_ name: String) -> Bool {
    guard name.hasPrefix("$s") else { return false }
    let core = core(of: name)
    return ["TA", "TR", "Tr", "Tj", "TV", "To"].contains { core.hasSuffix($0) }
  }

  /// Whether a forwarder has what it would call in it: then nobody has called that.
  private func isInlined(_ function: CallgrindProfile.Function) -> Bool {
    let core = Self.core(of: function.name)
    guard core.hasSuffix("TA") || core.hasSuffix("To") else { return false }
    let target = String(core.dropLast(2))
    guard !Self.isThunk(target) else { return false }
    return !called.contains(.init(object: function.object, name: String(Self.core(of: target))))
  }

  /// The module whose code a Swift symbol is; nil when it doesn't tell.
  ///
  /// It is the one that comes first, or the one that extends a type: `$s5Libuv6StreamC10EchoServerE…` is EchoServer's.
  /// Generic code is its writer's, also where it was made for a type of somebody else.
  static func module(of name: String) -> String? {
    guard name.hasPrefix("$s") else { return nil }
    let text = Array(name.utf8.dropFirst(2))
    var identifiers: [(text: String, end: Int)] = []
    var place = 0
    while place < text.count, identifiers.count < 6 {
      guard (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(text[place]) else {
        place += 1
        continue
      }
      var length = 0
      while place < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[place]) {
        length = length * 10 + Int(text[place] - UInt8(ascii: "0"))
        place += 1
      }
      guard length <= text.count - place else { break }
      let end = place + length
      identifiers.append((String(decoding: text[place..<end], as: UTF8.self), end))
      place = end
      if place < text.count, text[place] == UInt8(ascii: "E") { return identifiers.last!.text }
    }
    switch text.first {
    case (UInt8(ascii: "1")...UInt8(ascii: "9"))?: return identifiers.first?.text
    // `s` is the standard library, `S` one of its types that are so common that they have a letter.
    case UInt8(ascii: "s"): return "Swift"
    case UInt8(ascii: "S"): return text.dropFirst().first == UInt8(ascii: "o") ? nil : "Swift"
    default: return nil
    }
  }

  /// The last part of a path.
  static func fileName(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// Whether a text is of a pattern, in which a `*` stands for any text.
  static func matches(_ pattern: String, _ text: String) -> Bool {
    let parts = pattern.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
    guard parts.count > 1 else { return pattern == text }
    var rest = text.utf8[...]
    guard rest.starts(with: parts[0]) else { return false }
    rest = rest.dropFirst(parts[0].count)
    for part in parts.dropFirst().dropLast() {
      guard let range = rest.firstRange(of: part) else { return false }
      rest = rest[range.upperBound...]
    }
    let last = parts.last!
    return rest.count >= last.count && rest.suffix(last.count).elementsEqual(last)
  }
}
