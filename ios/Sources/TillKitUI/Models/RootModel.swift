import Observation
import TillKit

/// An entry of the side menu.
public enum Place: String, CaseIterable, Identifiable, Sendable {
  case sell, history, sync, cash, goods, settings

  public var id: Self { self }
}

/// The app: where it is, who is signed in, and what is open yet.
@Observable @MainActor
public final class RootModel: Attempting {
  public private(set) var place: Place
  /// Who may sign in.
  public private(set) var users: [UserChoice] = []
  public private(set) var sell: SellModel?
  public private(set) var cash: CashModel?
  public private(set) var goods: GoodsModel?
  public internal(set) var trouble: ShownTrouble?
  /// What is said once, over every page.
  public let notices = Notices()
  public let sync: SyncModel
  public let objects: ObjectsModel
  public let received: ReceivedModel
  public let sent: HistoryModel
  public let runs: RunsModel
  public let history: HistoryModel
  public let settings: SettingsModel
  public let formats: Formats

  private let till: TillKit

  public init(till: TillKit, device: String, formats: Formats) {
    (self.till, self.formats) = (till, formats)
    sync = SyncModel(till: till, formats: formats, notices: notices)
    objects = ObjectsModel(till: till, formats: formats)
    received = ReceivedModel(till: till, formats: formats)
    sent = HistoryModel(till: till, formats: formats, withEvents: true)
    runs = RunsModel(till: till, formats: formats)
    history = HistoryModel(till: till, formats: formats)
    settings = SettingsModel(till: till, device: device, formats: formats)
    place = .sync
    settings.isGoodsBegun = { [weak self] in self?.goods?.hasDraft == true }
    settings.centreChosen = { [weak self] isAnother in
      // Another centre has users of its own.
      if isAnother { self?.letGo() }
      self?.syncEverything()
    }
  }

  /// Before the first complete sync only Sync and Settings are open.
  public func isOpen(_ place: Place) -> Bool {
    switch place {
    case .sync, .settings: true
    case .sell, .history, .cash, .goods: sync.screen?.canSell ?? false
    }
  }

  public func title(_ place: Place) -> String {
    switch place {
    case .sell: formats.strings.sell
    case .history: formats.strings.history
    case .sync: formats.strings.synchronise
    case .cash: formats.strings.cash
    case .goods: formats.strings.goods
    case .settings: formats.strings.settings
    }
  }

  public func go(to place: Place) {
    if isOpen(place) { self.place = place }
  }

  public func refreshUsers() async {
    let found = await attempt { try await till.users() }
    if let found { users = found }
  }

  public func signIn(user: String, pin: String) async {
    let cashier = await attempt { try await till.signIn(user: user, pin: pin) }
    guard let cashier else { return }
    sell = SellModel(till: till, cashier: cashier, formats: formats)
    let cash = CashModel(till: till, cashier: cashier, formats: formats)
    cash.syncWanted = { [weak self] in self?.syncEverything() }
    self.cash = cash
    goods = GoodsModel(till: till, cashier: cashier, formats: formats, notices: notices)
    (settings.cashier, history.cashier) = (cashier, cashier)
  }

  /// Signs out; but what is open would be lost with its cashier.
  public func signOut() {
    if sell?.screen?.cart != nil {
      let why = formats.strings.sentence(for: .saleOpen)
      notices.say("\(why) \(formats.strings.dataSafe)", isBad: true)
      go(to: .sell)
    } else if goods?.hasDraft == true {
      notices.say(formats.strings.goodsBegun, isBad: true)
      go(to: .goods)
    } else {
      letGo()
    }
  }

  /// Lets go of the cashier: the core signs out when nobody holds it any more.
  private func letGo() {
    (sell, cash, goods, settings.cashier, history.cashier) = (nil, nil, nil, nil, nil)
  }

  /// Where it can be watched.
  private func syncEverything() {
    place = .sync
    Task { await sync.syncAll() }
  }
}
