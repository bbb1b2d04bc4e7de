import Observation
import TillKit

/// What the sync screen asks of a till; tests have another one.
public protocol SyncVerbs: Sendable {
  var syncScreens: AsyncStream<SyncScreen> { get }
  func sync(_ scope: SyncScope) async throws(TillError) -> SyncReport?
  func confirmNews() async throws(TillError) -> SyncReport?
  func cancelSync() async throws(TillError)
  func syncScreen() async throws(TillError) -> SyncScreen
  func runs(limit: UInt32) async throws(TillError) -> RunsScreen
}

extension TillKit: SyncVerbs {}

/// A row of the sync screen, in words.
public struct SyncRowItem: Equatable, Identifiable, Sendable {
  /// The section.
  public let id: String
  public let title: String
  public let isDown: Bool
  public let state: RowState
  /// The state in a word: never the colour alone.
  public let word: String
  /// Count or amounts, and when it was last right.
  public let detail: String
  /// Unsent documents, if there are any.
  public let badge: UInt64?
  /// How far it is in the run under way.
  public let percent: String?
  /// Why it is red.
  public let trouble: ShownTrouble?
  public let objects: [SyncObjectItem]
  /// What the icon says to who cannot see it.
  public let action: String
}

/// An object inside a row.
public struct SyncObjectItem: Equatable, Identifiable, Sendable {
  /// The kind.
  public let id: String
  public let title: String
  public let detail: String
  public let isRed: Bool
  /// Whether this version has a use for it.
  public let isUsed: Bool
}

/// What the sync screen shows: how things stand, what came and what it changed, what went, and the runs.
public enum SyncTab: String, CaseIterable, Identifiable, Sendable {
  case now, received, sent, runs

  public var id: String { rawValue }
}

/// What selling still waits for.
public struct MissingItem: Equatable, Identifiable, Sendable {
  /// The section.
  public let id: String
  /// What its button says: it tries just this section again.
  public let action: String
  /// Why it is not here, or its state.
  public let detail: String
}

/// A stage of the run under way.
public struct SyncBarItem: Equatable, Identifiable, Sendable {
  public let id: String
  public let title: String
  /// 0 to 1.
  public let fraction: Double
}

/// The sync screen. The till says what it shows; this puts it into words and passes taps on. Leaving
/// the screen, or the app's `Task`, does not stop a run: only Cancel does.
@Observable @MainActor
public final class SyncModel: Attempting {
  /// The till's last word; absent until the first one.
  public private(set) var screen: SyncScreen?
  public internal(set) var trouble: ShownTrouble?
  /// Whether the percentage was tapped.
  public var showsBars = false
  public var tab = SyncTab.now

  let formats: Formats
  private let till: any SyncVerbs
  private let notices: Notices
  /// The number of the run whose end was said last.
  private var said: UInt64?

  public init(till: any SyncVerbs, formats: Formats, notices: Notices) {
    (self.till, self.formats, self.notices) = (till, formats, notices)
  }

  private var strings: any Strings { formats.strings }

  // MARK: What happens

  /// Follows the till until the task is cancelled.
  public func watch() async {
    for await screen in till.syncScreens { await follow(screen) }
  }

  /// Shows a screen.
  public func show(_ new: SyncScreen) { screen = new }

  /// Shows a screen, and says what has changed since the one before: the line, or the end of a run that
  /// somebody has asked for. What the till does by itself stands on this page; it disturbs nobody.
  func follow(_ new: SyncScreen) async {
    let old = screen
    show(new)
    guard let old else { return }
    switch (old.line, new.line) {
    case (.offline, .online): notices.say(lineText)
    case (.online, .offline): notices.say(lineText, isBad: true)
    default: break
    }
    guard let end = new.lastRun, end.number != old.lastRun?.number else { return }
    let newest = try? await till.runs(limit: 1).runs.first
    if let newest, Self.askedFor.contains(newest.trigger) { sayEnd(end) }
  }

