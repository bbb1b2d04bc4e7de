import TillKitFFI

extension TillError {
  /// Stable: texts in other languages go by it.
  public var code: String { facts.code }
  /// English, with the facts.
  public var sentence: String { facts.sentence }
  /// Whether everything that was recorded before is safe.
  public var dataSafe: Bool { facts.dataSafe }

  private var facts: (code: String, sentence: String, dataSafe: Bool) {
    switch self {
    case .TryAgain(let code, let sentence, let dataSafe), .Refused(let code, let sentence, let dataSafe),
      .Forbidden(let code, let sentence, let dataSafe), .NotReady(let code, let sentence, let dataSafe),
      .Device(let code, let sentence, let dataSafe), .Suspended(let code, let sentence, let dataSafe):
      (code, sentence, dataSafe)
    case .TwoReadings(let code, let sentence, let dataSafe, _, _, _): (code, sentence, dataSafe)
    case .SeveralItems(let code, let sentence, let dataSafe, _, _): (code, sentence, dataSafe)
    }
  }

  /// Whatever a call threw, as one of ours. The core throws nothing else, but for a fault of its own,
  /// which arrives as text; what was recorded is on the disk all the same.
  package init(any error: any Error) {
    self =
      error as? TillError
      ?? .Device(code: "internal", sentence: "the core failed: \(error)", dataSafe: true)
  }
}

/// Makes an asynchronous call of the core, whose errors are all ``TillError``s.
func calling<T: Sendable>(_ work: () async throws -> T) async throws(TillError) -> T {
  do { return try await work() } catch { throw TillError(any: error) }
}
