import Observation
import TillKit

/// Who this till is, the connection, the centre, and what was edited on it.
@Observable @MainActor
public final class SettingsModel: Attempting {
  public private(set) var screen: SettingsScreen?
  /// The connection test, as far as it came.
  public private(set) var steps: [ConnectionStep] = []
  /// Centres to choose from, once they were asked for.
  public private(set) var centres: [CentreInfo] = []
  /// What choosing a centre would bring: shown before it is chosen.
  public private(set) var preview: CentrePreview?
  /// What was done, to be shown once.
  public private(set) var notice: String?
  public private(set) var isBusy = false
  public internal(set) var trouble: ShownTrouble?
  public var address = ""
  public var pairingCode = ""
  public var qrText = ""
  /// Who is signed in: another enrolment, a later centre, and edits, need somebody's right.
  public internal(set) var cashier: Cashier? {
    didSet {
      if cashier == nil { rights = [] }
      (files.cashier, edits.cashier) = (cashier, cashier)
    }
  }
  private var rights: [String] = []
  /// Documents and receipts by file.
  public let files: FilesModel
  /// Local edits.
  public let edits: EditsModel

  let formats: Formats
  private let till: TillKit
  private let device: String
  /// A centre was chosen, perhaps another than before: it wants to be synced.
  var centreChosen: (_ isAnother: Bool) -> Void = { _ in }
  /// Whether a document about goods is begun, that goes when its cashier does.
  var isGoodsBegun: () -> Bool = { false }

  /// `device` is what the back office calls this phone.
  public init(till: TillKit, device: String, formats: Formats) {
    (self.till, self.device, self.formats) = (till, device, formats)
    files = FilesModel(till: till, formats: formats)
    edits = EditsModel(till: till, formats: formats)
    edits.edited = { [weak self] in await self?.refresh() }
  }

  public func refresh() async {
    let new = await attempt { try await till.settings() }
    if let new { screen = new }
    guard let cashier, let rights = try? await cashier.sellScreen().rights else { return }
    // Somebody may have signed out meanwhile.
    if self.cashier === cashier { self.rights = rights }
  }

  /// Whether the signed-in role has a right: what is not allowed is not offered. The core asks again.
  public func may(_ right: String) -> Bool { rights.contains(right) }

  public func testConnection() async {
    let url = address.isEmpty ? nil : address
    await busy { [self] in steps = try await till.testConnection(to: url) }
  }

  /// Whether who is here may enrol. A new or copied till has nobody who could sign in: the core says
  /// whether that is so.
  public var mayEnrol: Bool { cashier == nil || may("enrol") }

  /// Whether who is here may export; where nobody is, the core says whether somebody must be.
  public var mayExport: Bool { cashier == nil || may("export") }

  /// An edit has somebody's name.
  public var mayEdit: Bool { cashier != nil && may("local_edit") }

  /// Whether there is something to enrol with.
  public var canEnrol: Bool {
    mayEnrol && !(qrText.isEmpty && (address.isEmpty || pairingCode.isEmpty))
  }

  /// Enrols by the text of a QR, if there is one, or else by address and code.
  public func enrol() async {
    await busy { [self] in
      let enrolled = try await enrolOnce()
      (qrText, pairingCode) = ("", "")
      notice = formats.strings.enrolled(enrolled.till, enrolled.series)
      centres = try await till.centres()
    }
    advise(formats.strings.signInToEnrol)
    await refreshAfterwards()
  }

  /// What is a cashier's right says so to nobody.
  private func advise(_ advice: String) {
    if cashier == nil, trouble?.code == TroubleName.noRight.rawValue { trouble?.advice = advice }
  }

  private func enrolOnce() async throws -> EnrolledTill {
    switch (cashier, qrText.isEmpty) {
    case (let cashier?, false): try await cashier.enrolAgainByQr(qrText, device: device)
    case (let cashier?, true):
      try await cashier.enrolAgain(url: address, code: pairingCode, device: device)
    case (nil, false): try await till.enrolByQr(qrText, device: device)
    case (nil, true): try await till.enrol(url: address, code: pairingCode, device: device)
    }
  }

