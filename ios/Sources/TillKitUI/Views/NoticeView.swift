#if canImport(SwiftUI)
  import SwiftUI

  /// What is said once: it goes by itself, or with a tap.
  public struct NoticeView: View {
    private let notices: Notices
    private let formats: Formats

    public init(notices: Notices, formats: Formats) { (self.notices, self.formats) = (notices, formats) }

    public var body: some View {
      if let notice = notices.shown {
        Button {
          notices.seen(notice)
        } label: {
          Label(notice.text, systemImage: notice.isBad ? "exclamationmark.triangle.fill" : "info.circle")
            .foregroundStyle(notice.isBad ? Color.red : Color.primary)
            .padding()
            .background(.regularMaterial, in: Capsule())
        }
        .buttonStyle(.plain)
        .accessibilityHint(formats.strings.close)
        .task(id: notice.id) {
          // As long as it takes to read it.
          guard (try? await Task.sleep(for: .seconds(6))) != nil else { return }
          notices.seen(notice)
        }
      }
    }
  }
#endif
