import Foundation
import Observation
import TillKit

/// A count of a tender as it is typed: one amount, or a number for each coin and note.
/// Each way keeps what was typed in it.
public struct TypedCount: Equatable, Sendable {
  public var amount: String
  /// How many coins or notes, by their face value in minor units.
  public var pieces: [Int64: String]
  public var isByPieces: Bool

  public init(amount: String = "", pieces: [Int64: String] = [:], isByPieces: Bool = false) {
    (self.amount, self.pieces, self.isByPieces) = (amount, pieces, isByPieces)
  }
}

/// Cash that moves without a sale, and the day from its opening to its closing.
@Observable @MainActor
public final class CashModel: Attempting {
  /// Ways to pay, for amounts and counts.
  public private(set) var tenders: [TenderChoice] = []
  /// When the day was opened; nothing if it has not been since the last closure.
  public private(set) var openedMs: Int64?
  /// The report on screen; a closed period has a document, an interim one has none.
  public private(set) var period: ClosedPeriod?
  /// How many documents were left to be sent when the day was closed.
  public private(set) var left: UInt64?
  /// The movement just recorded.
  public private(set) var recorded: DocumentPlace?
  /// The day is being closed: that waits for the back office, for some seconds at most.
  public private(set) var isBusy = false
  /// A tap is being obeyed: a second one is none.
  private var isRecording = false
  public internal(set) var trouble: ShownTrouble?
  /// What is left of a closed day wants to be sent.
  var syncWanted: () -> Void = {}

  let formats: Formats
  private let till: TillKit
  private let cashier: Cashier
  private var rights: [String] = []

  public init(till: TillKit, cashier: Cashier, formats: Formats) {
    (self.till, self.cashier, self.formats) = (till, cashier, formats)
  }

  public func refresh() async {
    await attempt {
      let screen = try await cashier.sellScreen()
      (tenders, rights, openedMs) = (screen.tenders, screen.rights, try await opening())
    }
  }

  // MARK: What is shown

  /// What lies in the drawer, and can be moved.
  public var drawer: [TenderChoice] { tenders.filter { $0.kind == .cash } }
  public var mayMove: Bool { rights.contains("cash_movement") }
  public var mayClose: Bool { rights.contains("closure") }
  public var openedText: String? { openedMs.map { formats.strings.dayOpenSince(formats.moment($0)) } }

  /// Whether coins and notes can be counted: the centre lists what they are worth.
  public func canCountPieces(of tender: TenderChoice) -> Bool { !tender.facesMinor.isEmpty }

  /// The face values of the coins and notes of a tender in minor units, the largest first.
  public func faces(of tender: TenderChoice) -> [Int64] { Set(tender.facesMinor).sorted(by: >) }

  /// "£20.00": the face value of a coin or note.
  public func faceText(_ faceMinor: Int64, of tender: TenderChoice) -> String {
    amountText(minor: faceMinor, of: tender)
  }

  /// What the coins and notes typed so far come to; what is wrong with them, if they cannot be read.
  public func sumText(_ count: TypedCount, of tender: TenderChoice) -> String {
    do {
      let counted = try read(count, of: tender)
      return formats.strings.sum(amountText(minor: counted?.minor ?? 0, of: tender))
    } catch {
      return formats.strings.wholeNumbersOnly
    }
  }

  private func amountText(minor: Int64, of tender: TenderChoice) -> String {
    formats.amount(Amount(minor: minor, currency: tender.currency, decimals: tender.decimals))
  }

  // MARK: What happens

  /// Records a movement of an amount as it was typed.
  public func move(_ kind: CashMove, tender: TenderChoice, typed: String, reason: String) async {
    guard !isRecording else { return }
    isRecording = true
    defer { isRecording = false }
    recorded = await attempt {
      let amount = try Amount(
        typed: typed, locale: formats.strings.localeIdentifier, currency: tender.currency)
      return try await cashier.moveCash(
        kind, tender: tender.tender, minor: amount.minor, currency: amount.currency, reason: reason)
    }
  }

  /// Opens the day with the float of each drawer, as typed; what is empty, or nothing, is not recorded. The
  /// core records the sum alone.
  public func openDay(floats: [String: TypedCount]) async {
    guard !isRecording, openedMs == nil else { return }
    isRecording = true
    defer { isRecording = false }
    let isOpen: Void? = await attempt {
      let amounts = try read(floats, of: drawer).filter { $0.minor > 0 }
      try await cashier.openDay(floats: amounts)
    }
    if isOpen != nil { await refresh() }
  }

