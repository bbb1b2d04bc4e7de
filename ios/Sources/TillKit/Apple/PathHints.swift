#if canImport(Network)
  import Foundation
  import Network

  /// Tells the till when the phone has a network again. Not verified on a device.
  public final class PathHints: NetworkHints, @unchecked Sendable {
    private let monitor = NWPathMonitor()
    private let lock = NSLock()
    private var listener: NetworkListener?

    public init() {}

    deinit { monitor.cancel() }

    public func listen(listener: NetworkListener) {
      lock.withLock { self.listener = listener }
      monitor.pathUpdateHandler = { path in
        if path.status == .satisfied { listener.networkAppeared() }
      }
      monitor.start(queue: DispatchQueue(label: "tillkit.network"))
    }

    /// Hints by hand: the till sends, and fetches what is new, but applies only what its centre's policy
    /// applies by itself.
    public func networkAppeared() {
      lock.withLock { listener }?.networkAppeared()
    }
  }
#endif
