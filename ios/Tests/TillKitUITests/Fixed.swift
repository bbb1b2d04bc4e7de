import Foundation
import TillKit

@testable import TillKitUI

extension Formats {
  static let english = at(English())
  static let czech = at(Czech())

  /// The moment and the place the samples are taken at.
  private static func at(_ strings: any Strings) -> Formats {
    let now = Date(timeIntervalSince1970: Double(SyncScreen.sampleNowMs) / 1_000)
    return Formats(strings, timeZone: TimeZone(secondsFromGMT: 0) ?? .current, now: { now })
  }
}
