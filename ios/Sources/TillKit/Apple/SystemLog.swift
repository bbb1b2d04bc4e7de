#if canImport(os)
  import os

  /// The core's log lines in the phone's own log; they hold no PIN, key, token or customer. Not verified
  /// on a device.
  public final class SystemLog: LogSink {
    private let subsystem: String

    public init(subsystem: String) { self.subsystem = subsystem }

    public func log(level: String, target: String, line: String) {
      let logger = Logger(subsystem: subsystem, category: target)
      switch level {
      case "error": logger.error("\(line, privacy: .public)")
      case "warn": logger.warning("\(line, privacy: .public)")
      default: logger.info("\(line, privacy: .public)")
      }
    }
  }
#endif