  /// Runs that begin with a tap: their end is waited for.
  private static let askedFor = ["row", "red_button", "confirmed", "centre_chosen", "opening", "closing"]

  /// A row's icon.
  public func syncRow(_ section: String) async { await sync(.section(section: section)) }

  /// The red button, tapped; a second tap joins the run.
  public func syncAll() async { await sync(.all) }

  /// The red button's menu.
  public func syncAllWithoutAttachments() async { await sync(.allWithoutAttachments) }

  /// The banner, confirmed.
  public func confirmNews() async {
    await ask { try await till.confirmNews() }
  }

  /// Cancel, beside the red button.
  public func cancel() async {
    await attempt { try await till.cancelSync() }
  }

  private func sync(_ scope: SyncScope) async {
    await ask { try await till.sync(scope) }
  }

  /// Whoever has joined a run which the till began by itself waits for its end, too.
  private func ask(_ verb: () async throws -> SyncReport?) async {
    await attempt {
      guard try await verb() != nil, let end = try await till.syncScreen().lastRun else { return }
      sayEnd(end)
    }
  }

  private func sayEnd(_ end: RunEnd) {
    guard end.number != said else { return }
    said = end.number
    let isGood = ["done", "nothing_new", "waiting", "cancelled"].contains(end.result)
    notices.say(words(for: end), isBad: !isGood)
  }

  // MARK: What is shown

  /// Online, or why not and since when.
  public var lineText: String {
    switch screen?.line {
    case .online: strings.online
    case .offline(let trouble, let sinceMs):
      "\(strings.offlineSince(formats.moment(sinceMs))): \(formats.trouble(trouble).cause)"
    case .unknown, nil: strings.notAskedYet
    }
  }

  public var isOffline: Bool { !isOnline(screen?.line ?? .unknown) }

  /// When everything was last right, and when it is tried again.
  public var timesText: String {
    let last = screen?.fullSyncMs.map { strings.lastFullSync(formats.ago($0)) } ?? strings.neverSynced
    let next = screen?.nextTryMs.map { strings.nextTry(formats.momentExact($0)) }
    return [last, next].compactMap { $0 }.joined(separator: " · ")
  }

  /// The badge.
  public var unsent: UInt64 { screen?.unsent.documents ?? 0 }

  /// The number that is read from an arm's length.
  public var unsentText: String { unsent == 0 ? strings.nothingUnsent : strings.unsent(unsent) }

  /// Amounts and age of what is unsent.
  public var unsentFacts: String? {
    guard let unsent = screen?.unsent, unsent.documents > 0 else { return nil }
    let age = unsent.oldestMs.map { strings.oldest(formats.age($0)) }
    return [formats.amounts(unsent.amounts), age].compactMap { $0 }.joined(separator: " · ")
  }

  /// What selling still lacks.
  public var lackingText: String? {
    guard let screen, !screen.canSell else { return nil }
    return strings.lacking(formats.titles(ofSections: screen.missing.map(\.section)))
  }

  /// The same, each with its state and a button of its own, once one of them has failed.
  public var missing: [MissingItem] {
    guard let screen, screen.missing.contains(where: { $0.trouble != nil }) else { return [] }
    return screen.missing.map { missing in
      MissingItem(
        id: missing.section, action: strings.syncRow(formats.title(ofSection: missing.section)),
        detail: missing.trouble.map { formats.trouble($0).cause } ?? strings.word(for: missing.state))
    }
  }

  /// How far the centre confirms what this till has recorded.
  public var confirmedText: String? {
    guard let confirmed = screen?.confirmed, confirmed.through > 0 else { return nil }
    let head = confirmed.head > confirmed.through ? formats.count(confirmed.head) : nil
    return strings.confirmed(formats.count(confirmed.through), head)
  }

  /// What the newest sync changed, in numbers.
  public var changesText: String? {
    screen?.changes.map { "\(strings.changed(formats.ago($0.atMs))): \(formats.changes($0))" }
  }

