import Observation
import TillKit

/// The journal of the last sync runs.
@Observable @MainActor
public final class RunsModel: Attempting {
  public private(set) var runs: [RunRow] = []
  /// The same as text for who helps: without names, amounts or keys.
  public private(set) var text = ""
  public internal(set) var trouble: ShownTrouble?

  let formats: Formats
  private let till: TillKit

  public init(till: TillKit, formats: Formats) { (self.till, self.formats) = (till, formats) }

  public func refresh() async {
    let journal = await attempt { try await till.runs() }
    if let journal { (runs, text) = (journal.runs, journal.text) }
  }

  // MARK: In words

  /// What it synced, and when.
  public func title(_ run: RunRow) -> String {
    let strings = formats.strings
    let all = run.isWithoutAttachments ? strings.syncAllWithoutAttachments : strings.syncAll
    return "\(run.section.map(formats.title(ofSection:)) ?? all) · \(formats.moment(run.startedMs))"
  }

  /// How it ended.
  public func result(_ run: RunRow) -> String {
    if let trouble = run.trouble { return formats.trouble(trouble).cause }
    return ResultName(rawValue: run.result).map(formats.strings.title(of:)) ?? run.result
  }

  /// Why it began, how long it took, what came and what went.
  public func detail(_ run: RunRow) -> String {
    let trigger = TriggerName(rawValue: run.trigger).map(formats.strings.title(of:)) ?? run.trigger
    let strings = formats.strings
    return [
      trigger, formats.duration(run.durationMs),
      strings.received(formats.count(run.receivedRows), formats.bytes(run.receivedBytes)),
      strings.sent(run.sentDocuments),
    ].joined(separator: " · ")
  }
}
