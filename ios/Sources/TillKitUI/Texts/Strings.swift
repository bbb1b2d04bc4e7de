import TillKit

/// Everything the screens say, in one language. A protocol, so that a text which a language lacks does
/// not compile.
public protocol Strings: Sendable {
  /// How numbers and dates are written: `en_GB`.
  var localeIdentifier: String { get }

  // What the core names.
  func title(of section: SectionName) -> String
  func title(of kind: KindName) -> String
  func title(of step: StepName) -> String
  func title(of fact: FactName) -> String
  func title(of trigger: TriggerName) -> String
  func title(of result: ResultName) -> String
  func sentence(for trouble: TroubleName) -> String
  func sentence(for advice: Advice) -> String
  func word(for state: RowState) -> String
  func word(for mark: ObjectMark) -> String
  func word(for mark: DeliveryMark) -> String
  func word(for stage: RunStage) -> String
  func word(for move: CashMove) -> String
  func word(for outcome: StepOutcome) -> String
  func word(for what: ChangeWhat) -> String

  // Everywhere.
  var dataSafe: String { get }
  var dataNotSafe: String { get }
  var cancel: String { get }
  var close: String { get }
  var confirm: String { get }
  var record: String { get }
  var menu: String { get }
  var back: String { get }

  // The menu.
  var sell: String { get }
  var history: String { get }
  var synchronise: String { get }
  var cash: String { get }
  var goods: String { get }
  var settings: String { get }
  var lockedUntilFirstSync: String { get }
  func till(_ till: String) -> String

  // Synchronising.
  var syncEverything: String { get }
  var syncAll: String { get }
  var syncAllWithoutAttachments: String { get }
  var syncMenuHint: String { get }
  var online: String { get }
  var notAskedYet: String { get }
  var neverSynced: String { get }
  var nothingUnsent: String { get }
  var fromCentre: String { get }
  var toBackOffice: String { get }
  var documentsBar: String { get }
  var showBars: String { get }
  var willBeReplaced: String { get }
  func syncRow(_ title: String) -> String
  func offlineSince(_ moment: String) -> String
  func lastFullSync(_ ago: String) -> String
  func nextTry(_ moment: String) -> String
  func unsent(_ count: UInt64) -> String
  func oldest(_ age: String) -> String
  func news(_ sections: String) -> String
  func localEditsGo(_ count: UInt64) -> String
  func lacking(_ sections: String) -> String
  func rows(_ count: String) -> String
  func ended(complete: Bool, received: String, sent: UInt64) -> String
  func endedEarly(_ why: String) -> String
  var nothingNew: String { get }
  var goesOnFromHere: String { get }
  var waitsForConfirmation: String { get }

  // What came, and the runs.
  var tabNow: String { get }
  var tabReceived: String { get }
  var tabSent: String { get }
  var tabRuns: String { get }
  var findObject: String { get }
  var noHits: String { get }
  var pictureMissing: String { get }
  var pictureUnreadable: String { get }
  var notUsedHint: String { get }
  var nothingChanged: String { get }
  var shareRuns: String { get }
  var yes: String { get }
  var no: String { get }
  func waitsFor(_ section: String) -> String
  func confirmed(_ through: String, _ head: String?) -> String
  func changed(_ ago: String) -> String
  func count(_ what: ChangeWhat, _ count: UInt64, _ section: String) -> String
  func from(_ moment: String) -> String
  func received(_ rows: String, _ size: String) -> String
  func sent(_ documents: UInt64) -> String

  // Signing in and selling.
  var whoSells: String { get }
  var pin: String { get }
  var signIn: String { get }
  var signOut: String { get }
  var search: String { get }
  var emptyCart: String { get }
  var total: String { get }
  var toPay: String { get }
  var change: String { get }
  var complete: String { get }
  var newSale: String { get }
  var printReceipt: String { get }
  var hold: String { get }
  var heldSales: String { get }
  var interruptedSale: String { get }
  var interruptedSales: String { get }
  func ratesChanged(_ lines: String) -> String
  func currencyChanged(_ currency: String, _ rate: String) -> String
  var cancelSale: String { get }
  var removeLine: String { get }
  var removePayment: String { get }
  var oneMore: String { get }
  var oneLess: String { get }
  var discount: String { get }
  var editedHere: String { get }
  func inStock(_ quantity: String, _ unit: String) -> String
  func payBy(_ tender: String) -> String

  // Customers.
  var customer: String { get }
  var noCustomer: String { get }
  var findCustomer: String { get }
  var newCustomer: String { get }
  var makeCustomer: String { get }
  var madeHere: String { get }

