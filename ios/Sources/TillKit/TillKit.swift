import Foundation
import TillKitFFI

/// A till on this phone. Open one per folder and keep it for the life of the app.
///
/// Every verb may be called from anywhere, the main actor included: calls that wait for the disk are
/// made on a ``Disk``, those that wait for the network on the core's own threads. All errors are
/// ``TillError``s; a refused call has changed nothing.
///
/// ```swift
/// let till = try await TillKit.open(folder: folder, services: services)
/// _ = try await till.enrolByQr(text, device: "Anna's iPhone")
/// try await till.chooseCentre("main")
/// let report = try await till.sync(.all)
/// ```
///
/// Releasing the last reference closes the till. Screens that are being observed do not keep it open.
public final class TillKit: Sendable {
  let till: Till
  let disk: any Disk

  private init(_ till: Till, _ disk: any Disk) {
    (self.till, self.disk) = (till, disk)
  }

  /// Opens the till in `folder`, making what is missing.
  ///
  /// Keep the folder out of backups (``TillFolder``): a copy is recognised and must enrol again.
  public static func open(
    folder: URL, services: TillServices, disk: any Disk = DiskQueue()
  ) async throws(TillError) -> TillKit {
    let till = try await disk.call { try Till.open(folder: folder.path, services: services) }
    return TillKit(till, disk)
  }

  /// A till in memory with a small shop in it, for previews and tests: user `anna`, PIN 1234. It sells;
  /// no back office ever answers it.
  public static func preview(disk: any Disk = DiskQueue()) async throws(TillError) -> TillKit {
    TillKit(try await disk.call { try Till.preview() }, disk)
  }

  // MARK: Becoming a till

  /// Turns this phone into a till with a pairing code from the back office at `url`. If the answer is
  /// lost, call it again with the same code.
  public func enrol(url: String, code: String, device: String) async throws(TillError) -> EnrolledTill {
    try await calling { try await till.enrol(url: url, code: code, device: device) }
  }

  /// The same with the text of the back office's QR.
  public func enrolByQr(_ text: String, device: String) async throws(TillError) -> EnrolledTill {
    try await calling { try await till.enrolByQr(text: text, device: device) }
  }

  /// Tests the connection step by step: to `url`, or to the back office of the enrolment. The first bad
  /// step is the last.
  public func testConnection(to url: String? = nil) async throws(TillError) -> [ConnectionStep] {
    try await calling { try await till.testConnection(url: url) }
  }

  /// The centres this till may choose from.
  public func centres() async throws(TillError) -> [CentreInfo] {
    try await calling { try await till.centres() }
  }

  /// What choosing a centre would bring, and which local edits would go.
  public func previewCentre(_ centre: String) async throws(TillError) -> CentrePreview {
    try await calling { try await till.previewCentre(centre: centre) }
  }

  /// Chooses the first centre; later ones are chosen by ``Cashier/changeCentre(_:)``. Then sync.
  public func chooseCentre(_ centre: String) async throws(TillError) {
    try await calling { try await till.chooseCentre(centre: centre) }
  }

  // MARK: Syncing

