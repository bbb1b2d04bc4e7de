import Foundation
import TillKit

/// A screen's model that can be refused something: it says why, and goes on.
@MainActor protocol Attempting: AnyObject {
  var formats: Formats { get }
  var trouble: ShownTrouble? { get set }
}

extension Attempting {
  /// Tries something. A refusal is shown until the next success, and nothing is returned.
  @discardableResult
  func attempt<T: Sendable>(_ work: @MainActor () async throws -> T) async -> T? {
    do {
      let result = try await work()
      trouble = nil
      return result
    } catch {
      trouble = formats.trouble(TillError(any: error))
      return nil
    }
  }

  /// A quantity as it was typed; nothing if it is none. One that could be two is asked about.
  func readQuantity(_ typed: String) -> Decimal? {
    do {
      return Decimal(string: try quantity(typed: typed, locale: formats.strings.localeIdentifier))
    } catch {
      if case .TwoReadings = error { trouble = formats.trouble(error) }
      return nil
    }
  }
}
