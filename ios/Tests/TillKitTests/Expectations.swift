import Testing

@testable import TillKit

/// What a call was refused with; an issue is recorded if it was not.
func refusal<T: Sendable>(
  of work: () async throws -> T, sourceLocation: SourceLocation = #_sourceLocation
) async -> TillError? {
  do {
    _ = try await work()
    Issue.record("it was not refused", sourceLocation: sourceLocation)
    return nil
  } catch {
    return TillError(any: error)
  }
}

/// It was refused, but not like that.
struct Unexpected: Error {
  let refusal: TillError?
  init(_ refusal: TillError?) { self.refusal = refusal }
}
