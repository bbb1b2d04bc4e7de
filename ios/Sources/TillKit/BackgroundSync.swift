import Foundation

#if canImport(BackgroundTasks) && os(iOS)
  import BackgroundTasks
#endif

/// What an app may do for its till while it is asleep.
public enum BackgroundSync {
  /// Takes the files up, lets the till send and fetch as if a network had appeared, waits for the end of
  /// that run, and lets go of the files again. `hint` is the `networkAppeared` of the till's own hints.
  ///
  /// It is no `sync`, because nobody is there to confirm new prices: what a centre's policy does not
  /// apply by itself waits behind the banner. Cancelling the task ends the waiting; the files are let go
  /// of in any case, for an app that sleeps holding a lock is killed.
  public static func run(_ till: TillKit, hint: @Sendable () -> Void) async {
    if let before = try? await resumed(till), case .ready = before.button {
      let screens = till.syncScreens
      hint()
      for await screen in screens where screen.lastRun?.number != before.lastRun?.number { break }
    }
    _ = await till.suspend(deadline: .seconds(2))
  }

  private static func resumed(_ till: TillKit) async throws(TillError) -> SyncScreen {
    try await till.resume()
    return try await till.syncScreen()
  }

  #if canImport(BackgroundTasks) && os(iOS)
    /// Asks the system for a moment, not before `pause`; it decides when. `identifier` stands in
    /// Info.plist under `BGTaskSchedulerPermittedIdentifiers`. Not verified on a device.
    public static func schedule(_ identifier: String, after pause: TimeInterval = 15 * 60) throws {
      let request = BGAppRefreshTaskRequest(identifier: identifier)
      request.earliestBeginDate = Date(timeIntervalSinceNow: pause)
      try BGTaskScheduler.shared.submit(request)
    }
  #endif
}
