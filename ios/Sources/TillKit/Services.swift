// Phone services that need no phone: for desktops, previews and tests.

import Foundation
import TillKitFFI

/// Key stores that come with the core.
public enum KeyStores {
  /// Its key is gone with the process.
  public static func inMemory() throws(TillError) -> any SealingKeyStore {
    do { return try TillKitFFI.memoryKeyStore() } catch { throw TillError(any: error) }
  }

  /// Its key is in a file readable by its owner alone; a phone has something better.
  public static func file(_ path: URL) -> any SealingKeyStore {
    TillKitFFI.fileKeyStore(path: path.path)
  }
}

/// Network hints that somebody gives by hand.
public final class ManualNetworkHints: NetworkHints, @unchecked Sendable {
  private let lock = NSLock()
  private var listener: NetworkListener?

  public init() {}

  public func listen(listener: NetworkListener) {
    lock.withLock { self.listener = listener }
  }

  /// A network is there.
  public func networkAppeared() {
    lock.withLock { listener }?.networkAppeared()
  }
}

/// A printer that remembers, and refuses when told to.
public final class RememberingPrinter: Printer, @unchecked Sendable {
  private let lock = NSLock()
  private var texts: [String] = []
  private var reason: String?

  public init() {}

  /// What was printed, in order.
  public var printed: [String] { lock.withLock { texts } }

  /// Refuses from now on, for this reason; with none, prints again.
  public func refuse(because reason: String?) {
    lock.withLock { self.reason = reason }
  }

  public func print(text: String) throws {
    try lock.withLock {
      if let reason { throw ServiceError.Failed(reason: reason) }
      texts.append(text)
    }
  }
}

/// A log that remembers.
public final class RememberingLog: LogSink, @unchecked Sendable {
  private let lock = NSLock()
  private var kept: [String] = []

  public init() {}

  /// `level target: line`, in order.
  public var lines: [String] { lock.withLock { kept } }

  public func log(level: String, target: String, line: String) {
    lock.withLock { kept.append("\(level) \(target): \(line)") }
  }
}

/// Hands the core's log to the phone, from `info` upwards: never a PIN, a key, a token or a customer.
/// The first sink wins; it stays for the life of the process.
public func logTillKit(to sink: any LogSink) {
  TillKitFFI.logTo(sink: sink)
}
