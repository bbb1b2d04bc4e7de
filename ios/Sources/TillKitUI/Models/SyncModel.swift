import Observation
import TillKit

/// What the sync screen asks of a till; tests have another one.
public protocol SyncVerbs: Sendable {
  var syncScreens: AsyncStream<SyncScreen> { get }
  func sync(_ scope: SyncScope) async throws(TillError) -> SyncReport?
  func confirmNews() async throws(TillError) -> SyncReport?
  func cancelSync() async throws(TillError)
  func objects(kind: String, after: String?, limit: UInt32) async throws(TillError) -> [ObjectRow]
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
  /// A run has ended, or the line has changed: to be shown once.
  public private(set) var notice: String?
  public internal(set) var trouble: ShownTrouble?
  /// Whether the percentage was tapped.
  public var showsBars = false
  /// The object whose rows are looked at, and what has been read of them.
  public private(set) var openKind: String?
  public private(set) var openRows: [ObjectRow] = []

  let formats: Formats
  private let till: any SyncVerbs

  public init(till: any SyncVerbs, formats: Formats) {
    (self.till, self.formats) = (till, formats)
  }

  private var strings: any Strings { formats.strings }

  // MARK: What happens

  /// Follows the till until the task is cancelled.
  public func watch() async {
    for await screen in till.syncScreens { show(screen) }
  }

  /// Shows a screen, and notices what has changed since the one before.
  public func show(_ new: SyncScreen) {
    let old = screen
    screen = new
    guard let old else { return }
    if let end = new.lastRun, end.number != old.lastRun?.number {
      notice = words(for: end)
    } else if isOnline(new.line) != isOnline(old.line) {
      notice = lineText
    }
  }

  /// The notice was seen.
  public func noticeSeen() { notice = nil }

  /// A row's icon.
  public func syncRow(_ section: String) async { await sync(.section(section: section)) }

  /// The red button, tapped; a second tap joins the run.
  public func syncAll() async { await sync(.all) }

  /// The red button's menu.
  public func syncAllWithoutAttachments() async { await sync(.allWithoutAttachments) }

  /// The banner, confirmed.
  public func confirmNews() async {
    await attempt { _ = try await till.confirmNews() }
  }

  /// Cancel, beside the red button.
  public func cancel() async {
    await attempt { try await till.cancelSync() }
  }

  /// An object was tapped: what the till holds of it, from the beginning.
  public func open(kind: String) async {
    (openKind, openRows) = (kind, [])
    await readOn()
  }

  /// The next page of the open object.
  public func readOn() async {
    guard let kind = openKind else { return }
    let last = openRows.last?.key
    let page = await attempt {
      try await till.objects(kind: kind, after: last, limit: 100)
    }
    // Another object may have been tapped meanwhile.
    if openKind == kind, openRows.last?.key == last { openRows += page ?? [] }
  }

  /// The open object was closed.
  public func closeKind() { (openKind, openRows) = (nil, []) }

  private func sync(_ scope: SyncScope) async {
    await attempt { _ = try await till.sync(scope) }
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
    return strings.lacking(formats.titles(ofSections: screen.missing))
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
    return SyncRowItem(
      id: row.section, title: title, isDown: row.isDown, state: row.state,
      word: strings.word(for: row.state),
      detail: [count, amounts, success].compactMap { $0 }.joined(separator: " · "),
      badge: !row.isDown && row.count > 0 ? row.count : nil,
      percent: row.state == .running || row.state == .waiting ? row.percent.map(formats.percent) : nil,
      trouble: row.trouble.map { formats.trouble($0) },
      objects: row.objects.map(item(of:)),
      action: strings.syncRow(title))
  }

  private func item(of object: SyncObject) -> SyncObjectItem {
    let count = object.count > 0 ? formats.count(object.count) : nil
    return SyncObjectItem(
      id: object.kind, title: formats.title(ofKind: object.kind),
      detail: [count, strings.word(for: object.mark)].compactMap { $0 }.joined(separator: " · "),
      isRed: object.mark == .red)
  }

  private func words(for end: RunEnd) -> String {
    switch end.result {
    case "nothing_new": strings.nothingNew
    case "waiting": strings.waitsForConfirmation
    case "done":
      strings.ended(
        complete: end.isComplete, received: formats.count(end.receivedRows), sent: end.sentDocuments)
    case let code:
      strings.endedEarly(TroubleName(rawValue: code).map(strings.sentence(for:)) ?? code)
    }
  }

  private func isOnline(_ line: LineState) -> Bool {
    if case .offline = line { false } else { true }
  }
}
