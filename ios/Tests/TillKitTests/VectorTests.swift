import Foundation
import Testing

@testable import TillKit

/// The same vectors as every other language: tests/vectors.
@Suite struct VectorTests {
  @Test func amountsAreReadAndSplitLikeThis() throws {
    struct Vectors: Decodable {
      struct Read: Decodable { let text, locale, currency: String, minor: Int64, decimals: UInt32 }
      struct Refused: Decodable { let text, locale, currency: String, readings: [String]? }
      struct Split: Decodable { let minor: Int64, weights: [UInt64], parts: [Int64]? }
      let parse: [Read], refused: [Refused], split: [Split], splitRefused: [Split]
    }
    let vectors: Vectors = try vectors("money.json")
    for vector in vectors.parse {
      let amount = try Amount(typed: vector.text, locale: vector.locale, currency: vector.currency)
      #expect(amount == Amount(minor: vector.minor, currency: vector.currency, decimals: vector.decimals))
    }
    for vector in vectors.refused {
      do throws(TillError) {
        _ = try Amount(typed: vector.text, locale: vector.locale, currency: vector.currency)
        Issue.record("\(vector.text) was read")
      } catch {
        if case .TwoReadings(_, _, _, _, let grouped, let decimal) = error {
          #expect([grouped.shown, decimal.shown] == vector.readings)
        } else {
          #expect(vector.readings == nil)
        }
      }
    }
    for vector in vectors.split {
      #expect(try Amount.split(minor: vector.minor, weights: vector.weights) == vector.parts)
    }
    for vector in vectors.splitRefused {
      #expect(throws: TillError.self) { try Amount.split(minor: vector.minor, weights: vector.weights) }
    }
  }

  @Test func cashIsRoundedLikeThis() throws {
    struct Vectors: Decodable {
      struct Cash: Decodable { let dueMinor, stepMinor, roundingMinor: Int64 }
      let cash: [Cash]
    }
    let vectors: Vectors = try vectors("rounding.json")
    for vector in vectors.cash {
      let rounding = Amount.cashRounding(ofMinor: vector.dueMinor, stepMinor: vector.stepMinor)
      #expect(rounding == vector.roundingMinor)
    }
  }

  @Test func vatIsTakenLikeThis() throws {
    struct Vector: Decodable {
      let amountsMinor: [Int64], percent: String, included: Bool, currency: String
      let netMinor, vatMinor, grossMinor: Int64
    }
    let vectors: [Vector] = try vectors("vat.json")
    for vector in vectors {
      let split = try VatSplit.ofReceipt(
        amountsMinor: vector.amountsMinor, percent: vector.percent, included: vector.included,
        currency: vector.currency)
      let expected = VatSplit(
        netMinor: vector.netMinor, vatMinor: vector.vatMinor, grossMinor: vector.grossMinor)
      #expect(split == expected)
    }
  }

  @Test func documentsAreHashedAndSignedLikeThis() throws {
    struct Vector: Decodable { let record, hash, publicKey: String }
    let vectors: [Vector] = try vectors("documents.json")
    for vector in vectors {
      let record = Data(vector.record.utf8)
      let line = try #require(vector.record.split(separator: " ", maxSplits: 1).last)
      #expect(DocumentRecord.lineHash(Data(line.utf8)) == vector.hash)
      #expect(try DocumentRecord.isAuthentic(record, publicKey: vector.publicKey))
      let forged = Data(vector.record.replacingOccurrences(of: "tea", with: "mug").utf8)
      #expect(try !DocumentRecord.isAuthentic(forged, publicKey: vector.publicKey))
    }
  }

  @Test func screensShowThis() throws {
    struct Vector: Decodable {
      let sample, button: String, buttonCode: String?, canSell: Bool, line: String, lineCode: String?
      let missing: [String], news: UInt64?, percent: UInt8?, states: [String: String], unsent: UInt64
    }
    let samples: [String: SyncSample] = [
      "new": .new, "enrolled": .enrolled, "first_sync": .firstSync, "up_to_date": .upToDate,
      "unsent": .unsent, "offline": .offline, "news": .news, "red": .red, "running": .running,
      "newer": .newer, "gate_red": .gateRed,
    ]
    let vectors: [Vector] = try vectors("screens.json")
    #expect(vectors.count == samples.count)
    for vector in vectors {
      let screen = SyncScreen.sample(try #require(samples[vector.sample]))
      #expect(name(of: screen.button) == vector.button)
      #expect(code(of: screen.button) == vector.buttonCode)
      #expect(name(of: screen.line) == vector.line)
      #expect(code(of: screen.line) == vector.lineCode)
      #expect(screen.canSell == vector.canSell)
      #expect(screen.missing.map(\.section) == vector.missing)
      #expect(screen.news?.generation == vector.news)
      #expect(screen.run?.percent == vector.percent)
      #expect(screen.unsent.documents == vector.unsent)
      let states = screen.rows.map { ($0.section, name(of: $0.state)) }
      #expect(Dictionary(uniqueKeysWithValues: states) == vector.states)
    }
  }

  private func vectors<T: Decodable>(_ name: String) throws -> T {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../tests/vectors")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(T.self, from: Data(contentsOf: folder.appendingPathComponent(name)))
  }

  private func name(of button: RedButton) -> String {
    switch button {
    case .off: "off"
    case .ready: "ready"
    case .running: "running"
    }
  }

  private func code(of button: RedButton) -> String? {
    if case .off(let trouble) = button { trouble.code } else { nil }
  }

  private func name(of line: LineState) -> String {
    switch line {
    case .unknown: "unknown"
    case .online: "online"
    case .offline: "offline"
    }
  }

  private func code(of line: LineState) -> String? {
    if case .offline(let trouble, _) = line { trouble.code } else { nil }
  }

  private func name(of state: RowState) -> String {
    switch state {
    case .never: "never"
    case .upToDate: "up_to_date"
    case .behind: "behind"
    case .unsent: "unsent"
    case .waiting: "waiting"
    case .running: "running"
    case .failed: "failed"
    case .blocked: "blocked"
    case .notUsed: "not_used"
    }
  }
}