  /// The totals as they stand (X).
  public func showInterim() async {
    let interim = await attempt { try await cashier.interim() }
    if let interim { (period, left) = (interim, nil) }
  }

  /// Sends what there is, then closes the day (Z), with what was counted of each tender, as typed; what
  /// is empty was not.
  public func closeDay(counted: [String: TypedCount]) async {
    guard !isBusy else { return }
    isBusy = true
    let closed = await attempt { try await cashier.closeDay(counted: read(counted, of: tenders)) }
    isBusy = false
    guard let closed else { return }
    (period, left) = (closed.period, closed.left)
    await refresh()
  }

  public func closeReport() { (period, left) = (nil, nil) }

  /// The report says that something is left.
  public func syncNow() {
    closeReport()
    syncWanted()
  }

  private func read(_ typed: [String: TypedCount], of tenders: [TenderChoice]) throws -> [CountedTender] {
    try tenders.compactMap { tender in try typed[tender.tender].flatMap { try read($0, of: tender) } }
  }

  /// Nothing, if nothing is typed.
  private func read(_ count: TypedCount, of tender: TenderChoice) throws -> CountedTender? {
    if count.isByPieces, canCountPieces(of: tender) { return try readPieces(count.pieces, of: tender) }
    guard !count.amount.isEmpty else { return nil }
    let amount = try Amount(
      typed: count.amount, locale: formats.strings.localeIdentifier, currency: tender.currency)
    return CountedTender(tender: tender.tender, minor: amount.minor, currency: amount.currency)
  }

  /// An empty field is none of that coin or note; if all are empty, nothing was counted.
  private func readPieces(_ typed: [Int64: String], of tender: TenderChoice) throws -> CountedTender? {
    let filled = faces(of: tender).filter { typed[$0]?.isBlank == false }
    guard !filled.isEmpty else { return nil }
    var (sumMinor, pieces): (Int64, [CountedPieces]) = (0, [])
    for faceMinor in filled {
      let count = try readWholeNumber(typed[faceMinor] ?? "")
      let (minor, isTooLarge) = faceMinor.multipliedReportingOverflow(by: Int64(count))
      let (sum, isSumTooLarge) = sumMinor.addingReportingOverflow(minor)
      guard !isTooLarge, !isSumTooLarge else { throw Self.badInput("the coins and notes are too many") }
      sumMinor = sum
      if count > 0 { pieces.append(CountedPieces(faceMinor: faceMinor, count: count)) }
    }
    return CountedTender(
      tender: tender.tender, minor: sumMinor, currency: tender.currency, pieces: pieces)
  }

  private func readWholeNumber(_ typed: String) throws -> UInt32 {
    let number = try quantity(typed: typed, locale: formats.strings.localeIdentifier)
    // Text of the core: 2.0 is whole, 2.5 is not.
    guard let decimal = Decimal(string: number), let count = UInt32("\(decimal)") else {
      throw Self.badInput("\(typed) is not a whole number of coins or notes")
    }
    return count
  }

  private static func badInput(_ sentence: String) -> TillError {
    .Refused(code: TroubleName.badInput.rawValue, sentence: sentence, dataSafe: true)
  }

  /// When the day was opened, if that was after the last closure.
  private func opening() async throws -> Int64? {
    // Events of a long day; an opening before them is not looked for.
    let recent = try await till.history(kinds: ["closure", "event"], limit: 200).rows
    for row in recent.prefix(while: { $0.kind != "closure" }) {
      // What the event of an opening says of itself, in every language.
      if try await till.document(row.place).text.contains("what: day_opened") { return row.recordedMs }
    }
    return nil
  }

  // MARK: The report in words

  public var isClosed: Bool { period?.place != nil }
  public var titleText: String? {
    period.map { isClosed ? formats.strings.closed($0.z) : formats.strings.interimOf($0.z) }
  }
  public var turnoverText: String? { period.map { formats.amount($0.gross) } }
  public var countsText: String? {
    period.map { formats.strings.salesAndReturns($0.sales, $0.returns) }
  }
  /// How many documents are still to be sent.
  public var unsentText: String? {
    period.map { formats.strings.leftToSend(left ?? $0.unsent) }
  }

  /// Name, what should be there, and what is too much or missing.
  public func texts(_ total: ClosedTender) -> (name: String, expected: String, difference: String?) {
    let name = tenders.first { $0.tender == total.tender }?.name ?? total.tender
    let difference = total.differenceMinor.map { minor in
      let currency = total.expected.currency
      return formats.amount(Amount(minor: minor, currency: currency, decimals: total.expected.decimals))
    }
    return (name, formats.amount(total.expected), difference)
  }
}