  /// The sync screen whenever it changed: the current one first, at most ten a second, the newest alone
  /// if nobody looked in between. Ends with the till; leaving the loop ends the deliveries.
  public var syncScreens: AsyncStream<SyncScreen> {
    AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      let subscription = till.observe(observer: Deliverer(continuation))
      continuation.onTermination = { _ in subscription.cancel() }
    }
  }

  /// Starts what a row's icon or the red button asks for, or joins the run under way, and waits for its
  /// end. Cancelling the task gives up waiting, with no report; the run goes on. ``cancelSync()`` stops it.
  public func sync(_ scope: SyncScope) async throws(TillError) -> SyncReport? {
    let run = try await disk.call { [till] in try till.sync(scope: scope) }
    return await end(of: run)
  }

  /// The banner, confirmed: what is published becomes what the till sells by. Waits as ``sync(_:)`` does.
  public func confirmNews() async throws(TillError) -> SyncReport? {
    let run = try await disk.call { [till] in try till.confirmNews() }
    return await end(of: run)
  }

  /// What a job of the phone's scheduler does within the time it is given: sends and fetches, and applies
  /// only what the centre's policy applies by itself. What is not done by then goes on next time.
  public func run(for time: Duration) async throws(TillError) -> SyncReport? {
    let seconds = UInt32(clamping: time.components.seconds)
    return try await calling { try await till.runFor(seconds: seconds) }
  }

  /// Stops the run under way, whoever started it. What has come stays; the next run goes on from it.
  public func cancelSync() async throws(TillError) {
    try await disk.call { [till] in try till.cancelSync() }
  }

  /// The sync screen, now.
  public func syncScreen() async throws(TillError) -> SyncScreen {
    try await disk.call { [till] in try till.syncScreen() }
  }

  // A stream, because its reader is let go when its task is cancelled; the core's own wait is not.
  private func end(of run: SyncRun) async -> SyncReport? {
    let (ends, continuation) = AsyncStream<SyncReport>.makeStream()
    Task {
      if let report = await run.wait() { continuation.yield(report) }
      continuation.finish()
    }
    return await ends.first { _ in true }
  }

  // MARK: Looking

  /// The settings screen, now.
  public func settings() async throws(TillError) -> SettingsScreen {
    try await disk.call { [till] in try till.settingsScreen() }
  }

  /// A page of the history, newest first, after the place where the page before ended: of these kinds
  /// (all, if none are named), of a business day, that have come as far as `mark`.
  public func history(
    kinds: [String] = [], day: String? = nil, mark: DeliveryMark? = nil, after: DocumentPlace? = nil,
    limit: UInt32 = 50
  ) async throws(TillError) -> HistoryScreen {
    let filter = HistoryFilter(kinds: kinds, day: day, mark: mark)
    return try await disk.call { [till] in
      try till.historyScreen(filter: filter, after: after, limit: limit)
    }
  }

  /// The business days of this phone's documents, the latest first, at most `limit`.
  public func historyDays(limit: UInt32 = 60) async throws(TillError) -> [String] {
    try await disk.call { [till] in try till.historyDays(limit: limit) }
  }

  /// A document of this phone, as it is printed.
  public func document(_ place: DocumentPlace) async throws(TillError) -> DocumentView {
    try await disk.call { [till] in try till.document(place: place) }
  }

  /// A page of what this till holds of a kind, by key; with words in `query`: all that is called like
  /// them, up to a hundred.
  public func objects(
    kind: String, query: String = "", after: String? = nil, limit: UInt32 = 100
  ) async throws(TillError) -> ObjectsScreen {
    try await disk.call { [till] in
      try till.objectsScreen(kind: kind, query: query, after: after, limit: limit)
    }
  }

  /// A row of a kind with all its facts.
  public func object(kind: String, key: String) async throws(TillError) -> ObjectView {
    try await disk.call { [till] in try till.objectView(kind: kind, key: key) }
  }

  /// A page of what the last syncs changed; with words in `query`, of what is called like them.
  public func changes(
    query: String = "", after: ChangePlace? = nil, limit: UInt32 = 50
  ) async throws(TillError) -> ChangesScreen {
    try await disk.call { [till] in
      try till.changesScreen(query: query, after: after, limit: limit)
    }
  }

  /// The last sync runs, the newest first; also as text for support.
  public func runs(limit: UInt32 = 200) async throws(TillError) -> RunsScreen {
    try await disk.call { [till] in try till.runsScreen(limit: limit) }
  }

  /// The badge: what the back office has not acknowledged.
  public func unsent() async throws(TillError) -> UnsentView {
    try await disk.call { [till] in try till.unsent() }
  }

  /// A picture that came down with the attachments, by the key of its row (kind `image`).
  public func image(_ key: String) async throws(TillError) -> Data? {
    try await disk.call { [till] in try till.image(key: key) }
  }

  /// Who may sign in, by name.
  public func users() async throws(TillError) -> [UserChoice] {
    try await disk.call { [till] in try till.users() }
  }

  /// Prints a document of this phone: only what is durable can be named, so nothing else is printed.
  public func print(_ place: DocumentPlace) async throws(TillError) {
    try await disk.call { [till] in try till.print(place: place) }
  }

  /// As ``Cashier/export(unsettled:)``, while nobody can sign in: this till was copied or restored.
  public func export(unsettled: Bool = false) async throws(TillError) -> ExportFile {
    try await disk.call { [till] in try till.export(unsettled: unsettled) }
  }

  /// Reads the back office's receipt for a file: exactly what it covers is unsent no more. Any number of
  /// times.
  @discardableResult
  public func importReceipt(_ file: Data) async throws(TillError) -> ReceiptRead {
    try await disk.call { [till] in try till.importReceipt(file: file) }
  }

  /// Signs a cashier in by PIN, without any network.
  public func signIn(user: String, pin: String) async throws(TillError) -> Cashier {
    let session = try await disk.call { [till] in try till.signIn(user: user, pin: pin) }
    return Cashier(session, disk)
  }

  // MARK: Sleeping

  /// Lets go of both files before the phone puts the app to sleep; answers within about the deadline.
  public func suspend(deadline: Duration) async -> SuspendOutcome {
    let (seconds, attoseconds) = deadline.components
    let deadlineMs = UInt64(max(0, seconds * 1_000 + attoseconds / 1_000_000_000_000_000))
    return await disk.call { [till] in till.suspend(deadlineMs: deadlineMs) }
  }

  /// Takes both files up again.
  public func resume() async throws(TillError) {
    try await disk.call { [till] in try till.resume() }
  }
}

/// Hands the core's screens to a stream, and ends it when the core lets go.
private final class Deliverer: SyncObserver {
  private let continuation: AsyncStream<SyncScreen>.Continuation

  init(_ continuation: AsyncStream<SyncScreen>.Continuation) {
    self.continuation = continuation
  }

  deinit { continuation.finish() }

  func show(screen: SyncScreen) {
    continuation.yield(screen)
  }
}
