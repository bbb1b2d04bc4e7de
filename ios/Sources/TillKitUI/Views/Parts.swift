#if canImport(SwiftUI)
  import SwiftUI
  import TillKit

  /// Why something did not go: cause, what to do, and always whether data is safe.
  struct TroubleView: View {
    let trouble: ShownTrouble

    var body: some View {
      VStack(alignment: .leading, spacing: 2) {
        Label(trouble.cause, systemImage: "exclamationmark.triangle.fill").foregroundStyle(.red)
        if let facts = trouble.facts { Text(facts).font(.footnote).foregroundStyle(.secondary) }
        if let advice = trouble.advice { Text(advice).font(.callout) }
        Text(trouble.safety).font(.callout)
      }
      .accessibilityElement(children: .combine)
    }
  }

  /// A document's text as it is printed, with its buttons.
  struct PaperView: View {
    let text: String
    var note: String?
    var trouble: ShownTrouble?
    let formats: Formats
    let onPrint: () -> Void
    /// Nothing, where it cannot be voided.
    var onVoid: (() -> Void)?
    /// Nothing, where nothing of it may come back.
    var onTakeBack: (() -> Void)?
    let onClose: () -> Void

    var body: some View {
      NavigationStack {
        ScrollView {
          if let trouble { TroubleView(trouble: trouble).padding(.horizontal) }
          if let note { Text(note).font(.footnote).foregroundStyle(.secondary).padding(.horizontal) }
          if let onTakeBack {
            Button(formats.strings.takeSoldBack, systemImage: "arrow.uturn.backward", action: onTakeBack)
              .buttonStyle(.bordered).controlSize(.large)
          }
          Text(text).font(.body.monospaced()).textSelection(.enabled).padding()
        }
        .toolbar {
          ToolbarItem(placement: .confirmationAction) {
            Button(formats.strings.close, action: onClose)
          }
          if let onVoid {
            ToolbarItem(placement: .destructiveAction) {
              Button(formats.strings.void, role: .destructive, action: onVoid)
            }
          }
          ToolbarItem(placement: .primaryAction) {
            Button(formats.strings.printReceipt, systemImage: "printer", action: onPrint)
          }
        }
      }
    }
  }

  extension RowState {
    /// With a word beside it: never the symbol or the colour alone.
    var symbol: String {
      switch self {
      case .never: "circle.dashed"
      case .upToDate: "checkmark.circle.fill"
      case .behind: "arrow.down.circle"
      case .unsent: "arrow.up.circle"
      case .waiting: "clock"
      case .running: "arrow.triangle.2.circlepath"
      case .failed: "exclamationmark.circle.fill"
      case .blocked: "lock.circle"
      case .notUsed: "circle.slash"
      }
    }

    var tint: Color {
      switch self {
      case .upToDate: .green
      case .failed, .blocked: .red
      case .behind, .unsent: .orange
      case .never, .waiting, .notUsed: .secondary
      case .running: .accentColor
      }
    }
  }

  extension DeliveryMark {
    var symbol: String {
      switch self {
      case .local: "iphone"
      case .uploaded: "arrow.up.circle"
      case .processed: "checkmark.circle"
      case .settled: "checkmark.seal"
      }
    }
  }
#endif
