import Foundation
import SwiftUI
import TillKit
import TillKitUI

/// The app: one till, opened once, kept for the life of the process.
@main
struct TillApp: App {
  @Environment(\.scenePhase) private var phase
  @State private var start = Start()

  var body: some Scene {
    WindowGroup {
      switch start.state {
      case .opening: ProgressView()
      case .open(let model): RootView(model: model)
      case .refused(let why): Text(why).padding()
      }
    }
    .onChange(of: phase, initial: true) { _, new in
      Task { await start.follow(new) }
    }
    .backgroundTask(.appRefresh(Start.backgroundTask)) { await start.syncInBackground() }
  }
}

/// Opens the till, lets go of its files when the app goes to sleep, and takes them up again.
@Observable @MainActor
final class Start {
  enum State {
    case opening
    case open(RootModel)
    case refused(String)
  }

  /// Also in Info.plist.
  nonisolated static let backgroundTask = "dev.tillkit.app.sync"

  private(set) var state = State.opening
  private let network = PathHints()
  private var till: TillKit?
  private var isOpening = false

  func follow(_ phase: ScenePhase) async {
    switch phase {
    case .active:
      if let till { try? await till.resume() } else if !isOpening { await open() }
    case .background:
      // Without a hint the till syncs when somebody looks.
      try? BackgroundSync.schedule(Self.backgroundTask)
      _ = await till?.suspend(deadline: .seconds(3))
    default:
      break
    }
  }

  func syncInBackground() async {
    if till == nil { await open() }
    guard let till else { return }
    await BackgroundSync.run(till) { [network] in network.networkAppeared() }
  }

  private func open() async {
    isOpening = true
    defer { isOpening = false }
    do {
      logTillKit(to: SystemLog(subsystem: "dev.tillkit.app"))
      let version = Bundle.main.infoDictionary?["CFBundleShortVersionString"] as? String ?? "0"
      let services = TillServices(
        keyStore: KeychainKeyStore(), network: network, app: "TillKit \(version)")
      let till = try await TillKit.open(folder: TillFolder.make(), services: services)
      self.till = till
      state = .open(RootModel(till: till, device: UIDevice.current.name, formats: .ofThisPhone))
    } catch {
      state = .refused((error as? TillError)?.sentence ?? "\(error)")
    }
  }
}