  public func showCentres() async {
    await busy { [self] in centres = try await till.centres() }
  }

  public func previewCentre(_ centre: String) async {
    await busy { [self] in preview = try await till.previewCentre(centre) }
  }

  public func forgetPreview() { preview = nil }

  /// Chooses the centre that is previewed.
  public func choosePreviewed() async {
    guard let preview else { return }
    let (centre, isAnother) = (preview.centre, !isHere(preview))
    await busy { [self] in
      if let cashier { try await cashier.changeCentre(centre) } else { try await till.chooseCentre(centre) }
      (self.preview, centres) = (nil, [])
      centreChosen(isAnother)
    }
    advise(formats.strings.signInToChangeCentre)
    await refreshAfterwards()
  }

  public func noticeSeen() { notice = nil }

  // MARK: In words

  public var tillText: String {
    guard let screen, let till = screen.till else { return formats.strings.notEnrolled }
    return screen.standing == .copied ? formats.strings.copiedTill : formats.strings.till(till)
  }

  public var enrolText: String {
    screen?.standing == .enrolled ? formats.strings.enrolAgain : formats.strings.enrol
  }

  public var centreText: String {
    screen?.centre.map { $0.name ?? $0.centre } ?? formats.strings.noCentre
  }

  public func texts(_ step: ConnectionStep) -> (title: String, outcome: String) {
    (formats.title(ofStep: step.step), formats.strings.word(for: step.outcome))
  }

  /// A section, and how many rows of it are here and there; of those that have any.
  public func counts(_ preview: CentrePreview) -> [(title: String, counts: String)] {
    preview.sections.filter { $0.rows > 0 || $0.rowsHere > 0 }.map { section in
      let there =
        section.isUsed ? formats.count(section.rows) : formats.strings.word(for: RowState.notUsed)
      return (formats.title(ofSection: section.section), "\(formats.count(section.rowsHere)) → \(there)")
    }
  }

  public func texts(_ preview: CentrePreview) -> (brings: String, loses: String?) {
    let rows = preview.sections.reduce(0) { $0 + $1.rows }
    let brings = formats.strings.willBring(formats.count(rows), formats.bytes(preview.bytes))
    return (brings, preview.edits.isEmpty ? nil : formats.strings.editsLost(preview.edits.count))
  }

  /// Whether this till has that centre already: choosing it again brings everything once more.
  private func isHere(_ preview: CentrePreview) -> Bool { preview.centre == screen?.centre?.centre }

  /// What must be done before the previewed centre can be chosen, if it is another.
  public func blocked(_ preview: CentrePreview) -> String? {
    let blockers = preview.blockers
    guard !isHere(preview) else { return nil }
    if isGoodsBegun() { return formats.strings.goodsBegun }
    let free = Blockers(unsent: 0, unclosed: 0, held: 0, isReceiptOpen: false)
    return blockers == free ? nil : formats.strings.blocked(blockers)
  }

  public func title(_ centre: CentreInfo) -> String {
    centre.centre == screen?.centre?.centre ? "\(centre.name) · \(formats.strings.thisCentre)" : centre.name
  }

  /// Whether who is here may choose a centre; where nobody is, the core says whether somebody must be.
  public var mayChangeCentre: Bool { cashier == nil || may("change_centre") }

  /// What choosing it means for who is signed in.
  public func signsOut(_ preview: CentrePreview) -> String? {
    cashier == nil || isHere(preview) ? nil : formats.strings.otherCentreHint
  }

  public func detail(_ edit: EditView) -> String {
    formats.strings.editedBy(edit.user, formats.moment(edit.editedMs))
  }

  private func busy(_ work: @MainActor () async throws -> Void) async {
    isBusy = true
    await attempt(work)
    isBusy = false
  }

  /// Shows what is there now, and keeps a refusal on screen.
  private func refreshAfterwards() async {
    let refused = trouble
    await refresh()
    trouble = trouble ?? refused
  }
}
