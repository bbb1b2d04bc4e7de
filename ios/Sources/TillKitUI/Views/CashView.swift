#if canImport(SwiftUI)
  import SwiftUI
  import TillKit

  /// Cash movements, and the day from its opening to its closing.
  public struct CashView: View {
    @State private var model: CashModel
    @State private var floats: [String: TypedCount] = [:]
    @State private var counted: [String: TypedCount] = [:]
    @State private var isAsking = false

    public init(model: CashModel) { _model = State(initialValue: model) }

    public var body: some View {
      let strings = model.formats.strings
      Form {
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        if !model.mayMove || !model.mayClose { Text(strings.notYourRight).foregroundStyle(.secondary) }
        Section {
          if let opened = model.openedText {
            Label(opened, systemImage: "sun.max")
          } else {
            CountFields(model: model, tenders: model.drawer, typed: $floats)
            Button(strings.openDay) {
              Task {
                await model.openDay(floats: floats)
                if model.openedMs != nil { floats = [:] }
              }
            }
          }
        } header: {
          Text(strings.dayBegins)
        } footer: {
          if model.openedText == nil { Text(strings.openDayHint) }
        }
        .disabled(!model.mayMove)
        MovementSection(model: model).disabled(!model.mayMove)
        Section {
          CountFields(model: model, tenders: model.tenders, typed: $counted)
          Button(strings.interim) { Task { await model.showInterim() } }
          Button(strings.closeDay, role: .destructive) { isAsking = true }
          if model.isBusy { ProgressView(strings.closingDay) }
        } header: {
          Text(strings.dayEnds)
        } footer: {
          Text(strings.closeDayHint)
        }
        .disabled(!model.mayClose || model.isBusy)
      }
      .confirmationDialog(strings.closeDay, isPresented: $isAsking, titleVisibility: .visible) {
        Button(strings.closeDay, role: .destructive) {
          Task {
            await model.closeDay(counted: counted)
            if model.isClosed { counted = [:] }
          }
        }
      } message: {
        Text(strings.closeDayQuestion)
      }
      .task { await model.refresh() }
      .sheet(isPresented: hasReport) { PeriodView(model: model) }
      .navigationTitle(strings.cash)
    }

    private var hasReport: Binding<Bool> {
      Binding(get: { model.period != nil }, set: { if !$0 { model.closeReport() } })
    }
  }

  /// The count of each tender: one amount, or coins and notes where the centre lists them.
  private struct CountFields: View {
    let model: CashModel
    let tenders: [TenderChoice]
    @Binding var typed: [String: TypedCount]

    var body: some View {
      ForEach(tenders, id: \.tender) { tender in
        let count = typedCount(of: tender.tender)
        if !model.canCountPieces(of: tender) {
          TextField(tender.name, text: count.amount).monospacedDigit()
        } else if count.wrappedValue.isByPieces {
          PieceFields(model: model, tender: tender, count: count)
        } else {
          TextField(tender.name, text: count.amount).monospacedDigit()
          Button(model.formats.strings.countPieces) { count.wrappedValue.isByPieces = true }
        }
      }
    }

    private func typedCount(of tender: String) -> Binding<TypedCount> {
      Binding(get: { typed[tender] ?? TypedCount() }, set: { typed[tender] = $0 })
    }
  }

  /// How many there are of each coin and note, and what they come to.
  private struct PieceFields: View {
    let model: CashModel
    let tender: TenderChoice
    @Binding var count: TypedCount

    var body: some View {
      Text(tender.name)
      ForEach(model.faces(of: tender), id: \.self) { face in
        LabeledContent(model.faceText(face, of: tender)) {
          TextField(model.formats.strings.howMany, text: pieces(of: face)).multilineTextAlignment(.trailing)
        }
        .monospacedDigit()
      }
      Text(model.sumText(count, of: tender)).monospacedDigit()
      Button(model.formats.strings.typeOneAmount) { count.isByPieces = false }
    }

    private func pieces(of face: Int64) -> Binding<String> {
      Binding(get: { count.pieces[face] ?? "" }, set: { count.pieces[face] = $0 })
    }
  }

  private struct MovementSection: View {
    let model: CashModel
    @State private var kind = CashMove.payIn
    @State private var tender: String?
    @State private var typed = ""
    @State private var reason = ""

    var body: some View {
      let strings = model.formats.strings
      Section(strings.cash) {
        Picker(strings.kind, selection: $kind) {
          ForEach(Self.kinds, id: \.self) { Text(strings.word(for: $0)).tag($0) }
        }
        Picker(model.formats.title(ofKind: "tender"), selection: chosen) {
          ForEach(model.drawer, id: \.tender) { Text($0.name).tag($0.tender) }
        }
        TextField(strings.amount, text: $typed).monospacedDigit()
        TextField(strings.reason, text: $reason)
        Button(strings.record) { Task { await record() } }.disabled(typed.isEmpty)
        if model.recorded != nil { Label(strings.recorded, systemImage: "checkmark") }
      }
    }

    private static let kinds: [CashMove] = [.floatIn, .payIn, .payOut, .safeDrop, .bankDrop]

    private var chosen: Binding<String> {
      Binding(get: { tender ?? model.drawer.first?.tender ?? "" }, set: { tender = $0 })
    }

    private func record() async {
      guard let tender = model.drawer.first(where: { $0.tender == chosen.wrappedValue }) else { return }
      await model.move(kind, tender: tender, typed: typed, reason: reason)
      if model.recorded != nil { (typed, reason) = ("", "") }
    }
  }

  private struct PeriodView: View {
    let model: CashModel

    var body: some View {
      let strings = model.formats.strings
      List {
        Text(model.titleText ?? "").font(.headline)
        LabeledContent(strings.turnover, value: model.turnoverText ?? "")
        Text(model.countsText ?? "")
        ForEach(model.period?.tenders ?? [], id: \.tender) { total in
          let texts = model.texts(total)
          Section(texts.name) {
            LabeledContent(strings.expected, value: texts.expected)
            if let difference = texts.difference {
              LabeledContent(strings.difference, value: difference)
            }
          }
        }
        Text(model.unsentText ?? "")
        if (model.left ?? 0) > 0 { Button(strings.syncNow) { model.syncNow() } }
        Button(strings.close) { model.closeReport() }
      }
      .monospacedDigit()
    }
  }
#endif
