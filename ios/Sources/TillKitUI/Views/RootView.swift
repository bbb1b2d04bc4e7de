#if canImport(SwiftUI)
  import SwiftUI
  import TillKit

  /// The whole app: a side menu, and the place it leads to.
  public struct RootView: View {
    @State private var model: RootModel

    public init(model: RootModel) { _model = State(initialValue: model) }

    public var body: some View {
      NavigationSplitView {
        List(Place.allCases, selection: place) { place in
          Label(model.title(place), systemImage: place.symbol)
            .badge(place == .sync ? Int(model.sync.unsent) : 0)
            .accessibilityHint(model.isOpen(place) ? "" : model.formats.strings.lockedUntilFirstSync)
            .foregroundStyle(model.isOpen(place) ? Color.primary : Color.secondary)
        }
        .navigationTitle(model.sync.screen?.centre ?? model.formats.strings.menu)
        .toolbar {
          if model.sell != nil { Button(model.formats.strings.signOut) { model.signOut() } }
        }
      } detail: {
        NavigationStack { detail }
      }
      .overlay(alignment: .top) { NoticeView(notices: model.notices, formats: model.formats).padding() }
      // For the life of the app: leaving the sync screen stops nothing.
      .task { await model.sync.watch() }
    }

    @ViewBuilder private var detail: some View {
      switch model.place {
      case .sell: if let sell = model.sell { SellView(model: sell) } else { SignInView(model: model) }
      case .cash: if let cash = model.cash { CashView(model: cash) } else { SignInView(model: model) }
      case .goods: if let goods = model.goods { GoodsView(model: goods) } else { SignInView(model: model) }
      case .history: HistoryView(model: model.history)
      case .sync: SyncView(root: model)
      case .settings: SettingsView(model: model.settings)
      }
    }

    private var place: Binding<Place?> {
      Binding(get: { model.place }, set: { if let new = $0 { model.go(to: new) } })
    }
  }

  extension Place {
    fileprivate var symbol: String {
      switch self {
      case .sell: "cart"
      case .history: "clock.arrow.circlepath"
      case .sync: "arrow.triangle.2.circlepath"
      case .cash: "banknote"
      case .goods: "shippingbox"
      case .settings: "gearshape"
      }
    }
  }
#endif
