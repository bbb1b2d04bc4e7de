#if canImport(SwiftUI)
  import SwiftUI
  import TillKit

  /// The sync screen: one row per section with its sync icon at the left, the unsent number, the banner,
  /// and the red button at the bottom right; in tabs of their own what came, what went, and the runs.
  public struct SyncView: View {
    private let root: RootModel
    @Bindable private var model: SyncModel

    public init(root: RootModel) {
      self.root = root
      model = root.sync
    }

    public var body: some View {
      VStack(spacing: 0) {
        Picker(model.formats.strings.synchronise, selection: $model.tab) {
          ForEach(SyncTab.allCases) { Text(model.title($0)).tag($0) }
        }
        .pickerStyle(.segmented)
        .padding(.horizontal)
        switch model.tab {
        case .now: rows
        case .received: ReceivedView(model: root.received, objects: root.objects)
        case .sent: HistoryView(model: root.sent)
        case .runs: RunsView(model: root.runs)
        }
      }
      // The last row can be scrolled out from under the button.
      .contentMargins(.bottom, 112, for: .scrollContent)
      .overlay(alignment: .bottomTrailing) { RedButtonView(model: model).padding() }
      .sheet(isPresented: isOpen) { ObjectsView(model: root.objects) }
      .navigationTitle(model.formats.strings.synchronise)
    }

    private var rows: some View {
      List {
        SyncHeader(model: model)
        Section(model.formats.strings.fromCentre) {
          ForEach(model.rows.filter(\.isDown)) { row(of: $0) }
        }
        Section(model.formats.strings.toBackOffice) {
          ForEach(model.rows.filter { !$0.isDown }) { row(of: $0) }
        }
      }
    }

    private func row(of item: SyncRowItem) -> some View {
      SyncRowView(row: item, model: model) { kind in Task { await root.objects.open(kind: kind) } }
    }

    private var isOpen: Binding<Bool> {
      Binding(get: { root.objects.isOpen }, set: { if !$0 { root.objects.closeAll() } })
    }
  }

  /// Line, times, unsent number, banner, and how far the run is.
  private struct SyncHeader: View {
    @Bindable var model: SyncModel

    var body: some View {
      Section {
        Label(model.lineText, systemImage: model.isOffline ? "wifi.slash" : "wifi")
          .foregroundStyle(model.isOffline ? Color.red : Color.primary)
        Text(model.timesText).font(.footnote).foregroundStyle(.secondary)
        VStack(alignment: .leading) {
          Text(model.unsentText).font(.largeTitle.bold()).monospacedDigit()
          if let facts = model.unsentFacts { Text(facts).monospacedDigit() }
        }
        .accessibilityElement(children: .combine)
        if let confirmed = model.confirmedText { Text(confirmed).font(.footnote).monospacedDigit() }
        if let lacking = model.lackingText { Text(lacking) }
        ForEach(model.missing) { missing in
          Button {
            Task { await model.syncRow(missing.id) }
          } label: {
            VStack(alignment: .leading) {
              Text(missing.action)
              Text(missing.detail).font(.footnote)
            }
          }
        }
        if let changes = model.changesText { Button(changes) { model.tab = .received } }
        if let trouble = model.buttonTrouble { TroubleView(trouble: trouble) }
        if let trouble = model.receiveTrouble { TroubleView(trouble: trouble) }
        if let trouble = model.sendTrouble { TroubleView(trouble: trouble) }
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        if let banner = model.banner {
          VStack(alignment: .leading, spacing: 8) {
            Label(banner.text, systemImage: "sparkles").font(.headline)
            if let cost = banner.cost { Text(cost) }
            Button(model.formats.strings.confirm) { Task { await model.confirmNews() } }
              .buttonStyle(.borderedProminent)
          }
        }
        if let percent = model.percentText, let stage = model.stageText {
          Button {
            model.showsBars.toggle()
          } label: {
            LabeledContent(stage) { Text(percent).monospacedDigit() }
          }
          .accessibilityHint(model.formats.strings.showBars)
          if model.showsBars {
            ForEach(model.bars) { bar in ProgressView(bar.title, value: bar.fraction) }
          }
        }
      }
    }
  }

  private struct SyncRowView: View {
    let row: SyncRowItem
    let model: SyncModel
    let onOpen: (String) -> Void

    var body: some View {
      DisclosureGroup {
        if let trouble = row.trouble { TroubleView(trouble: trouble) }
        ForEach(row.objects) { object in
          Button {
            onOpen(object.id)
          } label: {
            LabeledContent(object.title, value: object.detail)
              .foregroundStyle(object.isRed ? Color.red : object.isUsed ? Color.primary : Color.secondary)
          }
        }
      } label: {
        HStack {
          Button {
            Task { await model.syncRow(row.id) }
          } label: {
            Image(systemName: row.state.symbol).foregroundStyle(row.state.tint).frame(width: 44, height: 44)
          }
          .buttonStyle(.plain)
          .accessibilityLabel(row.action)
          .disabled(row.state == .notUsed)
          VStack(alignment: .leading) {
            Text(row.title)
            Text(row.word + (row.detail.isEmpty ? "" : " · " + row.detail))
              .font(.footnote).foregroundStyle(row.trouble == nil ? Color.secondary : Color.red)
            if let trouble = row.trouble { Text(trouble.safety).font(.footnote) }
          }
          Spacer()
          if let percent = row.percent { Text(percent).monospacedDigit() }
          if let badge = row.badge {
            Text(model.formats.count(badge)).bold().monospacedDigit()
              .padding(.horizontal, 8).background(.orange.opacity(0.25), in: Capsule())
          }
        }
      }
    }
  }

  /// Tap: everything. Hold: the menu. While a run is under way, Cancel stands beside it.
  private struct RedButtonView: View {
    let model: SyncModel

    var body: some View {
      HStack {
        if model.isRunning {
          Button(model.formats.strings.cancel) { Task { await model.cancel() } }
            .buttonStyle(.bordered).controlSize(.large)
        }
        Menu {
          Button(model.formats.strings.syncAll) { Task { await model.syncAll() } }
          Button(model.formats.strings.syncAllWithoutAttachments) {
            Task { await model.syncAllWithoutAttachments() }
          }
          Button(model.formats.strings.cancel, role: .destructive) { Task { await model.cancel() } }
            .disabled(!model.isRunning)
        } label: {
          Image(systemName: "arrow.triangle.2.circlepath").font(.title.bold()).foregroundStyle(.white)
            .frame(width: 64, height: 64).background(.red, in: Circle())
        } primaryAction: {
          Task { await model.syncAll() }
        }
        .disabled(model.buttonTrouble != nil)
        .accessibilityLabel(model.formats.strings.syncEverything)
        .accessibilityHint(model.formats.strings.syncMenuHint)
      }
    }
  }
#endif
