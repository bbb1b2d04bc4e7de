#if canImport(SwiftUI)
  import SwiftUI
  import TillKit

  /// Cash movements, X and Z.
  public struct CashView: View {
    @State private var model: CashModel
    @State private var kind = CashMove.floatIn
    @State private var tender = ""
    @State private var typed = ""
    @State private var reason = ""
    @State private var counted: [String: String] = [:]

    public init(model: CashModel) { _model = State(initialValue: model) }

    public var body: some View {
      Form {
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        Section(model.formats.strings.cash) {
          Picker(model.formats.strings.cash, selection: $kind) {
            ForEach(Self.kinds, id: \.self) { Text(model.formats.strings.word(for: $0)).tag($0) }
          }
          Picker(model.formats.strings.payBy(""), selection: $tender) {
            ForEach(model.tenders, id: \.tender) { Text($0.name).tag($0.tender) }
          }
          TextField(model.formats.strings.amount, text: $typed)
          TextField(model.formats.strings.reason, text: $reason)
          Button(model.formats.strings.record) { Task { await record() } }.disabled(typed.isEmpty)
          if model.recorded != nil { Label(model.formats.strings.recorded, systemImage: "checkmark") }
        }
        Section(model.formats.strings.counted) {
          ForEach(model.tenders, id: \.tender) { tender in
            TextField(tender.name, text: count(of: tender.tender))
          }
          Button(model.formats.strings.interim) { Task { await model.showInterim() } }
          Button(model.formats.strings.closeDay, role: .destructive) {
            Task { await model.closePeriod(counted: counted) }
          }
        }
      }
      .task {
        await model.refresh()
        tender = model.tenders.first?.tender ?? ""
      }
      .sheet(isPresented: hasReport) { PeriodView(model: model) }
      .navigationTitle(model.formats.strings.cash)
    }

    private static let kinds: [CashMove] = [.floatIn, .payIn, .payOut, .safeDrop, .bankDrop]

    private var hasReport: Binding<Bool> {
      Binding(get: { model.period != nil }, set: { if !$0 { model.closeReport() } })
    }

    private func count(of tender: String) -> Binding<String> {
      Binding(get: { counted[tender] ?? "" }, set: { counted[tender] = $0 })
    }

    private func record() async {
      guard let tender = model.tenders.first(where: { $0.tender == tender }) else { return }
      await model.move(kind, tender: tender, typed: typed, reason: reason)
      if model.recorded != nil { (typed, reason) = ("", "") }
    }
  }

  private struct PeriodView: View {
    let model: CashModel

    var body: some View {
      List {
        Text(model.titleText ?? "").font(.headline)
        LabeledContent(model.formats.strings.turnover, value: model.turnoverText ?? "")
        Text(model.countsText ?? "")
        ForEach(model.period?.tenders ?? [], id: \.tender) { total in
          let texts = model.texts(total)
          Section(texts.name) {
            LabeledContent(model.formats.strings.expected, value: texts.expected)
            if let difference = texts.difference {
              LabeledContent(model.formats.strings.difference, value: difference)
            }
          }
        }
        Text(model.unsentText ?? "")
        Button(model.formats.strings.close) { model.closeReport() }
      }
      .monospacedDigit()
    }
  }
#endif
