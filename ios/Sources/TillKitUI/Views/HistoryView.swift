#if canImport(SwiftUI)
  import SwiftUI
  import TillKit

  /// Every document with its mark; what the back office objects to is red.
  public struct HistoryView: View {
    @Bindable private var model: HistoryModel
    @State private var isVoiding = false

    public init(model: HistoryModel) { self.model = model }

    public var body: some View {
      List {
        if let trouble = model.trouble { TroubleView(trouble: trouble) }
        Picker(model.formats.strings.kind, selection: section) {
          Text(model.formats.strings.all).tag(String?.none)
          ForEach(model.sections, id: \.self) {
            Text(model.formats.title(ofSection: $0)).tag(String?.some($0))
          }
        }
        Picker(model.formats.strings.state, selection: mark) {
          Text(model.formats.strings.all).tag(DeliveryMark?.none)
          ForEach([DeliveryMark.local, .uploaded, .processed, .settled], id: \.self) {
            Text(model.formats.strings.word(for: $0)).tag(DeliveryMark?.some($0))
          }
        }
        Picker(model.formats.strings.day, selection: day) {
          Text(model.formats.strings.all).tag(String?.none)
          ForEach(model.days, id: \.self) {
            Text(model.formats.businessDay($0)).tag(String?.some($0))
          }
        }
        if model.rows.isEmpty { Text(model.formats.strings.noDocuments).foregroundStyle(.secondary) }
        ForEach(model.rows, id: \.place) { row in
          Button {
            Task { await model.open(row.place) }
          } label: {
            HStack {
              Image(systemName: row.mark.symbol).accessibilityHidden(true)
              VStack(alignment: .leading) {
                Text(model.title(row))
                Text(model.detail(row)).font(.footnote).foregroundStyle(.secondary)
                ForEach(model.findings(row), id: \.self) { Text($0).font(.footnote).foregroundStyle(.red) }
              }
              Spacer()
              Text(model.total(row)).monospacedDigit()
            }
          }
        }
        if model.hasMore {
          Button(model.formats.strings.more) { Task { await model.more() } }.task { await model.more() }
        }
      }
      .task { await model.refresh() }
      .refreshable { await model.refresh() }
      .sheet(isPresented: isOpen) {
        PaperView(
          text: model.document?.text ?? "", note: model.note, trouble: model.trouble, formats: model.formats,
          onPrint: { Task { await model.printDocument() } },
          onVoid: model.canVoid ? { isVoiding = true } : nil,
          onTakeBack: model.canTakeSoldBack ? { Task { await model.beginSaleReturn() } } : nil,
          onClose: { model.closeDocument() }
        )
        .sheet(isPresented: isTakingBack) {
          if let saleReturn = model.saleReturn {
            SaleReturnView(
              model: saleReturn, onTake: { Task { await model.takeSoldBack() } },
              onClose: { model.leaveSaleReturn() })
          }
        }
        .alert(model.formats.strings.void, isPresented: $isVoiding) {
          TextField(model.formats.strings.reason, text: $model.reason)
          Button(model.formats.strings.void, role: .destructive) { Task { await model.voidDocument() } }
          Button(model.formats.strings.cancel, role: .cancel) {}
        } message: {
          Text(model.voidText ?? "")
        }
      }
      .sheet(isPresented: $model.isReturning) {
        if let returns = model.returns {
          ReturnView(
            model: returns, onTake: { Task { await model.takeBack() } },
            onClose: { model.isReturning = false })
        }
      }
      .toolbar {
        if model.mayReturn {
          Button(model.formats.strings.takeBack, systemImage: "arrow.uturn.backward") {
            model.isReturning = true
          }
        }
      }
      .navigationTitle(model.formats.strings.history)
    }

    private var section: Binding<String?> {
      Binding(
        get: { model.section },
        set: { section in Task { await model.show(section: section, mark: model.mark, day: model.day) } })
    }

    private var mark: Binding<DeliveryMark?> {
      Binding(
        get: { model.mark },
        set: { mark in Task { await model.show(section: model.section, mark: mark, day: model.day) } })
    }

    private var day: Binding<String?> {
      Binding(
        get: { model.day },
        set: { day in Task { await model.show(section: model.section, mark: model.mark, day: day) } })
    }

    private var isOpen: Binding<Bool> {
      Binding(get: { model.document != nil }, set: { if !$0 { model.closeDocument() } })
    }

    private var isTakingBack: Binding<Bool> {
      Binding(get: { model.saleReturn != nil }, set: { if !$0 { model.leaveSaleReturn() } })
    }
  }
#endif
