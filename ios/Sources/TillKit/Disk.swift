import Dispatch

/// Where calls that wait for the disk are made, so that none is made on the main actor.
public protocol Disk: Sendable {
  /// Runs `work` soon, on a thread that may wait.
  func perform(_ work: @escaping @Sendable () -> Void)
}

/// The usual one: threads of the system that are not those of Swift's own pool, which must never wait.
public struct DiskQueue: Disk {
  private let queue = DispatchQueue(label: "tillkit.disk", qos: .userInitiated, attributes: .concurrent)

  public init() {}

  public func perform(_ work: @escaping @Sendable () -> Void) {
    queue.async(execute: work)
  }
}

extension Disk {
  /// Makes a call that waits, and hands back what it returned or threw.
  func call<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws(TillError) -> T {
    let outcome: Result<T, TillError> = await withCheckedContinuation { continuation in
      perform { continuation.resume(returning: Result(catching: work).mapError(TillError.init(any:))) }
    }
    return try outcome.get()
  }

  /// The same for a call that cannot be refused.
  func call<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
    await withCheckedContinuation { continuation in
      perform { continuation.resume(returning: work()) }
    }
  }
}
