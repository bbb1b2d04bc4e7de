// Money, VAT and documents, computed by the core: the same in every language. None of these waits.

import Foundation
import TillKitFFI

extension Amount {
  /// Reads an amount as a person of this locale (`en_GB`, `cs-CZ`) types it, with no more decimals than
  /// the currency has. Throws `TwoReadings` where it would have to guess: `1,250` in English.
  public init(typed text: String, locale: String, currency: String) throws(TillError) {
    self = try computing { try TillKitFFI.parseAmount(text: text, locale: locale, currency: currency) }
  }

  /// Splits minor units in proportion to weights, losing nothing (largest-remainder method).
  public static func split(minor: Int64, weights: [UInt64]) throws(TillError) -> [Int64] {
    try computing { try TillKitFFI.splitMinor(minor: minor, weights: weights) }
  }

  /// What must be added to an amount so that coins of `stepMinor` can pay it, halves away from zero.
  public static func cashRounding(ofMinor due: Int64, stepMinor: Int64) -> Int64 {
    TillKitFFI.cashRoundingMinor(dueMinor: due, stepMinor: stepMinor)
  }
}

/// Reads a quantity as a person of this locale types it; returns a plain decimal number, not negative.
public func quantity(typed text: String, locale: String) throws(TillError) -> String {
  try computing { try TillKitFFI.parseQuantity(text: text, locale: locale) }
}

extension VatSplit {
  /// The VAT of the amounts of one receipt at one rate: summed first, rounded once.
  public static func ofReceipt(
    amountsMinor: [Int64], percent: String, included: Bool, currency: String
  ) throws(TillError) -> VatSplit {
    try computing {
      try TillKitFFI.vatOfReceipt(
        amountsMinor: amountsMinor, percent: percent, included: included, currency: currency)
    }
  }
}

/// Documents as they are exported: any program can tell an authentic one.
public enum DocumentRecord {
  /// SHA-256 of a document's line, in hexadecimal: what its signature is over and the next one names.
  public static func lineHash(_ line: Data) -> String {
    TillKitFFI.lineHash(line: line)
  }

  /// Whether a record, `<signature> <line>`, is authentic: signed by the owner of this key.
  public static func isAuthentic(_ record: Data, publicKey: String) throws(TillError) -> Bool {
    try computing { try TillKitFFI.recordIsAuthentic(record: record, publicKey: publicKey) }
  }
}

extension SyncScreen {
  /// The sync screen of a sample till, for previews and for tests that need no back office. Samples are
  /// taken at ``sampleNowMs``.
  public static func sample(_ sample: SyncSample) -> SyncScreen {
    TillKitFFI.sampleSyncScreen(sample: sample)
  }

  /// 9 March 2026, 10:15 UTC, Unix milliseconds.
  public static let sampleNowMs: Int64 = 1_773_051_300_000
}

private func computing<T>(_ work: () throws -> T) throws(TillError) -> T {
  do { return try work() } catch { throw TillError(any: error) }
}