  // History.
  var noDocuments: String { get }
  var all: String { get }
  var kind: String { get }
  var state: String { get }
  var day: String { get }
  var more: String { get }
  func finding(_ detail: String) -> String
  var void: String { get }
  var voidIsFinal: String { get }
  func voidSaleHint(_ amount: String) -> String
  func voidReturnHint(_ amount: String) -> String
  var voided: String { get }
  var takeBack: String { get }
  var takeBackHint: String { get }
  func refundBy(_ tender: String) -> String
  func refundRestBy(_ tender: String) -> String
  func refundPart(_ amount: String, by tender: String) -> String
  var addRefundPart: String { get }
  var removeRefundPart: String { get }
  var takeSoldBack: String { get }
  var soldBackHint: String { get }
  var allBack: String { get }
  /// How much was sold, and how much of it may still come back.
  func sold(_ quantity: String, left: String) -> String

  // Cash.
  var amount: String { get }
  var reason: String { get }
  var counted: String { get }
  var countPieces: String { get }
  var typeOneAmount: String { get }
  var howMany: String { get }
  var wholeNumbersOnly: String { get }
  func sum(_ amount: String) -> String
  var expected: String { get }
  var difference: String { get }
  var turnover: String { get }
  var interim: String { get }
  var dayBegins: String { get }
  var openDay: String { get }
  var openDayHint: String { get }
  var dayEnds: String { get }
  var closeDay: String { get }
  var closeDayHint: String { get }
  var closeDayQuestion: String { get }
  var closingDay: String { get }
  var notYourRight: String { get }
  var syncNow: String { get }
  var recorded: String { get }
  func dayOpenSince(_ moment: String) -> String
  func closed(_ number: UInt64) -> String
  func interimOf(_ number: UInt64) -> String
  func salesAndReturns(_ sales: UInt64, _ returns: UInt64) -> String
  func leftToSend(_ count: UInt64) -> String

  // Goods.
  var stockDocuments: String { get }
  var forLater: String { get }
  var takeOrder: String { get }
  var giveUp: String { get }
  var goodsBegun: String { get }
  var noLines: String { get }
  var quantity: String { get }
  var whichItem: String { get }
  func twoReadings(_ text: String, _ grouped: Reading, _ decimal: Reading) -> String
  var details: String { get }
  var toWarehouse: String { get }
  var ownWarehouse: String { get }
  var auditPlan: String { get }
  var noPlan: String { get }
  var reference: String { get }
  var reasonNeeded: String { get }
  var warehouseNeeded: String { get }
  var wantedDay: String { get }
  var anyDay: String { get }
  var otherDay: String { get }
  var note: String { get }
  var newCustomerHint: String { get }
  func hint(for kind: GoodsKind) -> String
  func inWarehouse(_ kind: GoodsKind) -> String
  func lines(_ count: Int) -> String
  func giveUpHint(_ title: String, _ lines: Int) -> String
  func goodsRecorded(_ kind: String, _ number: String) -> String
  func customerMade(_ name: String) -> String

  // Settings.
  var thisTill: String { get }
  var notEnrolled: String { get }
  var copiedTill: String { get }
  var series: String { get }
  var server: String { get }
  var centre: String { get }
  var noCentre: String { get }
  var version: String { get }
  var address: String { get }
  var pairingCode: String { get }
  var qrText: String { get }
  var enrol: String { get }
  var enrolAgain: String { get }
  var signInToEnrol: String { get }
  var testConnection: String { get }
  var showCentres: String { get }
  var chooseCentre: String { get }
  var thisCentre: String { get }
  var otherCentreHint: String { get }
  var signInToChangeCentre: String { get }
  var byFile: String { get }
  var byFileHint: String { get }
  var exportUnsent: String { get }
  var exportUnsettled: String { get }
  var exportUnsettledHint: String { get }
  var exportIsPart: String { get }
  var takeReceipt: String { get }
  var refusedByFile: String { get }
  var signInToExport: String { get }
  var localEdits: String { get }
  var noLocalEdits: String { get }
  var editPrice: String { get }
  var newPrice: String { get }
  var editFooter: String { get }
  var footerHint: String { get }
  var save: String { get }
  var signInToEdit: String { get }
  func enrolled(_ till: String, _ series: String) -> String
  func exported(_ name: String, _ documents: UInt64) -> String
  func acknowledged(_ count: UInt64, _ held: UInt64) -> String
  func willBring(_ rows: String, _ size: String) -> String
  func editsLost(_ count: Int) -> String
  func blocked(_ by: Blockers) -> String
  func editedBy(_ user: String, _ moment: String) -> String

  // Times.
  var justNow: String { get }
  func minutesAgo(_ minutes: Int) -> String
  func hoursAgo(_ hours: Int) -> String
  func daysAgo(_ days: Int) -> String
  func minutes(_ minutes: Int) -> String
  func hours(_ hours: Int) -> String
  func days(_ days: Int) -> String
}