  public func title(_ tab: SyncTab) -> String {
    switch tab {
    case .now: strings.tabNow
    case .received: strings.tabReceived
    case .sent: strings.tabSent
    case .runs: strings.tabRuns
    }
  }

  /// The banner, and what confirming it costs.
  public var banner: (text: String, cost: String?)? {
    guard let screen, let news = screen.news else { return nil }
    let cost = screen.localEdits > 0 ? strings.localEditsGo(screen.localEdits) : nil
    return (strings.news(formats.titles(ofSections: news.sections)), cost)
  }

  /// Why the red button does nothing.
  public var buttonTrouble: ShownTrouble? {
    guard case .off(let trouble) = screen?.button else { return nil }
    return formats.trouble(trouble)
  }

  public var isRunning: Bool { screen?.run != nil }

  /// "64 %", while a run is under way.
  public var percentText: String? { screen?.run.map { formats.percent($0.percent) } }

  /// What the run does now.
  public var stageText: String? { screen?.run.map { strings.word(for: $0.stage) } }

  /// What ended the last try to receive early.
  public var receiveTrouble: ShownTrouble? { screen?.receiveTrouble.map { formats.trouble($0) } }

  /// What the centre objected to when it did not take a document.
  public var sendTrouble: ShownTrouble? { screen?.sendTrouble.map { formats.trouble($0) } }

  public var bars: [SyncBarItem] {
    (screen?.run?.bars ?? []).map { bar in
      let (id, title) =
        switch bar.name {
        case .section(let name): (name, formats.title(ofSection: name))
        case .documents: ("", strings.documentsBar)
        }
      let fraction = bar.total == 0 ? 1 : Double(bar.done) / Double(bar.total)
      return SyncBarItem(id: id, title: title, fraction: fraction)
    }
  }

  public var rows: [SyncRowItem] { (screen?.rows ?? []).map(item(of:)) }

  private func item(of row: SyncRow) -> SyncRowItem {
    let title = formats.title(ofSection: row.section)
    let count = row.isDown && row.count > 0 ? strings.rows(formats.count(row.count)) : nil
    let amounts = row.amounts.isEmpty ? nil : formats.amounts(row.amounts)
    let success = row.successMs.map(formats.ago)
    let waits = row.waitsFor.map { strings.waitsFor(formats.title(ofSection: $0)) }
    return SyncRowItem(
      id: row.section, title: title, isDown: row.isDown, state: row.state,
      word: waits ?? strings.word(for: row.state),
      detail: [count, amounts, success].compactMap { $0 }.joined(separator: " · "),
      badge: !row.isDown && row.count > 0 ? row.count : nil,
      percent: row.state == .running || row.state == .waiting ? row.percent.map(formats.percent) : nil,
      trouble: row.trouble.map { formats.trouble($0) },
      objects: row.objects.map(item(of:)),
      action: strings.syncRow(title))
  }

  private func item(of object: SyncObject) -> SyncObjectItem {
    let count = object.count > 0 ? formats.count(object.count) : nil
    let word = object.isUsed ? strings.word(for: object.mark) : strings.word(for: RowState.notUsed)
    return SyncObjectItem(
      id: object.kind, title: formats.title(ofKind: object.kind),
      detail: [count, word].compactMap { $0 }.joined(separator: " · "),
      isRed: object.mark == .red, isUsed: object.isUsed)
  }

  private func words(for end: RunEnd) -> String {
    switch end.result {
    case "nothing_new": strings.nothingNew
    case "waiting": strings.waitsForConfirmation
    case "cancelled": strings.goesOnFromHere
    case "done":
      strings.ended(
        complete: end.isComplete, received: formats.count(end.receivedRows), sent: end.sentDocuments)
    case let code:
      strings.endedEarly(TroubleName(rawValue: code).map(strings.sentence(for:)) ?? code)
        + " \(strings.dataSafe)"
    }
  }

  private func isOnline(_ line: LineState) -> Bool {
    if case .offline = line { false } else { true }
  }
}
